import { createHash } from 'node:crypto';
import { decrypt, getSignature } from '@wecom/crypto';
import type { Driver } from './driver.ts';
import type { World } from './world.ts';

/** What a client does with one call. */
export type Cell =
  | { readonly state: 'works' | 'absent' }
  | { readonly state: 'fails'; readonly reason: string };

export type CallName =
  | 'token'
  | 'code'
  | 'detail'
  | 'user'
  | 'departments'
  | 'tags'
  | 'ticket'
  | 'agentTicket'
  | 'agent'
  | 'message'
  | 'refresh'
  | 'push'
  | 'verify'
  | 'reply';

export interface Call {
  readonly name: CallName;
  readonly title: { readonly en: string; readonly zh: string };
}

/** In the order of the table, which is the order in which they are tried. */
export const CALLS: readonly Call[] = [
  { name: 'token', title: { en: 'gettoken', zh: 'gettoken' } },
  { name: 'code', title: { en: 'code → userid', zh: 'code → userid' } },
  { name: 'detail', title: { en: 'getuserdetail', zh: 'getuserdetail' } },
  { name: 'user', title: { en: 'user/get', zh: 'user/get' } },
  { name: 'departments', title: { en: 'department/list', zh: 'department/list' } },
  { name: 'tags', title: { en: 'tag/list', zh: 'tag/list' } },
  { name: 'ticket', title: { en: 'jsapi_ticket', zh: 'jsapi_ticket' } },
  { name: 'agentTicket', title: { en: 'agent_config ticket', zh: 'agent_config ticket' } },
  { name: 'agent', title: { en: 'agent/get', zh: 'agent/get' } },
  { name: 'message', title: { en: 'message/send', zh: 'message/send' } },
  { name: 'refresh', title: { en: 'revoked token', zh: 'token 失效后重取' } },
  { name: 'push', title: { en: 'reads a push', zh: '解密推送' } },
  { name: 'verify', title: { en: 'URL verification', zh: 'URL 验证' } },
  { name: 'reply', title: { en: 'encrypts a reply', zh: '加密被动回复' } },
];

const USERID = 'user123';
/** The page that a JS-SDK signature is for. */
const PAGE = 'http://localhost:3000/';

type Value = Readonly<Record<string, unknown>>;
type Check = (value: Value, world: World, sent: Sent) => Promise<void> | void;
type Sent = Awaited<ReturnType<typeof parametersFor>>;

const CHECKS: Readonly<Record<Exclude<CallName, 'refresh'>, Check>> = {
  async token({ token }, world) {
    if (token !== undefined) same('the token', token, await world.token());
    const calls = await world.calls('gettoken');
    if (!calls.some(({ errcode }) => errcode === 0)) throw new Error('it did not call gettoken');
  },
  async code({ userid, code }, world) {
    if (code === undefined) return same('userid', userid, USERID);
    // A browser gets the code only. The application's server exchanges it.
    same('userid', (await world.get('auth/getuserinfo', { code: String(code) }))['userid'], USERID);
  },
  detail: ({ mobile }) => same('mobile', mobile, '13800138000'),
  user: ({ name }) => same('name', name, '张三'),
  async departments({ ids }, world) {
    same(
      'departments',
      sorted(ids),
      sorted(numbers(await world.get('department/list'), 'department', 'id')),
    );
  },
  async tags({ names }, world) {
    same('tags', sorted(names), sorted(numbers(await world.get('tag/list'), 'taglist', 'tagname')));
  },
  ticket: (value, world) => isTicket(value, world, 'get_jsapi_ticket', {}),
  agentTicket: (value, world) => isTicket(value, world, 'ticket/get', { type: 'agent_config' }),
  agent: ({ name }) => same('name', name, '云帆门户'),
  async message(_, world, { text }) {
    const sent = await world.messages(USERID);
    if (!sent.includes(text)) throw new Error('the message did not arrive');
  },
  push: ({ event }) => same('event', event, 'subscribe'),
  verify: ({ echo }, { callbacks }, { echostr }) =>
    same('echo', echo, decrypt(callbacks.encodingAESKey, echostr).message),
  reply(value, { callbacks }, { text, timestamp, nonce }) {
    const element = (name: string) => elementOf(String(value['xml'] ?? ''), name);
    const encrypted = String(value['encrypted'] ?? element('Encrypt'));
    const signature = value['signature'] ?? element('MsgSignature');
    const at = [element('TimeStamp') ?? timestamp, element('Nonce') ?? nonce] as const;
    same('the signature', signature, getSignature(callbacks.token, ...at, encrypted));
    const { message, id } = decrypt(callbacks.encodingAESKey, encrypted);
    same('the reply', message, text);
    same('the receiveid', id, callbacks.corpid);
  },
};

/** Tries one call of a client. @param refreshedBy the call that needs the token in `refresh` */
export async function tryCall(
  name: CallName,
  driver: Driver,
  world: World,
  refreshedBy: CallName = 'user',
): Promise<Cell> {
  try {
    if (name !== 'refresh') return await outcomeOf(name, driver, world);
    const before = await outcomeOf(refreshedBy, driver, world);
    if (before.state !== 'works') return before;
    await world.revokeTokens();
    return await outcomeOf(refreshedBy, driver, world);
  } catch (error) {
    return { state: 'fails', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function outcomeOf(name: CallName, driver: Driver, world: World): Promise<Cell> {
  if (name === 'refresh') throw new Error('refresh is not a call of a client');
  const sent = await parametersFor(name, world);
  const answer =
    name === 'verify' ? await world.verified(driver, sent) : await driver.call(name, sent);
  if ('absent' in answer) return { state: 'absent' };
  if ('error' in answer) return { state: 'fails', reason: answer.error };
  await CHECKS[name](answer.value, world, sent);
  return { state: 'works' };
}

/** What each driver gets, whether it needs it or not. */
async function parametersFor(name: CallName, world: World) {
  const push = name === 'push' ? await world.push(USERID) : undefined;
  const query = push?.query ?? new URLSearchParams();
  return {
    code: await world.code(USERID),
    userid: USERID,
    agentid: world.agentid,
    text: `你好 ${name} ${Date.now()}`,
    url: PAGE,
    ticket: await world.ticket(name === 'agentTicket' ? 'agent_config' : undefined),
    body: push?.body ?? '',
    msg_signature: query.get('msg_signature') ?? '',
    timestamp: query.get('timestamp') ?? String(Math.floor(Date.now() / 1000)),
    nonce: query.get('nonce') ?? '1372623149',
    echostr: '',
  };
}

/** A client shows the ticket itself, or a signature that was made with it. */
async function isTicket(value: Value, world: World, path: string, query: Record<string, string>) {
  const { ticket } = await world.get(path, query);
  if ('ticket' in value) return same('the ticket', value['ticket'], ticket);
  const { signature, nonceStr, timestamp } = value;
  const signed = `jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${PAGE}`;
  same('the signature', signature, createHash('sha1').update(signed).digest('hex'));
}

function same(what: string, seen: unknown, expected: unknown): void {
  if (JSON.stringify(seen) !== JSON.stringify(expected)) {
    throw new Error(`${what} is ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`);
  }
}

function numbers(answer: Value, list: string, field: string): unknown[] {
  return (answer[list] as Value[]).map((each) => each[field]);
}

function sorted(list: unknown): unknown[] {
  return (Array.isArray(list) ? [...list] : [list]).sort();
}

function elementOf(xml: string, name: string): string | undefined {
  const content = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1];
  return content?.replace(/^<!\[CDATA\[(.*)\]\]>$/s, '$1');
}
