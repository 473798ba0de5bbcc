import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../harness/gateway.ts';
import { redeem } from '../harness/journey.ts';
import { type Stack, startStack } from '../harness/stack.ts';

const FAILED = '获取用户信息失败';

let stack: Stack;
let api: Gateway;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance();
});

beforeEach(() => {
  stack.wecom.faults.clear();
  stack.wecom.calls.clear();
});

const post = (body: unknown, contentType?: string) => redeem(api.url, body, contentType);

type CodeRequest = Parameters<Stack['wecom']['codes']['mint']>[0];

/** Signs in as the page would: with the consent asked for, unless told otherwise. */
function signIn(request: CodeRequest) {
  const code = stack.wecom.codes.mint({ scope: 'snsapi_privateinfo', ...request });
  return post({ code });
}

describe('a member', () => {
  it('is answered with exactly six texts', async () => {
    const answer = await post({ code: 'your_auth_code' });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      code: 0,
      message: 'success',
      data: {
        userid: 'user123',
        name: '张三',
        mobile: '13800138000',
        email: 'zhang@company.com',
        department: '技术部',
        position: '工程师',
      },
    });
  });

  it('comes with the headers that every answer has', async () => {
    const { headers } = await post({ code: 'your_auth_code' });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['did not consent', { userid: 'wujiu' }, { mobile: '', email: '' }],
    ['was not asked to consent', { userid: 'user123', scope: 'snsapi_base' }, { mobile: '' }],
    ['signed in by QR code', { userid: 'user123', origin: 'wwlogin' }, { mobile: '', email: '' }],
    ['gave the mobile alone', { userid: 'chenshiyi' }, { mobile: '13800138008', email: '' }],
    [
      'has no e-mail but one of the company',
      { userid: 'zhengshi' },
      { email: 'zhengshi@yunfan.example' },
    ],
    ['has no position', { userid: 'Feng-Er_01@yunfan.example' }, { position: '' }],
  ] as [string, CodeRequest, object][])('who %s', async (_who, request, expected) => {
    const answer = await signIn(request);
    expect(answer).toMatchObject({ status: 200, body: { data: expected } });
    expect(Object.keys(answer.body.data ?? {})).toHaveLength(6);
  });

  it('of an app made before 2022-06-20 needs no consent for mobile and e-mail', async () => {
    const app = stack.wecom.company.apps.find((each) => each.agentid === 1000002);
    if (!app) throw new Error('no main app');
    const made = app.created;
    app.created = '2021-01-01T00:00:00+08:00';
    const answer = await signIn({ userid: 'user123', scope: 'snsapi_base' });
    app.created = made;
    expect(answer.body.data).toMatchObject({ mobile: '13800138000', email: 'zhang@company.com' });
  });

  it.each([
    ['the main department', 'chenshiyi', '基础设施小组'],
    ['its English name, where there is no other', 'huangxiaoshou', 'Overseas'],
    ['its id, where there is none', 'Feng-Er_01@yunfan.example', '9'],
    ['another department, where the main one cannot be read', 'liuzong', '市场部'],
  ])('belongs to %s', async (_what, userid, department) => {
    expect((await signIn({ userid })).body.data?.['department']).toBe(department);
  });

  it('signs in even while departments cannot be read', async () => {
    const member = stack.wecom.company.members.find(({ userid }) => userid === 'qianer');
    Object.assign(member ?? {}, { department: [3], main_department: 3 });
    stack.wecom.faults.add({ kind: 'html', on: 'department/get' });
    const answer = await signIn({ userid: 'qianer' });
    expect(answer).toMatchObject({ status: 200, body: { data: { department: '3' } } });
  });
});

