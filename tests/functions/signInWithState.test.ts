import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { s256 } from '../../lib/signin/pkce.ts';
import type { Gateway } from '../harness/gateway.ts';
import { approve, begin, pkce, proof, redeem } from '../harness/journey.ts';
import { type Stack, startStack } from '../harness/stack.ts';

const REFUSED = { code: -1, message: '登录状态无效或已过期，请重新登录' };
const TABLE = 'wecom-auth-local-cache';

let stack: Stack;
let api: Gateway;
let elsewhere: Gateway;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance();
  elsewhere = await stack.newInstance();
  // The access_token and the department are at hand from here on.
  for (const { url } of [api, elsewhere]) await redeem(url, await proof(url));
});

beforeEach(() => {
  stack.wecom.calls.clear();
  stack.dynamoDb.requests.length = 0;
});

const keyOf = (state: string) => ({
  pk: { S: `${stack.wecom.company.corpid}#state#${s256(state)}` },
});

async function recordOf(state: string) {
  const { Item } = await stack.client.send(
    new GetItemCommand({ TableName: TABLE, Key: keyOf(state) }),
  );
  return Item;
}

/** Time, as far as the stored state knows it, goes by. */
async function pass(state: string, milliseconds: number) {
  const record = await recordOf(state);
  const redeemedAt = record?.['redemption']?.M?.['at']?.N;
  await stack.client.send(
    new UpdateItemCommand({
      TableName: TABLE,
      Key: keyOf(state),
      UpdateExpression: `SET expiresAt = :expiresAt${redeemedAt ? ', redemption.#at = :at' : ''}`,
      ...(redeemedAt && { ExpressionAttributeNames: { '#at': 'at' } }),
      ExpressionAttributeValues: {
        ':expiresAt': { N: String(Number(record?.['expiresAt']?.N) - milliseconds) },
        ...(redeemedAt && { ':at': { N: String(Number(redeemedAt) - milliseconds) } }),
      },
    }),
  );
}

const exchanges = () => stack.wecom.calls.count('auth/getuserinfo');
const calls = () => apiPaths().length;
const apiPaths = () =>
  stack.wecom.calls
    .list()
    .map(({ path }) => path)
    .filter((path) => path.startsWith('/cgi-bin/'));

describe('a sign-in that proves its state', () => {
  it('gets the member and a session', async () => {
    const answer = await redeem(
      api.url,
      await proof(api.url, { scope: 'snsapi_privateinfo', mode: 'oauth' }),
    );
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      code: 0,
      message: 'success',
      data: (await redeem(api.url, { code: 'your_auth_code' })).body.data,
      session: {
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        token_type: 'Bearer',
        expires_in: 3600,
      },
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('gets a session for as long as the stage says', async () => {
    const stage = await stack.newInstance({ SESSION_SECONDS: '43200' });
    const { body } = await redeem(stage.url, await proof(stage.url));
    // Less than this where the sign-in itself took a second.
    expect(body.session?.expires_in).toBeGreaterThan(43_100);
  });

  it('has the userid folded in its session, and as WeCom writes it in its data', async () => {
    const { body } = await redeem(api.url, await proof(api.url, {}, 'Feng-Er_01@yunfan.example'));
    const [, claims = ''] = body.session?.access_token.split('.') ?? [];
    expect(body.data?.['userid']).toBe('Feng-Er_01@yunfan.example');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'http://localhost:3000',
      sub: 'feng-er_01@yunfan.example',
      aud: 'wecom-auth',
      corp: 'ww0a1b2c3d4e5f6a7b',
      agent: '1000002',
    });
  });

  it('leaves no mobile, no e-mail, no code and no verifier in the state’s record', async () => {
    const body = await proof(api.url, { scope: 'snsapi_privateinfo', mode: 'oauth' });
    await redeem(api.url, body);
    const record = JSON.stringify(await recordOf(body.state));
    expect(record).toContain('"userid":{"S":"user123"}');
    for (const secret of [
      '13800138000',
      'company.com',
      body.code,
      body.code_verifier,
      body.state,
    ]) {
      expect(record).not.toContain(secret);
    }
  });
});

