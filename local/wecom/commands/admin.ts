import type { Flags } from './flags.ts';

/** What a command is given. */
export interface Steering {
  /** Words after the command. */
  words: string[];
  flags: Flags;
  /** Sends a request to the running emulator. */
  ask: (method: string, path: string, body?: unknown) => Promise<unknown>;
}

/** Sends one request to the admin endpoints of a running emulator. @throws Error with a sentence for the user */
export async function admin(
  base: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`${base}/__admin/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Error(`no emulator runs at ${base}; start one with: npm run wecom`);
  }
  const answer = (await response.json().catch(() => undefined)) as
    | { error?: string }
    | undefined
    | null;
  if (!response.ok) throw new Error(answer?.error ?? `${base} answered HTTP ${response.status}`);
  return answer;
}