describe('a code that cannot be one', () => {
  it.each([
    ['no code', {}, '缺少授权码'],
    ['an empty code', { code: '' }, '缺少授权码'],
    ['null', { code: null }, '缺少授权码'],
    ['a number', { code: 7 }, '缺少授权码'],
    ['an array', { code: ['abc'] }, '缺少授权码'],
    ['an object', { code: { a: 1 } }, '缺少授权码'],
    ['513 bytes', { code: 'a'.repeat(513) }, '授权码过长'],
    ['a query in it', { code: 'abc&access_token=x' }, '授权码格式不正确'],
    ['a line break', { code: 'abc\r\ndef' }, '授权码格式不正确'],
    ['a trailing line break', { code: 'abc\n' }, '授权码格式不正确'],
    ['a NUL', { code: 'abc\u0000' }, '授权码格式不正确'],
    ['a lone surrogate', '{"code":"abc\\ud800"}', '授权码格式不正确'],
    ['full-width letters', { code: 'ａｂｃ' }, '授权码格式不正确'],
    ['an inherited code', '{"__proto__":{"code":"abc"}}', '缺少授权码'],
    ['a body that is missing', '', '缺少授权码'],
    ['a body that is null', 'null', '请求体必须是 JSON 对象'],
    ['a body that is an array', '["abc"]', '请求体必须是 JSON 对象'],
    ['a body that is not JSON', 'code=abc', '请求体不是有效的 JSON'],
    ['garbage after the body', '{"code":"abc"} x', '请求体不是有效的 JSON'],
    ['the code twice', '{"code":"abc","code":"def"}', '请求体有重复的字段'],
    ['the code twice, once escaped', '{"code":"abc","\\u0063ode":"def"}', '请求体有重复的字段'],
    ['a text that looks like a field', '{"code":"",":":":"}', '缺少授权码'],
    ['five thousand levels', `{"code":${'['.repeat(5000)}${']'.repeat(5000)}}`, undefined],
    ['fifty thousand levels', '['.repeat(50_000), '请求体过大'],
    ['a number out of range', '{"code":1e400}', '缺少授权码'],
    ['a body of 6 MB', `{"code":"${'a'.repeat(6 * 1024 * 1024)}"}`, '请求体过大'],
  ])('%s is 400, and WeCom is not asked', async (_what, body, message) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe(-1);
    if (message) expect(answer.body.message).toBe(message);
    expect(stack.wecom.calls.count()).toBe(0);
  });

  it('a form is refused by its content type', async () => {
    const answer = await post('{"code":"abc"}', 'text/plain');
    expect(answer.status).toBe(400);
    expect(answer.body.message).toBe('Content-Type 必须是 application/json');
  });

  it('whatever the body, the answer is 4xx', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((o) => JSON.stringify(o)),
        ),
        async (body) => {
          const answer = await post(body);
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(answer.status).toBeLessThan(500);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('other fields than the known ones are ignored', async () => {
    expect((await post({ code: 'your_auth_code', more: { a: [1, { b: 2 }] } })).status).toBe(200);
  });
});

describe('WeCom refusing the code or the member', () => {
  it('a code works once', async () => {
    const code = stack.wecom.codes.mint({ userid: 'user123' });
    expect((await post({ code })).status).toBe(200);
    expect(await post({ code })).toMatchObject({
      status: 401,
      body: { code: 40029, message: 'invalid code' },
    });
  });

  it('is asked about a code of 512 bytes', async () => {
    const { status, body } = await post({ code: 'a'.repeat(512) });
    expect([status, body.code]).toEqual([401, 40029]);
  });

  it('an unknown code is 401 at the first try, without the hint that shows our address', async () => {
    const { status, body } = await post({ code: 'no-such-code' });
    expect(status).toBe(401);
    expect(body).toEqual({ code: 40029, message: 'invalid code' });
    expect(stack.wecom.calls.count('auth/getuserinfo')).toBe(1);
  });

  it.each([40029, 40163, 42003])(
    'errcode %i for the code is 401 at the first try',
    async (errcode) => {
      stack.wecom.faults.add(errcode, { on: 'auth/getuserinfo' });
      const answer = await signIn({ userid: 'user123' });
      expect(answer).toMatchObject({ status: 401, body: { code: errcode } });
      expect(stack.wecom.calls.count('auth/getuserinfo')).toBe(1);
    },
  );

  it.each([
    40029, 42003, 42022, 40163, 60011, 60021, 60030, 60111, 50002, 84014, 84015, 40003, 99999,
  ])('errcode %i is 401', async (errcode) => {
    stack.wecom.faults.add(errcode, { on: 'user/get' });
    const answer = await signIn({ userid: 'user123' });
    expect(answer).toMatchObject({ status: 401, body: { code: errcode } });
    expect(answer.body.message).not.toMatch(/hint|from ip/);
    expect(answer.body).not.toHaveProperty('data');
  });

  it('a member outside the visible range is 401 with 60011', async () => {
    expect(await signIn({ userid: 'zhouba' })).toMatchObject({
      status: 401,
      body: { code: 60011 },
    });
  });
});