describe('a state that proves nothing is refused with 401 before WeCom is called', () => {
  const journey = () => proof(api.url);
  type Body = Record<string, unknown>;

  it.each<[string, () => Promise<Body>]>([
    ['no state', async () => ({ ...(await journey()), state: undefined })],
    ['an empty state', async () => ({ ...(await journey()), state: '' })],
    ['a state of another form', async () => ({ ...(await journey()), state: 'abc' })],
    ['an invented state', async () => ({ ...(await journey()), state: 'A'.repeat(32) })],
    ['a state with a blank after it', async () => append(await journey(), 'state', ' ')],
    ['a state of 10 kB', async () => ({ ...(await journey()), state: 'a'.repeat(10_000) })],
    [
      'another visitor’s state',
      async () => ({ ...(await journey()), state: (await journey()).state }),
    ],
    ['no verifier', async () => ({ ...(await journey()), code_verifier: undefined })],
    ['an empty verifier', async () => ({ ...(await journey()), code_verifier: '' })],
    ['a verifier of another form', async () => ({ ...(await journey()), code_verifier: 'abc' })],
    ['another verifier', async () => ({ ...(await journey()), code_verifier: pkce().verifier })],
    [
      'the challenge as verifier',
      async () => ({ ...(await journey()), code_verifier: s256((await journey()).code_verifier) }),
    ],
    [
      'a verifier of 10 kB',
      async () => ({ ...(await journey()), code_verifier: 'a'.repeat(10_000) }),
    ],
    ['both empty', async () => ({ ...(await journey()), state: '', code_verifier: '' })],
    ['only a verifier', async () => ({ code: 'your_auth_code', code_verifier: pkce().verifier })],
    ['only a state', async () => ({ code: 'your_auth_code', state: 'A'.repeat(32) })],
    ['an expired state', async () => expired(await journey())],
  ])('%s', async (_, make) => {
    const body = await make();
    stack.wecom.calls.clear();
    const answer = await redeem(api.url, body);
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual(REFUSED);
    expect(calls()).toBe(0);
  });

  it.each<[string, Body]>([
    ['a list as state', { state: ['A'.repeat(32)] }],
    ['two states in a list', { state: ['A'.repeat(32), 'B'.repeat(32)] }],
    ['an object as state', { state: { toString: 'A'.repeat(32) } }],
    ['null as state', { state: null }],
    ['true as state', { state: true }],
    ['a list as verifier', { code_verifier: ['a'.repeat(43)] }],
  ])('and %s, which is no text at all, with 400', async (_, change) => {
    const body = { ...(await journey()), ...change };
    stack.wecom.calls.clear();
    const answer = await redeem(api.url, body);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe(-1);
    expect(calls()).toBe(0);
  });

  it.each([
    ['agent of the same corp', { WECOM_AGENT_ID: '1000001' }, 'other-app'],
    ['corp', { WECOM_CORP_ID: 'ww9999999999999999' }, 'unknown'],
  ])('a state that was issued for another %s', async (_, settings, reason) => {
    const body = await journey();
    const other = await stack.newInstance(settings);
    stack.wecom.calls.clear();
    expect((await redeem(other.url, body)).body).toEqual(REFUSED);
    expect(calls()).toBe(0);
    expect(lastRefusal()).toBe(reason);
  });

  it('and what was refused has spent nothing: the right browser still signs in', async () => {
    const body = await journey();
    await redeem(api.url, { ...body, code_verifier: pkce().verifier });
    expect(lastRefusal()).toBe('other-verifier');
    expect((await redeem(api.url, body)).status).toBe(200);
  });

  it('and the header and the log say what was wrong with it', async () => {
    const answer = await redeem(api.url, await expired(await journey()));
    expect(answer.headers.get('x-error-code')).toBe('ERR_STATE_REFUSED/expired');
    expect(lastRefusal()).toBe('expired');
    await redeem(api.url, { ...(await journey()), state: 'A'.repeat(32) });
    expect(lastRefusal()).toBe('unknown');
  });

  function append(body: Record<string, string>, name: string, text: string) {
    return { ...body, [name]: `${body[name]}${text}` };
  }
  async function expired<T extends { state: string }>(body: T): Promise<T> {
    await pass(body.state, 600_000);
    return body;
  }
  const lastRefusal = () => stack.log().findLast((line) => line['refusal'])?.['refusal'];
});

