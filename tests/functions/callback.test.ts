import { createCipheriv } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import {
  type CallbackAccount,
  callbackEvent,
  envelope,
  eventXml,
  pushQuery,
  type Sealed,
  seal,
  sign,
  verificationQuery,
} from '../harness/callbackRequest.ts';
import { contextOf, type Gateway } from '../harness/gateway.ts';
import { hostile } from '../harness/hostileCallbacks.ts';
import { redeem } from '../harness/journey.ts';
import { CALLBACK_PARAMETERS, type Stack, startStack } from '../harness/stack.ts';
import { approvalEvent, openApprovalEvent } from '../lib/callback/approvals.ts';

let stack: Stack;
let api: Gateway;
let app: CallbackAccount;
let contacts: CallbackAccount;
let corpId: string;

function account({ token, encodingAESKey }: { token: string; encodingAESKey: string }) {
  return { token, encodingAesKey: encodingAESKey, receiveId: corpId };
}

beforeAll(async () => {
  stack = await startStack();
  corpId = stack.wecom.company.corpid;
  app = account(FIXTURE_KEYS.app);
  contacts = account(FIXTURE_KEYS.contacts);
  api = await stack.newInstance();
});

async function send(method: string, channel: string, query: string, body?: string, to = api) {
  const response = await fetch(`${to.url}/api/wecom/callback/${channel}?${query}`, {
    method,
    ...(body !== undefined && { body, headers: { 'content-type': 'text/xml' } }),
  });
  const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
  return { status: response.status, type: response.headers.get('content-type'), text };
}

const get = (query: string, channel = 'app', to = api) =>
  send('GET', channel, query, undefined, to);
const post = (sealed: Sealed, channel = 'app') =>
  send('POST', channel, pushQuery(sealed), envelope(sealed, corpId));

const PLAIN = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';
const answer = (code: number, message: string) => JSON.stringify({ code, message });
const FORGED = { status: 403, type: JSON_TYPE, text: answerText('回调验证失败') };

/** As it comes over the wire, read byte by byte. */
function answerText(message: string): string {
  return Buffer.from(answer(-1, message)).toString('latin1');
}

/** What the log said last about why a callback was refused. */
const lastRefusal = () =>
  stack.log().findLast((line) => line['refusal'] !== undefined)?.['refusal'];

