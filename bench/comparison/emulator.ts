import { startServer } from '../../tests/relyingParties/processes.ts';
import { nextPort } from './port.ts';

/** Of the company that every back end signs in. */
export const MEMBERS = 1_000;
const DEPARTMENTS = 50;
/** What WeCom needs for each call. */
export const CALL_MS = 20;

export const userIdOf = (number: number) =>
  `member${String((number % MEMBERS) + 1).padStart(6, '0')}`;

interface CallEntry {
  readonly path: string;
  readonly errcode?: number;
}

/** The emulator in a process of its own, steered over HTTP. */
export type Emulator = Awaited<ReturnType<typeof startEmulator>>;

/** @param authority the folder of its certificate authority */
export async function startEmulator(authority: string) {
  const url = `http://127.0.0.1:${nextPort()}`;
  const size = ['--members', String(MEMBERS), '--departments', String(DEPARTMENTS)];
  const server = await startServer(
    process.execPath,
    [
      'packages/emulator/source/start.ts',
      ...['--port', new URL(url).port, '--https', '--ca-folder', authority],
      ...[...size, '--set', `callDurationMs=${CALL_MS}`],
    ],
    { url },
  );
  const admin = async (method: string, path: string, body?: object) => {
    const init = { method, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${url}/__admin/${path}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const { corpid, apps } = await admin('GET', 'apps');
  const { agentid, secret } = apps[0];

  return {
    corpid: String(corpid),
    agentid: String(agentid),
    secret: String(secret),
    /** A fresh code of the app for a member or a visitor, as its authorize page gives it. */
    async code(who: { userid: string } | { visitor: string }): Promise<string> {
      return (await admin('POST', 'codes', { ...who, agentid, scope: 'snsapi_privateinfo' })).code;
    },
    /** WeCom's calls since the last `forget`, without its pages. */
    async calls(): Promise<CallEntry[]> {
      const all = (await admin('GET', 'calls')) as CallEntry[];
      return all.filter(({ path }) => path.startsWith('/cgi-bin/'));
    },
    forget: () => admin('DELETE', 'calls'),
    fault: (fault: object) => admin('POST', 'faults', fault),
    revokeTokens: () => admin('POST', 'tokens/revoke', {}),
    endBans: () => admin('DELETE', 'bans'),
    disable: (userid: string) => admin('PATCH', `members/${userid}`, { status: 2 }),
    close: () => server.close(),
  };
}