describe('a visitor who is no active member', () => {
  it.each(['customer', 'stranger', 'linked'])(
    'a %s is 403, and never looked up',
    async (visitor) => {
      const code = stack.wecom.codes.mint({ visitor });
      expect(await post({ code })).toMatchObject({
        status: 403,
        body: { code: -1, message: '非企业成员' },
      });
      expect(stack.wecom.calls.count('user/get')).toBe(0);
    },
  );

  it.each([
    ['is disabled', 'wangwu', 2],
    ['is not activated', 'zhaoliu', 4],
    ['has left', 'sunqi', 5],
  ])('a member who %s is 403, and the log says which', async (_what, userid, memberStatus) => {
    expect(await signIn({ userid })).toMatchObject({
      status: 403,
      body: { code: -1, message: '成员未激活、已禁用或已退出企业' },
    });
    expect(stack.log().at(-1)).toMatchObject({ error: 'ERR_MEMBER_INACTIVE', memberStatus });
  });
});

describe('an access_token that WeCom has revoked', () => {
  it.each([40014, 42001, 40001])('%i that persists is 401 after one replay', async (errcode) => {
    stack.wecom.faults.add(errcode, { on: 'auth/getuserinfo' });
    const answer = await signIn({ userid: 'user123' });
    expect(answer).toMatchObject({ status: 401, body: { code: errcode } });
    expect(stack.wecom.calls.count('auth/getuserinfo')).toBe(2);
    expect(stack.wecom.calls.count('gettoken')).toBeLessThanOrEqual(1);
  });
});

describe('WeCom being busy, slow or broken', () => {
  it.each([
    [45009, 1],
    [45033, 3],
  ])('%i is 503; three sign-ins ask %i times', async (errcode, asked) => {
    stack.wecom.faults.add(errcode, { on: 'user/get' });
    // Of its own: for a minute it does not ask again.
    const limited = await stack.newInstance();
    for (let times = 0; times < 3; times++) {
      const code = stack.wecom.codes.mint({ userid: 'user123' });
      const answer = await redeem(limited.url, { code });
      expect(answer).toMatchObject({ status: 503, body: { code: errcode, message: FAILED } });
      // The code is spent: the same request cannot succeed.
      expect(answer.headers.get('retry-after')).toBeNull();
    }
    expect(stack.wecom.calls.count('user/get')).toBe(asked);
  });

  it.each([
    [-1, '5'],
    [45009, '60'],
    [45033, '60'],
  ])('%i for the code itself leaves it unspent: 503 with Retry-After', async (errcode, seconds) => {
    const times = errcode === -1 ? 4 : 1;
    stack.wecom.faults.add(errcode, { on: 'auth/getuserinfo', times });
    const code = stack.wecom.codes.mint({ userid: 'user123' });
    const answer = await post({ code });
    expect(answer).toMatchObject({ status: 503, body: { code: errcode, message: FAILED } });
    expect(answer.headers.get('retry-after')).toBe(seconds);
    expect((await post({ code })).status).toBe(200);
  });

  it('busy (-1) is retried three times and then 503', async () => {
    stack.wecom.faults.add(-1, { on: 'user/get' });
    const answer = await signIn({ userid: 'user123' });
    expect(answer).toMatchObject({ status: 503, body: { code: -1, message: FAILED } });
    expect(stack.wecom.calls.count('user/get')).toBe(4);
  });

  it.each([
    ['a page of HTML with a 5xx', { kind: 'html', status: 502 }],
    ['half an answer', { kind: 'truncated' }],
    ['an empty answer', { kind: 'empty' }],
    ['a broken connection', { kind: 'reset' }],
    ['an endless answer', { kind: 'huge' }],
    ['no answer in time', { kind: 'slow', ms: 10_000 }],
  ] as const)('%s is 503 with Retry-After', async (_what, fault) => {
    stack.wecom.faults.add({ ...fault, on: 'auth/getuserinfo' });
    const answer = await signIn({ userid: 'user123' });
    expect(answer).toMatchObject({ status: 503, body: { code: -1, message: FAILED } });
    expect(answer.headers.get('retry-after')).toBe('5');
    // A code works once: it must not be spent on a second try whose first may have gone through.
    expect(stack.wecom.calls.count('auth/getuserinfo')).toBe(1);
  });
});