describe('a state that was used', () => {
  it('answers the very same request again, within a minute: same member, same session', async () => {
    const body = await proof(api.url, { scope: 'snsapi_privateinfo', mode: 'oauth' });
    const first = await redeem(api.url, body);
    stack.wecom.calls.clear();
    const second = await redeem(api.url, body);
    expect(second.status).toBe(200);
    expect(second.body.data).toEqual(first.body.data);
    expect(second.body.session?.access_token).toBe(first.body.session?.access_token);
    expect(calls()).toBe(0);
  });

  it('answers it on another instance too: what the ticket gave is left empty there', async () => {
    const body = await proof(api.url, { scope: 'snsapi_privateinfo', mode: 'oauth' });
    const first = await redeem(api.url, body);
    const second = await redeem(elsewhere.url, body);
    expect(second.status).toBe(200);
    expect(second.body.data).toEqual({ ...first.body.data, mobile: '', email: '' });
    expect(second.body.session?.access_token).toBe(first.body.session?.access_token);
    expect(exchanges()).toBe(1);
  });

  it('answers it when the state itself would have expired in between', async () => {
    const body = await proof(api.url);
    await pass(body.state, 590_000);
    await redeem(api.url, body);
    await pass(body.state, 30_000);
    expect((await redeem(elsewhere.url, body)).status).toBe(200);
  });

  it('answers it no more after a minute', async () => {
    const body = await proof(api.url);
    await redeem(api.url, body);
    await pass(body.state, 60_000);
    expect((await redeem(api.url, body)).body).toEqual(REFUSED);
    expect((await redeem(elsewhere.url, body)).body).toEqual(REFUSED);
    expect(exchanges()).toBe(1);
  });

  it.each<[string, (body: Record<string, string>) => Promise<object>]>([
    ['another code', async (body) => ({ ...body, code: await approve(await begin(api.url)) })],
    ['another verifier', async (body) => ({ ...body, code_verifier: pkce().verifier })],
    ['no verifier', async ({ code, state }) => ({ code, state })],
  ])('is refused with %s', async (_, change) => {
    const body = await proof(api.url);
    await redeem(api.url, body);
    const other = await change(body);
    for (const { url } of [api, elsewhere]) {
      expect((await redeem(url, other)).body).toEqual(REFUSED);
    }
    expect(exchanges()).toBe(1);
  });

  it.each<[string, (body: Record<string, string>) => Promise<object>, number, object]>([
    [
      'WeCom refused the code',
      async (body) => ({ ...body, code: 'no-such-code' }),
      401,
      { code: 40029, message: 'invalid code' },
    ],
    [
      'the visitor is no member',
      async (body) => ({
        ...body,
        code: stack.wecom.codes.mint({ visitor: 'stranger' }),
      }),
      403,
      { code: -1, message: '非企业成员' },
    ],
    [
      'the member is disabled',
      async (body) => ({ ...body, code: stack.wecom.codes.mint({ userid: 'wangwu' }) }),
      403,
      { code: -1, message: '成员未激活、已禁用或已退出企业' },
    ],
  ])('answers the very same request as before where %s', async (_, change, status, answer) => {
    const body = await change(await proof(api.url));
    for (const { url } of [api, api, elsewhere]) {
      expect(await redeem(url, body)).toMatchObject({ status, body: answer });
    }
    expect(exchanges()).toBe(1);
  });

  it('is refused when an answer was lost that may have spent the code, without a promise', async () => {
    const body = await proof(api.url);
    stack.wecom.faults.add({ kind: 'empty', on: 'auth/getuserinfo', times: 1 });
    const first = await redeem(api.url, body);
    expect(first.status).toBe(503);
    expect(first.headers.get('retry-after')).toBeNull();
    for (const { url } of [api, elsewhere]) {
      expect((await redeem(url, body)).body).toEqual(REFUSED);
    }
    expect(exchanges()).toBe(1);
  });

  it('answers the same request after WeCom failed once the code was spent', async () => {
    const body = await proof(api.url);
    stack.wecom.faults.add({ kind: 'empty', on: 'user/get', times: 1 });
    const first = await redeem(api.url, body);
    expect(first.status).toBe(503);
    expect(first.headers.get('retry-after')).toBe('5');
    const second = await redeem(elsewhere.url, body);
    expect(second).toMatchObject({ status: 200, body: { data: { userid: 'user123' } } });
    expect(exchanges()).toBe(1);
  });

  it('gives nothing to a member who was disabled meanwhile', async () => {
    const body = await proof(api.url, {}, 'lisi');
    await redeem(api.url, body);
    const lisi = stack.wecom.company.members.find(({ userid }) => userid === 'lisi');
    if (lisi) lisi.status = 2;
    const second = await redeem(elsewhere.url, body);
    if (lisi) lisi.status = 1;
    expect(second.status).toBe(403);
    expect(second.body.session).toBeUndefined();
  });
});

