import { ValiError } from 'valibot';

/** A sentence on what is wrong; for data of a wrong shape, where. */
export function explained(error: unknown): string {
  if (error instanceof ValiError) {
    const issues = error.issues as { path?: { key: unknown }[]; message: string }[];
    return issues
      .map(({ path, message }) => `${(path ?? []).map(({ key }) => key).join('.')}: ${message}`)
      .join('; ')
      .replace(/^: /, '');
  }
  return error instanceof Error ? error.message : String(error);
}
