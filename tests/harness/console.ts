import { proof, redeem } from './journey.ts';

/** What the console's API answered. */
export interface ConsoleAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** From `x-error-code`. */
  readonly errorCode: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect.
  readonly data: any;
  readonly problems: readonly { line?: number; zh: string; en: string }[];
}

/** Sends a request such as `GET /api/admin/me`. */
export type AskConsole = (route: string, body?: unknown) => Promise<ConsoleAnswer>;

/** The console's API for whoever has this token; nothing for nobody. */
export function consoleOf(url: string, token?: string): AskConsole {
  return async (route, body) => {
    const [method = '', path = ''] = route.split(' ');
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const { data, problems = [] } = (await response.json()) as ConsoleAnswer;
    const errorCode = response.headers.get('x-error-code');
    return { status: response.status, headers: response.headers, errorCode, data, problems };
  };
}

/** Signs a member in. @returns the session's token */
export async function sessionOf(url: string, userid: string): Promise<string> {
  const { body } = await redeem(url, await proof(url, {}, userid));
  return body.session?.access_token ?? '';
}

/** Signs a member in to the console. */
export async function signInToConsole(url: string, userid: string): Promise<AskConsole> {
  return consoleOf(url, await sessionOf(url, userid));
}
