import { hasProvider, hostsOtherThan } from './openidProvider.ts';
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

/**
 * What keeps a deployed stage from having the console. WeCom returns to one host for each app, and an
 * administrator who signs in returns to the console, which is at the issuer.
 */
export function consoleProblems(parameters: StageParameters): string[] {
  const { environment, domainName, sessionIssuer, redirectUris } = parameters;
  // The provider's own problems say the same, and more.
  if (environment === 'local' || !hasConsole(parameters) || hasProvider(parameters)) return [];
  if (!domainName && !sessionIssuer) {
    return [
      "domainName is needed by the administrators' console: WeCom returns to it. Set it with certificateArn, or set adminConsole: auto",
    ];
  }
  const own = URL.parse(String(sessionIssuer ?? ''))?.host ?? String(domainName);
  const others = hostsOtherThan(own, redirectUris);
  if (others.length === 0) return [];
  return [
    `redirectUris must all be on ${own}, not on ${others.join(', ')}: WeCom returns to one host for each app, and the administrators' console is there. Otherwise set adminConsole: false, and change grants with npm run permissions`,
  ];
}
