import { createServer } from 'node:http';
import { listen } from '../harness/listen.ts';
import type { Answer, Driver } from './driver.ts';

export interface Secrets {
  readonly corpid: string;
  readonly agentid: number;
  readonly secret: string;
  readonly callbackToken: string;
  readonly callbackKey: string;
}

interface Received {
  readonly query: URLSearchParams;
  readonly body: string;
}

/** The emulator as the trial sees it: over HTTP, beside the client. */
export type World = Awaited<ReturnType<typeof openWorld>>;

/** @param url of the emulator */
export async function openWorld(url: string, secrets: Secrets) {
  const { corpid, agentid, secret, callbackToken, callbackKey } = secrets;
  const pushes: Received[] = [];
  let answering: ((request: Received) => Promise<string>) | undefined;
  const receiver = await listen(
    createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const query = new URL(request.url ?? '', 'http://localhost').searchParams;
      if (request.method === 'POST') pushes.push({ query, body });
      response.end(request.method === 'POST' ? '' : await answering?.({ query, body }));
    }),
  );
  const admin = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}/__admin/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  };
  await admin('PUT', 'callbacks/app', {
    url: `${receiver.url}/callback`,
    token: callbackToken,
    encodingAESKey: callbackKey,
    agentid,
  });

  const raw = async (path: string, query: Record<string, string>) => {
    const response = await fetch(`${url}/cgi-bin/${path}?${new URLSearchParams(query)}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const token = async () =>
    String((await raw('gettoken', { corpid, corpsecret: secret }))['access_token']);
  const get = async (path: string, query: Record<string, string> = {}) =>
    raw(path, { access_token: await token(), ...query });

  return {
    agentid,
    callbacks: { corpid, token: callbackToken, encodingAESKey: callbackKey },
    token,
    /** GET below /cgi-bin/ with a token, parsed. */
    get,
    /** The calls of the client since `forget`, without those of this trial. */
    async calls(path: string): Promise<{ errcode?: number }[]> {
      return (await admin('GET', `calls?path=${path}`)).slice(0, -1);
    },
    forget: () => admin('DELETE', 'calls'),
    async code(userid: string): Promise<string> {
      const request = { userid, agentid, scope: 'snsapi_privateinfo' };
      return (await admin('POST', 'codes', request)).code;
    },
    async ticket(type?: string): Promise<string> {
      const answer = type ? await get('ticket/get', { type }) : await get('get_jsapi_ticket');
      return String(answer['ticket']);
    },
    revokeTokens: () => admin('POST', 'tokens/revoke', {}),
    /** The texts that were sent to a member. */
    async messages(userid: string): Promise<string[]> {
      const sent = (await admin('GET', `messages?userid=${userid}`)) as {
        content: { content: string };
      }[];
      return sent.map(({ content }) => content.content);
    },
    /** An event as the emulator pushes it. */
    async push(userid: string): Promise<Received> {
      pushes.length = 0;
      await admin('POST', 'callbacks/events', { event: 'subscribe', userid, agentid });
      await admin('GET', 'deliveries?settled');
      const [push] = pushes;
      if (push === undefined) throw new Error('the emulator pushed nothing');
      return push;
    },
    /** Lets the client answer the emulator's URL verification. @returns its answer, if the emulator took it */
    async verified(driver: Driver, sent: object & { echostr: string }): Promise<Answer> {
      let answer: Answer = { error: 'the emulator did not call' };
      answering = async ({ query }) => {
        const { echostr, ...rest } = Object.fromEntries(query);
        sent.echostr = echostr ?? '';
        answer = await driver
          .call('verify', { ...sent, ...rest })
          .catch((error: unknown) => ({ error: String(error) }));
        return 'value' in answer ? String(answer.value['echo']) : '';
      };
      const result = (await admin('POST', 'callbacks/app/verify')) as {
        ok: boolean;
        reason?: string;
      };
      if ('value' in answer && !result.ok) return { error: result.reason ?? 'not verified' };
      return answer;
    },
    close: () => receiver.close(),
  };
}