describe('GET /api/wecom/callback/{channel}', () => {
  it.each(['1616140317555161061', '12345678901234567890123'])('answers %s bare', async (echo) => {
    expect(await get(verificationQuery(seal(app, echo)))).toEqual({
      status: 200,
      type: PLAIN,
      text: echo,
    });
  });

  it('has keys of its own for each channel', async () => {
    const query = verificationQuery(seal(contacts, '42'));
    expect(await get(query, 'contacts')).toMatchObject({ status: 200, text: '42' });
    expect(await get(query, 'app')).toEqual(FORGED);
  });

  /** A ciphertext that has what a query has to escape. */
  function withPlus(): Sealed {
    for (;;) {
      const sealed = seal(app, '1616140317555161061');
      if (/\+/.test(sealed.encrypted)) return sealed;
    }
  }

  it.each([
    ['percent-encoded', (echostr: string) => encodeURIComponent(echostr)],
    ['as it is', (echostr: string) => echostr],
    ['with a + that became a space', (echostr: string) => echostr.replaceAll('+', '%20')],
  ])('takes the echostr %s', async (_, written) => {
    const sealed = withPlus();
    const query = `${pushQuery(sealed)}&echostr=${written(sealed.encrypted)}`;
    expect(await get(query)).toMatchObject({ status: 200, text: '1616140317555161061' });
  });

  it('decodes the echostr once, not twice', async () => {
    const sealed = withPlus();
    const twice = encodeURIComponent(encodeURIComponent(sealed.encrypted));
    expect(await get(`${pushQuery(sealed)}&echostr=${twice}`)).toEqual(FORGED);
  });

  it("takes parameters of the operator's own URL for nothing", async () => {
    const query = verificationQuery(seal(app, '42'));
    expect(await get(`a=1&a=2&${query}`)).toMatchObject({ status: 200, text: '42' });
  });

  it.each([
    ['no query', () => '', '缺少请求参数 msg_signature'],
    ['no echostr', (sealed: Sealed) => pushQuery(sealed), '缺少请求参数 echostr'],
    [
      'a parameter that comes twice',
      (sealed: Sealed) => `${verificationQuery(sealed)}&nonce=1`,
      '请求参数 nonce 重复',
    ],
    [
      'an echostr that comes twice',
      (sealed: Sealed) => `${verificationQuery(sealed)}&echostr=1`,
      '请求参数 echostr 重复',
    ],
    [
      'a timestamp that is no number',
      (sealed: Sealed) => verificationQuery({ ...sealed, timestamp: '1e9' }),
      '请求参数 timestamp 格式不正确',
    ],
    [
      'a nonce that is none',
      (sealed: Sealed) => verificationQuery({ ...sealed, nonce: 'a b' }),
      '请求参数 nonce 格式不正确',
    ],
    [
      'an encoding that is none',
      (sealed: Sealed) => `${pushQuery(sealed)}&echostr=%E4%B8`,
      '请求参数 echostr 编码不正确',
    ],
    [
      'a query of 5 kB',
      (sealed: Sealed) => `${verificationQuery(sealed)}&a=${'b'.repeat(5_000)}`,
      '请求参数过长',
    ],
  ])('refuses %s', async (_, query, message) => {
    expect(await get(query(seal(app, '42')))).toEqual({
      status: 400,
      type: JSON_TYPE,
      text: answerText(message),
    });
  });

  it.each([
    ['a wrong signature', () => ({ ...seal(app, '42'), signature: '0'.repeat(40) }), '-40001'],
    ['an old timestamp', () => seal(app, '42', Date.now() - 302_000), 'stale'],
    ['a ciphertext that is not base64', () => sign(app, '{}'), '-40010'],
    ['a ciphertext of the wrong length', () => sign(app, 'AAAA'), '-40007'],
    ['a ciphertext of noise', () => sign(app, 'A'.repeat(64)), /^-400/],
    ['another corp', () => seal({ ...app, receiveId: 'ww1' }, '42'), '-40005'],
    ['a push, decrypted for whoever overheard it', () => seal(app, '<xml></xml>'), 'echo'],
  ])('refuses %s like every forgery, and logs what it was', async (_, sealed, refusal) => {
    expect(await get(verificationQuery(sealed()))).toEqual(FORGED);
    expect(lastRefusal()).toMatch(refusal);
  });

  it('knows no other channel', async () => {
    const notFound = { status: 404, text: answerText('接口不存在') };
    expect(await get(verificationQuery(seal(app, '42')), 'other')).toMatchObject(notFound);
    expect(await get(verificationQuery(seal(app, '42')), '__proto__')).toMatchObject(notFound);
  });

  it.each([
    ['whose parameter is not in SSM', '/wecom-auth/local/nothing'],
    ['without a parameter', undefined],
  ])('is 404 on a channel %s, and says so in the log', async (_, parameter) => {
    const instance = await stack.newInstance({ WECOM_CALLBACK_CONTACTS_PARAMETER: parameter });
    const query = verificationQuery(seal(contacts, '42'));
    const notConfigured = { status: 404, text: answerText('回调未配置') };
    expect(await get(query, 'contacts', instance)).toMatchObject(notConfigured);
    const line = stack.log().at(-1);
    expect(line).toMatchObject({ error: 'ERR_CALLBACK_NOT_CONFIGURED', channel: 'contacts' });
    expect(line?.['parameter']).toBe(parameter);
    api = await stack.newInstance();
  });

  it('takes new keys as soon as they are in SSM', async () => {
    const renewed = { ...contacts, token: 'Renewed', encodingAesKey: 'c'.repeat(43) };
    const put = ({ token, encodingAesKey }: CallbackAccount) =>
      stack.ssm.put(CALLBACK_PARAMETERS.contacts, JSON.stringify({ token, encodingAesKey }));
    await get(verificationQuery(seal(contacts, '42')), 'contacts');
    try {
      put(renewed);
      const query = verificationQuery(seal(renewed, '43'));
      expect(await get(query, 'contacts')).toMatchObject({ status: 200, text: '43' });
    } finally {
      put(contacts);
      api = await stack.newInstance();
    }
  });
});

/** A ciphertext of any bytes. */
function encryptBytes({ encodingAesKey, receiveId }: CallbackAccount, bytes: Buffer): string {
  const key = Buffer.from(encodingAesKey, 'base64');
  const header = Buffer.alloc(20);
  header.writeUInt32BE(bytes.length, 16);
  const plaintext = Buffer.concat([header, bytes, Buffer.from(receiveId)]);
  const padding = 32 - (plaintext.length % 32);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([
    cipher.update(Buffer.concat([plaintext, Buffer.alloc(padding, padding)])),
    cipher.final(),
  ]).toString('base64');
}

/** The event that names a member whom WeCom has to be asked about: its effect can be counted there. */
let events = 0;
function subscribe(userid = 'user123'): string {
  events += 1;
  const fields = { FromUserName: userid, Event: 'subscribe', EventKey: '', AgentID: 1000002 };
  // Each is an event of its own.
  return eventXml(corpId, { ...fields, CreateTime: 1_700_000_000 + events });
}

const membersRead = () => stack.wecom.calls.count('user/get');