describe('a sign-in that WeCom could not answer before the code was spent', () => {
  const busy = (errcode: number) =>
    stack.wecom.faults.add(errcode, { on: 'auth/getuserinfo', times: errcode === -1 ? 4 : 1 });

  it.each([
    [-1, '5'],
    [45009, '60'],
    [45033, '60'],
  ])('(%i) succeeds when the very same request comes again', async (errcode, seconds) => {
    const body = await proof(api.url);
    busy(errcode);
    const first = await redeem(api.url, body);
    expect(first).toMatchObject({ status: 503, body: { code: errcode } });
    expect(first.headers.get('retry-after')).toBe(seconds);
    const second = await redeem(elsewhere.url, body);
    expect(second).toMatchObject({ status: 200, body: { data: { userid: 'user123' } } });
    expect(second.body.session?.access_token).toBeTruthy();
  });

  it.each<[string, (body: Record<string, string>) => Promise<object>, string]>([
    [
      'another code',
      async (body) => ({ ...body, code: await approve(await begin(api.url)) }),
      'used',
    ],
    [
      'another verifier',
      async (body) => ({ ...body, code_verifier: pkce().verifier }),
      'other-verifier',
    ],
    ['no verifier', async ({ code, state }) => ({ code, state }), 'absent'],
  ])('is refused with %s, and still succeeds afterwards', async (_, change, reason) => {
    const body = await proof(api.url);
    busy(45033);
    await redeem(api.url, body);
    const other = await change(body);
    stack.wecom.calls.clear();
    for (const { url } of [api, elsewhere]) {
      const answer = await redeem(url, other);
      expect(answer).toMatchObject({ status: 401, body: REFUSED });
      expect(answer.headers.get('x-error-code')).toBe(`ERR_STATE_REFUSED/${reason}`);
    }
    expect(calls()).toBe(0);
    expect((await redeem(api.url, body)).status).toBe(200);
  });

  it('succeeds after WeCom could not be reached at all', async () => {
    const body = await proof(api.url);
    const unreachable = await stack.newInstance({ WECOM_API_BASE_URL: 'http://127.0.0.1:1' });
    const first = await redeem(unreachable.url, body);
    expect(first.status).toBe(503);
    expect(first.headers.get('retry-after')).toBe('5');
    expect(first.headers.get('x-error-code')).toBe('ERR_WECOM_TRANSPORT');
    expect((await redeem(api.url, body)).status).toBe(200);
  });

  it('succeeds after there was no access_token, and no secret to get one with', async () => {
    const body = await proof(api.url);
    const tokenless = await stack.newInstance({ WECOM_SECRET_PARAMETER: '/wecom-auth/local/none' });
    const key = { pk: { S: 'ww0a1b2c3d4e5f6a7b#token#1000002' } };
    const { Item } = await stack.client.send(new GetItemCommand({ TableName: TABLE, Key: key }));
    expect(Item).toBeDefined();
    await stack.client.send(new DeleteItemCommand({ TableName: TABLE, Key: key }));
    const first = await redeem(tokenless.url, body);
    await stack.client.send(new PutItemCommand({ TableName: TABLE, Item: Item ?? {} }));
    expect(first.status).toBe(500);
    expect(first.headers.get('retry-after')).toBeNull();
    expect((await redeem(api.url, body)).status).toBe(200);
  });

  it('is refused once the state has expired', async () => {
    const body = await proof(api.url);
    busy(45033);
    await redeem(api.url, body);
    await pass(body.state, 600_000);
    const answer = await redeem(api.url, body);
    expect(answer.headers.get('x-error-code')).toBe('ERR_STATE_REFUSED/expired');
  });

  it('is one call of WeCom at a time, also where twenty equal ones come at once', async () => {
    const body = await proof(api.url);
    busy(45033);
    stack.wecom.faults.add({ kind: 'slow', ms: 300, on: 'auth/getuserinfo', times: 1 });
    const urls = Array.from({ length: 20 }, (_, at) => (at % 2 ? api.url : elsewhere.url));
    const answers = await Promise.all(urls.map((url) => redeem(url, body)));
    expect(answers.every(({ status }) => status === 503 || status === 200)).toBe(true);
    expect(exchanges()).toBeLessThanOrEqual(2);
    expect((await redeem(api.url, body)).status).toBe(200);
    expect(exchanges()).toBe(2);
  });
});

