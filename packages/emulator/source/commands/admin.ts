import type { Flags } from './flags.ts';
import { UserError } from './language.ts';
import { PROGRAM } from './program.ts';

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
    throw new UserError({
      en: `No emulator runs at ${base}. Start one: ${PROGRAM.replace(/ --$/, '')}. If it uses another port: ${PROGRAM} … --at http://127.0.0.1:<port>`,
      zh: `${base} 上没有运行模拟器。启动命令：${PROGRAM.replace(/ --$/, '')}。如果使用其他端口：${PROGRAM} … --at http://127.0.0.1:<端口>`,
    });
  }
  const answer = (await response.json().catch(() => undefined)) as
    | { error?: string }
    | undefined
    | null;
  if (!response.ok) throw new Error(answer?.error ?? `${base} answered HTTP ${response.status}`);
  return answer;
}