describe('our own trouble', () => {
  it.each([60020, 48002, 50001, 50003, 301002])(
    '%i is 500, with the remedy in the log',
    async (errcode) => {
      stack.wecom.faults.add(errcode, { on: 'user/get' });
      const before = stack.log().length;
      const answer = await signIn({ userid: 'user123' });
      expect(answer).toMatchObject({ status: 500, body: { code: -1, message: FAILED } });
      const line = stack
        .log()
        .slice(before)
        .find((entry) => entry['status'] === 500);
      expect(line).toMatchObject({ level: 'ERROR', errcode, api: 'user/get' });
      expect(line?.['advice']).toBeTruthy();
      expect(line?.['adviceZh']).toMatch(/[\u4e00-\u9fff]/);
      expect(line?.['link']).toContain(String(errcode));
    },
  );

  it('60020 is logged with the address to list', async () => {
    stack.wecom.faults.add(60020, { on: 'user/get' });
    await signIn({ userid: 'user123' });
    expect(stack.log().at(-1)).toMatchObject({ fromIp: '127.0.0.1' });
  });

  it('a redirect is not followed: the base URL is wrong', async () => {
    stack.wecom.faults.add({ kind: 'redirect', on: 'auth/getuserinfo' });
    const answer = await signIn({ userid: 'user123' });
    expect(answer).toMatchObject({ status: 500, body: { code: -1, message: FAILED } });
    expect(stack.wecom.calls.count('auth/getuserinfo')).toBe(1);
  });

  it('a wrong environment is 500, and the log lists every problem', async () => {
    const broken = await stack.newInstance({
      WECOM_CORP_ID: 'not a corp',
      WECOM_AGENT_ID: 'abc',
    });
    expect(await redeem(broken.url, { code: 'your_auth_code' })).toMatchObject({
      status: 500,
      body: { code: -1, message: FAILED },
    });
    expect(stack.log().at(-1)).toMatchObject({
      error: 'ERR_CONFIGURATION',
      problems: ['WECOM_CORP_ID is not a CorpID', 'WECOM_AGENT_ID is not an AgentId: digits only'],
    });
  });
});

describe('the log', () => {
  it('has one closing line a request that says what happened', async () => {
    const before = stack.log().length;
    await post({ code: 'no-such-code' });
    const lines = stack.log().slice(before);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'INFO',
      function: 'getUserInfo',
      route: 'POST /api/wecom/getUserInfo',
      stage: 'local',
      outcome: 'refused',
      status: 401,
      error: 'ERR_WECOM_ERRCODE',
      errcode: 40029,
    });
    expect(lines[0]?.['requestId']).toMatch(/^[0-9a-f-]{36}$/);
    expect(lines[0]?.['upstreamMilliseconds']).toBeTypeOf('number');
  });
});

describe('every other request', () => {
  it('to an unknown path is 404', async () => {
    const response = await fetch(`${api.url}/api/wecom/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ code: -1, message: '接口不存在' });
  });

  it('with the wrong method is 405, and says which are right', async () => {
    const response = await fetch(`${api.url}/api/wecom/getUserInfo`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });
});