describe('POST /api/wecom/callback/{channel}', () => {
  // Of a member whom nobody ever asked about there is nothing to read again.
  beforeAll(async () => {
    expect(await redeem(api.url, { code: 'your_auth_code' })).toMatchObject({ status: 200 });
  });

  it('acknowledges with an empty 200', async () => {
    expect(await post(seal(app, subscribe()))).toEqual({ status: 200, type: PLAIN, text: '' });
  });

  it('acknowledges, counts and ignores what it does not know', async () => {
    const before = membersRead();
    const text = eventXml(corpId, { FromUserName: 'user123', Event: 'enter_agent' });
    expect(await post(seal(app, text))).toEqual({ status: 200, type: PLAIN, text: '' });
    expect(stack.log()).toContainEqual(
      expect.objectContaining({ CallbackIgnored: 1, event: 'enter_agent' }),
    );
    expect(membersRead()).toBe(before);
  });

  it('takes a body that API Gateway wrote in base64', async () => {
    const sealed = seal(app, subscribe());
    const { callback: handler } = stack.handlers();
    const body = Buffer.from(envelope(sealed, corpId)).toString('base64');
    const event = callbackEvent('POST', 'app', pushQuery(sealed), body);
    event.isBase64Encoded = true;
    expect(await handler(event, contextOf())).toMatchObject({ statusCode: 200, body: '' });
  });

  it('has one effect of a push that is delivered twenty times at once', async () => {
    const before = membersRead();
    const sealed = seal(app, subscribe());
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(sealed)));
    // 503 after four seconds, on a busy machine: WeCom delivers these again.
    for (const { status } of answers) expect([200, 503]).toContain(status);
    expect(await post(sealed)).toMatchObject({ status: 200 });
    expect(membersRead()).toBe(before + 1);
  });

  it('has one effect of a push that is delivered again in a new envelope', async () => {
    const before = membersRead();
    const text = subscribe();
    for (let times = 0; times < 3; times += 1) {
      expect(await post(seal(app, text))).toMatchObject({ status: 200 });
    }
    expect(membersRead()).toBe(before + 1);
  });

  it('refuses a body over 1 MiB before it is read', async () => {
    const body = `<xml>${'<a></a>'.repeat(150_000)}</xml>`;
    expect(await send('POST', 'app', pushQuery(seal(app, '42')), body)).toMatchObject({
      status: 400,
      text: answerText('请求体过大'),
    });
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['JSON', '{"encrypt":"abc"}'],
    ['a DTD', '<!DOCTYPE xml [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>'],
    ['two ciphertexts', '<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>'],
    ['deep nesting', `<xml>${'<a>'.repeat(9_000)}${'</a>'.repeat(9_000)}</xml>`],
  ])('refuses a body of %s like every forgery', async (_, body) => {
    expect(await send('POST', 'app', pushQuery(seal(app, '42')), body)).toEqual(FORGED);
    expect(lastRefusal()).toBe('-40002');
  });

  it.each([
    ['a wrong signature', () => ({ ...seal(app, subscribe()), signature: '0'.repeat(40) })],
    ['the keys of the other channel', () => seal(contacts, subscribe())],
    ['an old timestamp', () => seal(app, subscribe(), Date.now() - 302_000)],
    ['another receiver', () => seal({ ...app, receiveId: 'ww1' }, subscribe())],
  ])('refuses a push with %s, and nothing happens', async (_, sealed) => {
    const [reads, requests] = [membersRead(), stack.dynamoDb.requests.length];
    expect(await post(sealed())).toEqual(FORGED);
    expect([membersRead(), stack.dynamoDb.requests.length]).toEqual([reads, requests]);
  });

  it.each<[string, (sealed: Sealed) => string, number]>([
    ['missing', (sealed) => pushQuery(sealed).replace(/msg_signature=\w+&/, ''), 400],
    ['empty', (sealed) => pushQuery({ ...sealed, signature: '' }), 400],
    ['doubled', (sealed) => `${pushQuery(sealed)}&msg_signature=${sealed.signature}`, 400],
    ['cut short', (sealed) => pushQuery({ ...sealed, signature: sealed.signature.slice(1) }), 403],
    ['longer', (sealed) => pushQuery({ ...sealed, signature: `${sealed.signature}0` }), 403],
    [
      'that of another message',
      (sealed) => pushQuery({ ...sealed, signature: seal(app, '42').signature }),
      403,
    ],
  ])('refuses a signature that is %s', async (_, query, status) => {
    const before = membersRead();
    const sealed = seal(app, subscribe());
    const answer = await send('POST', 'app', query(sealed), envelope(sealed, corpId));
    expect(answer.status).toBe(status);
    expect(membersRead()).toBe(before);
    expect(await post(sealed)).toMatchObject({ status: 200 });
  });

  it('acknowledges the approval messages that WeCom documents, and ignores them by their name', async () => {
    const open = openApprovalEvent(corpId, '1000002', 100);
    expect(await post(seal(app, open))).toEqual({ status: 200, type: PLAIN, text: '' });
    expect(stack.log()).toContainEqual(
      expect.objectContaining({ CallbackIgnored: 1, event: 'open_approval_change' }),
    );
    // WeCom's own approval app has an AgentID of its own.
    const system = approvalEvent(corpId, '3010040', 100);
    expect(await post(seal(app, system))).toEqual({ status: 200, type: PLAIN, text: '' });
    expect(stack.log()).toContainEqual(
      expect.objectContaining({ CallbackIgnored: 1, event: 'for another app' }),
    );
  });

  it.each([
    ['is no XML', 'hello', 'message'],
    ['has a DTD', '<!DOCTYPE xml><xml></xml>', 'message'],
    [
      'names nobody',
      '<xml><ToUserName>CORP</ToUserName><MsgType>event</MsgType><Event>subscribe</Event></xml>',
      'FromUserName',
    ],
  ])('acknowledges a genuine message that %s, and warns of it', async (_, text, unreadable) => {
    const sealed = seal(app, text.replace('CORP', corpId));
    expect(await post(sealed)).toEqual({ status: 200, type: PLAIN, text: '' });
    expect(stack.log().findLast((line) => line['CallbackIgnored'] === 1)).toMatchObject({
      level: 'WARN',
      channel: 'app',
      unreadable,
    });
  });

  it('applies an event whose text has bytes that are not UTF-8, and control characters', async () => {
    const before = membersRead();
    const text = subscribe().replace('</xml>', '<Name>\u0000\b?</Name></xml>');
    const bytes = Buffer.from(text);
    bytes[bytes.indexOf('?')] = 0xe5;
    // Tencent's package takes a text; this one is encrypted byte by byte.
    const encrypted = encryptBytes(app, bytes);
    const response = await post({ ...sign(app, encrypted), encrypted });
    expect(response).toMatchObject({ status: 200 });
    expect(membersRead()).toBe(before + 1);
  });

  it.each([
    ['GET', 400],
    ['POST', 400],
  ] as const)(
    'refuses a %s without query and body, as serverless-offline sends it',
    async (method, status) => {
      const { callback: handler } = stack.handlers();
      const event = callbackEvent(method, 'app', '');
      Object.assign(event, { body: null, rawQueryString: null, queryStringParameters: null });
      expect(await handler(event, contextOf())).toMatchObject({ statusCode: status });
    },
  );

  it('refuses a push whose body is null like every forgery', async () => {
    const { callback: handler } = stack.handlers();
    const event = callbackEvent('POST', 'app', pushQuery(seal(app, subscribe())));
    for (const isBase64Encoded of [false, true]) {
      Object.assign(event, { body: null, isBase64Encoded });
      expect(await handler(event, contextOf())).toMatchObject({ statusCode: 403 });
    }
  });

  it('counts, as undecryptable, what only a holder of the Token can send, and nothing else', async () => {
    const counted = () => stack.log().filter((line) => line['CallbackUndecryptable'] === 1);
    const before = counted().length;
    const otherKey = { ...app, encodingAesKey: `${'x'.repeat(42)}A` };
    const otherToken = { ...app, token: 'SomebodyElses' };
    const otherCorp = { ...app, receiveId: 'wwffffffffffffffff' };
    const now = Date.now();
    for (const unsigned of [otherToken, { ...otherKey, token: 'x' }]) {
      expect(await post(seal(unsigned, 'text'))).toEqual(FORGED);
    }
    expect(await post(seal(app, 'text', now - 3_600_000))).toEqual(FORGED);
    expect(counted()).toHaveLength(before);
    for (const signed of [otherKey, otherCorp]) {
      expect(await post(seal(signed, 'text'))).toEqual(FORGED);
    }
    expect(counted().slice(before)).toMatchObject([
      { channel: 'app' },
      { channel: 'app', refusal: '-40005' },
    ]);
  });

  it('answers every hostile request below 500', async () => {
    const { callback: handler } = stack.handlers();
    const { byStatus, unhandledRejections } = await hostile(handler, corpId, 500, 20_261_123);
    expect(Object.keys(byStatus)).toEqual(['200', '400', '403']);
    expect(unhandledRejections).toBe(0);
  });
});

describe('a push while DynamoDB does not answer', () => {
  afterEach(() => stack.dynamoDb.fail(undefined));

  it('is left to a retry', async () => {
    stack.dynamoDb.fail('hangs');
    const event = { Event: 'change_contact', ChangeType: 'delete_user', UserID: 'user123' };
    const sealed = seal(contacts, eventXml(corpId, { FromUserName: 'sys', ...event }));
    const { status } = await post(sealed, 'contacts');
    expect([500, 503]).toContain(status);
  });
});