describe('many redemptions of one state at once', () => {
  it('are one client with WeCom: 50 equal ones, one member, one session', async () => {
    const body = await proof(api.url);
    const urls = Array.from({ length: 50 }, (_, at) => (at % 2 ? api.url : elsewhere.url));
    const answers = await Promise.all(urls.map((url) => redeem(url, body)));
    expect(exchanges()).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const texts = (of: (body: (typeof answers)[0]['body']) => unknown) =>
      new Set(answers.map((answer) => JSON.stringify(of(answer.body))));
    expect(texts(({ data }) => data).size).toBe(1);
    expect(texts(({ session }) => session?.access_token).size).toBe(1);
  });

  it('with different codes are one client too: one gets in, 49 are refused', async () => {
    const { state, code_verifier } = await proof(api.url);
    const codes = await Promise.all(
      Array.from({ length: 50 }, async () => approve(await begin(api.url))),
    );
    stack.wecom.calls.clear();
    const answers = await Promise.all(
      codes.map((code, at) =>
        redeem(at % 2 ? api.url : elsewhere.url, { code, state, code_verifier }),
      ),
    );
    expect(exchanges()).toBe(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
  });
});

describe('a sign-in without a state', () => {
  it('gets the member and no session', async () => {
    const { status, body } = await redeem(api.url, { code: 'your_auth_code' });
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['code', 'message', 'data']);
  });

  it('is refused where the stage requires one', async () => {
    const strict = await stack.newInstance({ REQUIRE_STATE: 'true' });
    const answer = await redeem(strict.url, { code: 'your_auth_code' });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual(REFUSED);
    expect(calls()).toBe(0);
    expect((await redeem(strict.url, await proof(strict.url))).status).toBe(200);
  });
});

describe('what a sign-in with a state costs', () => {
  it('warm: two DynamoDB requests and no SSM request', async () => {
    const body = await proof(api.url);
    stack.dynamoDb.requests.length = 0;
    const ssm = stack.ssm.calls.length;
    stack.wecom.calls.clear();
    await redeem(api.url, body);
    expect(stack.dynamoDb.requests).toEqual([`UpdateItem ${TABLE}`, `UpdateItem ${TABLE}`]);
    expect(stack.ssm.calls.length).toBe(ssm);
    expect(apiPaths()).toEqual(['/cgi-bin/auth/getuserinfo', '/cgi-bin/user/get']);
  });

  it('one more where the instance has not written this member’s membership in ten minutes', async () => {
    const body = await proof(api.url, {}, 'qianer');
    stack.dynamoDb.requests.length = 0;
    await redeem(api.url, body);
    expect(stack.dynamoDb.requests.sort()).toEqual([
      `UpdateItem ${TABLE}`,
      `UpdateItem ${TABLE}`,
      'UpdateItem wecom-auth-local-permissions',
    ]);
  });
});

describe('trouble of our own', () => {
  it('DynamoDB down: no state can be checked, so nobody gets in and WeCom is not called', async () => {
    const body = await proof(api.url);
    stack.wecom.calls.clear();
    stack.dynamoDb.fail('down');
    const answer = await redeem(api.url, body);
    stack.dynamoDb.fail(undefined);
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ code: -1, message: '获取用户信息失败' });
    expect(calls()).toBe(0);
    expect((await redeem(api.url, body)).status).toBe(200);
  });

  it('no session keys: 500 with advice in the log, and the state is not spent', async () => {
    const keyless = await stack.newInstance({
      SESSION_KEYS_PARAMETER: '/wecom-auth/local/none',
    });
    const body = await proof(api.url);
    stack.wecom.calls.clear();
    expect((await redeem(keyless.url, body)).status).toBe(500);
    expect(calls()).toBe(0);
    expect(stack.log().at(-1)).toMatchObject({
      error: 'ERR_CONFIGURATION',
      parameter: '/wecom-auth/local/none',
    });
    expect((await redeem(api.url, body)).status).toBe(200);
  });
});
