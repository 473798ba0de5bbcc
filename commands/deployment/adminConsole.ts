import { hasProvider } from './openidProvider.ts';
import type { StageParameters } from './stageFile.ts';

/** Whether the stage has the console: the rule of resources/derived.cjs. */
export function hasConsole({ adminConsole, domainName }: StageParameters): boolean {
  return adminConsole === 'auto' ? Boolean(domainName) : String(adminConsole) === 'true';
}

/** The functions of the console that the stage has. */
export function consoleFunctions(parameters: StageParameters): string[] {
  if (!hasConsole(parameters)) return [];
  const clients = hasProvider(parameters) ? ['adminClients'] : [];
  return ['adminPage', 'adminDirectory', 'adminPermissions', ...clients];
}
