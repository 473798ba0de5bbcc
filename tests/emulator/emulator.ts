import { onTestFinished } from 'vitest';
import type { WecomOptions } from '../../packages/emulator/source/options.ts';
import { startWecom, type Wecom } from '../../packages/emulator/source/server.ts';

export const MAIN_AGENT = 1000002;
export const OLD_AGENT = 1000001;
export const REPORT_AGENT = 1000003;
export const CONTACTS_SYNC = 0;

export type Json = Record<string, unknown>;

/** An emulator whose clock stands still until `pass` moves it, with the requests tests make most. */
export interface Emulator extends Wecom {
  pass(seconds: number): void;
  now(): number;
  /** GET below /cgi-bin/, parsed. */
  get(path: string, query?: Record<string, string | number>): Promise<Json>;
  /** POST of a JSON body below /cgi-bin/, parsed. */
  post(path: string, query: Record<string, string | number>, body: unknown): Promise<Json>;
  /** The current access token of an app. */
  token(agentid?: number): Promise<string>;
}

/** Starts an emulator that is closed when the test ends. */
export async function emulator(options: WecomOptions = {}): Promise<Emulator> {
  let time = Date.parse('2026-03-02T09:00:00+08:00');
  const wecom = await startWecom({ clock: () => time, ...options });
  onTestFinished(() => wecom.close());

  const address = (path: string, query: Record<string, string | number> = {}) => {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
    return `${wecom.url}/cgi-bin/${path}?${parameters}`;
  };
  const get = async (path: string, query?: Record<string, string | number>) =>
    (await (await fetch(address(path, query))).json()) as Json;

  return {
    ...wecom,
    now: () => time,
    pass(seconds) {
      time += seconds * 1000;
    },
    get,
    async post(path, query, body) {
      const response = await fetch(address(path, query), {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return (await response.json()) as Json;
    },
    async token(agentid = MAIN_AGENT) {
      const app = wecom.company.apps.find((candidate) => candidate.agentid === agentid);
      const answer = await get('gettoken', {
        corpid: wecom.company.corpid,
        corpsecret: app?.secret ?? '',
      });
      return String(answer['access_token']);
    },
  };
}

/** What getuserinfo and getuserdetail say of a freshly minted code. */
export async function signIn(
  wecom: Emulator,
  request: Parameters<Wecom['codes']['mint']>[0],
): Promise<{ info: Json; detail: Json | undefined }> {
  const access_token = await wecom.token(request.agentid);
  const info = await wecom.get('auth/getuserinfo', {
    access_token,
    code: wecom.codes.mint(request),
  });
  if (info['user_ticket'] === undefined) return { info, detail: undefined };
  const detail = await wecom.post(
    'auth/getuserdetail',
    { access_token },
    { user_ticket: info['user_ticket'] },
  );
  return { info, detail };
}
