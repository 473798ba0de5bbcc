import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Table } from '../../lib/dynamodb/table.ts';
import { createGrantStore, type GrantStore } from '../../lib/permissions/grantStore.ts';
import { membershipSort } from '../../lib/tableKeys.ts';
import { contextOf, type Gateway } from '../harness/gateway.ts';
import { proof, redeem } from '../harness/journey.ts';
import { type Stack, startStack } from '../harness/stack.ts';

// For the requests that DynamoDB or SSM never answers.
vi.unmock('../../lib/awsClient.ts');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** After this, what an instance remembers of groups is out of date. */
const GROUP_GRANTS_TTL_MS = 10_000;

const TRUE = '{"code":0,"message":"success","data":{"authorized":true}}';
const FALSE = '{"code":0,"message":"success","data":{"authorized":false}}';
const FAILED = '{"code":-1,"message":"验证失败"}';

let stack: Stack;
let api: Gateway;
let table: Table;
let grants: GrantStore;
/** How far the clock of our code and of the emulator is ahead. */
let ahead = 0;

const realNow = Date.now;

beforeAll(async () => {
  // Before the emulator starts, so that its tokens age with us.
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  stack = await startStack();
  api = await stack.newInstance();
  table = stack.permissions;
  grants = createGrantStore(table, stack.wecom.company.corpid, async () => 'test', {
    now: Date.now,
  });
});

beforeEach(() => {
  // Nothing that an instance remembered before counts, and no membership is still fresh.
  ahead += 25 * HOUR;
  stack.dynamoDb.requests.length = 0;
  stack.wecom.calls.clear();
});

const granted: [string, string][] = [];

/** Grants, until the end of the test. */
async function grant(subject: string, permission = 'access', effect: 'allow' | 'deny' = 'allow') {
  granted.push([subject, permission]);
  await grants.change({ subject, permission, after: { effect } });
}

afterEach(async () => {
  stack.dynamoDb.fail(undefined);
  stack.wecom.faults.clear();
  for (const [subject, permission] of granted.splice(0)) {
    const [before] = await grants.read([{ subject, permission }]);
    if (before) await grants.change({ subject, permission, before });
  }
});

async function get(path: string, headers: Record<string, string> = {}, from = api) {
  const response = await fetch(`${from.url}/api/wecom/verify/${path}`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Whether the member may, asked over HTTP. */
async function may(path: string, from = api): Promise<boolean> {
  const { status, text } = await get(path, {}, from);
  expect(status).toBe(200);
  expect([TRUE, FALSE]).toContain(text);
  return text === TRUE;
}

describe('GET /api/wecom/verify/{userId}', () => {
  it('answers true for a member with the permission', async () => {
    await grant('member#user123');
    const answer = await get('user123');
    expect(answer).toMatchObject({ status: 200, text: TRUE });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('answers false for a member without it', async () => {
    await grant('member#user123');
    expect(await get('lisi')).toMatchObject({ status: 200, text: FALSE });
  });

  it('answers the same for a member who does not exist, down to the headers', async () => {
    const [known, unknown] = [await get('lisi'), await get('nobody')];
    expect(unknown.status).toBe(known.status);
    expect(unknown.text).toBe(known.text);
    expect([...unknown.headers.keys()]).toEqual([...known.headers.keys()]);
  });

  it('asks about the permission it is told, and about access otherwise', async () => {
    await grant('member#user123', 'report:read');
    expect(await may('user123?permission=report:read')).toBe(true);
    expect(await may('user123?permission=report%3Aread')).toBe(true);
    expect(await may('user123?permission=access')).toBe(false);
    expect(await may('user123')).toBe(false);
  });

  it('asks neither DynamoDB nor WeCom about what is malformed', async () => {
    expect((await get('-bad')).status).toBe(400);
    expect((await get('user123?permission=Bad')).status).toBe(400);
    expect(stack.dynamoDb.requests).toEqual([]);
    expect(stack.wecom.calls.count()).toBe(0);
  });

  it('takes USER123 and user123 for one', async () => {
    await grant('member#user123');
    expect(await may('USER123')).toBe(true);
    expect(await may('User123')).toBe(true);
    expect(stack.wecom.calls.count('user/get')).toBe(1);
  });
});

describe('a permission comes from', () => {
  it('a department, for all below it', async () => {
    await grant('department#2');
    expect(await may('user123')).toBe(true);
    expect(await may('lisi')).toBe(true);
    expect(await may('chenshiyi')).toBe(true);
    expect(await may('zhangsan2')).toBe(false);
  });

  it('a tag, for its members and for the departments in it', async () => {
    await grant('tag#7');
    expect(await may('lisi')).toBe(true);
    expect(await may('zhengshi')).toBe(true);
    expect(await may('user123')).toBe(false);
  });

  it('everyone', async () => {
    await grant('everyone');
    expect(await may('huangxiaoshou')).toBe(true);
    expect(await may('nobody')).toBe(false);
  });

  it('the wildcard, for every name', async () => {
    await grant('member#user123', '*');
    expect(await may('user123')).toBe(true);
    expect(await may('user123?permission=any.thing-at_all:9')).toBe(true);
  });

  it('nothing that anybody denies', async () => {
    await grant('member#lisi');
    await grant('department#2', '*');
    await grant('department#6', 'access', 'deny');
    expect(await may('lisi')).toBe(false);
    expect(await may('lisi?permission=report:read')).toBe(true);
    expect(await may('user123')).toBe(true);
  });
});

describe('a change of grants', () => {
  it("of a member's own counts at once", async () => {
    await grant('member#user123');
    expect(await may('user123')).toBe(true);
    const [before] = await grants.read([{ subject: 'member#user123', permission: 'access' }]);
    await grants.change({ subject: 'member#user123', permission: 'access', before });
    expect(await may('user123')).toBe(false);
  });

  it('of a group counts within ten seconds', async () => {
    expect(await may('user123')).toBe(false);
    await grant('everyone');
    expect(await may('user123')).toBe(false);
    ahead += GROUP_GRANTS_TTL_MS;
    expect(await may('user123')).toBe(true);
    const [before] = await grants.read([{ subject: 'everyone', permission: 'access' }]);
    await grants.change({ subject: 'everyone', permission: 'access', before });
    ahead += GROUP_GRANTS_TTL_MS;
    expect(await may('user123')).toBe(false);
  });

  it('that names a tag for the first time counts within ten seconds for members already known', async () => {
    expect(await may('user123')).toBe(false);
    await grant('tag#1');
    ahead += GROUP_GRANTS_TTL_MS;
    expect(await may('user123')).toBe(true);
    expect(stack.wecom.calls.count('user/get')).toBe(1);
  });

  it('that has expired counts as absent though DynamoDB has not deleted it', async () => {
    const until = Date.now() + MINUTE;
    const change = { subject: 'member#user123', permission: 'access' };
    await grants.change({ ...change, after: { effect: 'allow', until } });
    granted.push([change.subject, change.permission]);
    expect(await may('user123')).toBe(true);
    ahead += MINUTE;
    expect(await may('user123')).toBe(false);
  });
});

describe('a member who', () => {
  it('leaves is refused after one hour at the latest, with no event, and no outage brings them back', async () => {
    await grant('member#lisi');
    expect(await may('lisi')).toBe(true);
    const leaver = structuredClone(stack.wecom.company.members.find((m) => m.userid === 'lisi'));
    if (!leaver) throw new Error('no lisi in the company');
    stack.wecom.administrator.leave('lisi');
    try {
      ahead += 40 * MINUTE - 1_000;
      expect(await may('lisi')).toBe(true);
      ahead += 20 * MINUTE + 1_000;
      expect(await may('lisi')).toBe(false);

      stack.wecom.faults.add({ kind: 'reset' });
      const instances = [api, await stack.newInstance()];
      for (const hours of [0, 1, 1, 10, 11, 1, 24, 24 * 30]) {
        ahead += hours * HOUR + MINUTE;
        for (const instance of instances) expect(await may('lisi', instance)).toBe(false);
      }
    } finally {
      stack.wecom.faults.clear();
      stack.wecom.administrator.join(leaver);
    }
    ahead += HOUR;
    expect(await may('lisi')).toBe(true);
  });

  it.each([
    ['wangwu', 'is disabled'],
    ['zhaoliu', 'is not activated'],
    ['sunqi', 'has left'],
    ['zhouba', 'is out of sight of the app'],
    ['nobody', 'is unknown'],
  ])('%s, who %s, is refused whatever is granted', async (userid) => {
    await grant(`member#${userid}`, '*');
    await grant('everyone', '*');
    expect(await may(userid)).toBe(false);
  });

  it('has just signed in is known: WeCom is not asked about them again', async () => {
    await grant('member#user123');
    await redeem(api.url, { code: stack.wecom.codes.mint({ userid: 'user123' }) });
    stack.wecom.calls.clear();
    expect(await may('user123')).toBe(true);
    expect(stack.wecom.calls.count('user/get')).toBe(0);
  });

  it('was refused as inactive at sign-in is refused by verify at once', async () => {
    await grant('member#qianer');
    expect(await may('qianer')).toBe(true);
    stack.wecom.administrator.update('qianer', { status: 2 });
    ahead += 1;
    await redeem(api.url, { code: stack.wecom.codes.mint({ userid: 'qianer' }) });
    expect(await may('qianer')).toBe(false);
    stack.wecom.administrator.update('qianer', { status: 1 });
    ahead += 1;
    await redeem(api.url, { code: stack.wecom.codes.mint({ userid: 'qianer' }) });
    expect(await may('qianer')).toBe(true);
  });

  it('moves at sign-in has the grants of the new department at once', async () => {
    await grant('department#7');
    expect(await may('wujiu')).toBe(false);
    stack.wecom.administrator.update('wujiu', { department: [7] });
    ahead += 1;
    await redeem(api.url, { code: stack.wecom.codes.mint({ userid: 'wujiu' }) });
    expect(await may('wujiu')).toBe(true);
    stack.wecom.administrator.update('wujiu', { department: [6] });
  });
});

describe('while WeCom cannot be asked', () => {
  beforeEach(async () => {
    await grant('member#user123');
  });

  it('the stored membership serves for twenty-four hours, and then nobody is allowed', async () => {
    expect(await may('user123')).toBe(true);
    stack.wecom.faults.add({ kind: 'reset' });
    ahead += 24 * HOUR - MINUTE;
    expect(await may('user123')).toBe(true);
    ahead += MINUTE;
    expect(await may('user123')).toBe(false);
    stack.wecom.faults.clear();
    ahead += MINUTE;
    expect(await may('user123')).toBe(true);
  });

  it('a member never seen before is refused', async () => {
    await grant('everyone');
    stack.wecom.faults.add(45009);
    expect(await may('huangxiaoshou')).toBe(false);
  });

  it('a refusal for that reason is no success in the log, and looks like any other', async () => {
    const lastLine = () => stack.log().findLast((line) => 'Requests' in line);
    const ordinary = await get('wangwu');
    expect(lastLine()).toMatchObject({ outcome: 'success', fault: 'none' });
    stack.wecom.faults.add({ kind: 'reset' });
    const refused = await get('huangxiaoshou');
    expect(lastLine()).toMatchObject({
      ...{ level: 'ERROR', outcome: 'failed', status: 200, fault: 'wecom', Requests: 1 },
      ...{
        advice: expect.stringContaining('WeCom'),
        adviceZh: expect.stringContaining('企业微信'),
      },
    });
    expect({ status: refused.status, text: refused.text }).toEqual({ status: 200, text: FALSE });
    expect([...refused.headers.keys()]).toEqual([...ordinary.headers.keys()]);
  });

  it('our own misconfiguration is no reason to refuse a known member', async () => {
    await may('user123');
    ahead += HOUR;
    stack.wecom.faults.add(60020);
    expect(await may('user123')).toBe(true);
    expect(stack.log()).toContainEqual(
      expect.objectContaining({ level: 'WARN', errcode: 60020, fromIp: expect.any(String) }),
    );
  });
});

describe('while DynamoDB fails', () => {
  it.each(['throttled', 'down', 'hangs'] as const)(
    '(%s) nobody is allowed: 500 验证失败',
    async (how) => {
      await grant('member#user123');
      expect(await may('user123')).toBe(true);
      stack.dynamoDb.fail(how);
      expect(await get('user123')).toMatchObject({ status: 500, text: FAILED });
      stack.dynamoDb.fail(undefined);
      expect(await may('user123')).toBe(true);
    },
  );

  it('a grant that cannot be read is a failure, not an absence', async () => {
    await grant('member#user123');
    const key = { pk: `${stack.wecom.company.corpid}#member#user123`, sk: 'grant#*' };
    await table.put({ ...key, effect: 'maybe' });
    expect(await get('user123')).toMatchObject({ status: 500, text: FAILED });
    await table.delete(key);
    expect(await may('user123')).toBe(true);
  });
});

describe('hostile userIds', () => {
  const REFUSED = { code: -1, message: '用户ID格式不正确' };

  /** As the handler gets it, past what HTTP and API Gateway would make of it. */
  async function verify(userId: unknown, query?: Record<string, string>) {
    const event = {
      version: '2.0',
      routeKey: 'GET /api/wecom/verify/{userId}',
      rawPath: '/api/wecom/verify/x',
      headers: {},
      pathParameters: { userId },
      queryStringParameters: query,
      requestContext: {},
    } as unknown as APIGatewayProxyEventV2;
    const result = await stack.handlers().verify(event, contextOf());
    return { status: result.statusCode, body: JSON.parse(String(result.body)) };
  }

  it.each([
    undefined,
    '',
    ' ',
    'user123 ',
    ' user123',
    'user123\n',
    '\nuser123',
    'user123\u0000',
    'user123%00',
    '%75ser123',
    'user123#grant',
    'user123\u001f',
    'lisi/../user123',
    'lisi%2Fuser123',
    '../user123',
    '..',
    '.',
    '-user123',
    '@user123',
    '_proto',
    '__proto__',
    'ww0a1b2c3d4e5f6a7b/user123',
    'user123,lisi',
    'user123?permission=*',
    'user１２３',
    'ｕｓｅｒ123',
    'u\u017fer123',
    'user123\u200b',
    '\u202euser123',
    'u\u0308ser123',
    '张三',
    '😀',
    '\ud800',
    'a'.repeat(65),
    'a'.repeat(100_000),
    "user123' OR '1'='1",
    '$ne',
    'member#user123',
    'everyone#',
  ])('%j is 400', async (userId) => {
    await grant('member#user123');
    await grant('everyone', 'access');
    expect(await verify(userId)).toEqual({ status: 400, body: REFUSED });
  });

  it.each([
    'constructor',
    'hasOwnProperty',
    'toString',
    'everyone',
    'member',
    'directory',
    'null',
    'undefined',
    '0',
    'a'.repeat(64),
    'user1234',
    'user12',
    'user123.',
    'user123@',
    'user-123',
  ])('%s is a member nobody knows', async (userId) => {
    await grant('member#user123');
    await grant('everyone', '*');
    const answer = await verify(userId);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({ authorized: false });
  });

  it.each([
    '',
    '*',
    'Access',
    'a b',
    'access,access',
    'a#b',
    'ａccess',
    'x'.repeat(65),
    '__proto__ ',
  ])('the permission %j is 400', async (permission) => {
    await grant('member#user123', '*');
    expect(await verify('user123', { permission })).toEqual({
      status: 400,
      body: { code: -1, message: '权限名格式不正确' },
    });
  });

  it('the permission __proto__ is one like any other', async () => {
    const asked = () => verify('user123', { permission: '__proto__' });
    expect((await asked()).body.data).toEqual({ authorized: false });
    await grant('member#user123', '__proto__');
    expect((await asked()).body.data).toEqual({ authorized: true });
  });
});

describe('who may ask', () => {
  const UNAUTHENTICATED = '{"code":-1,"message":"未登录或登录已失效"}';
  const FORBIDDEN = '{"code":-1,"message":"没有权限"}';

  describe('with a session', () => {
    let guarded: Gateway;

    beforeAll(async () => {
      guarded = await stack.newInstance({ VERIFY_ACCESS: 'session' });
    });

    async function bearer(who: string): Promise<Record<string, string>> {
      const { body } = await redeem(guarded.url, await proof(guarded.url, {}, who));
      return { authorization: `Bearer ${body.session?.access_token}` };
    }

    it('nobody without one', async () => {
      const answer = await get('user123', {}, guarded);
      expect(answer).toMatchObject({ status: 401, text: UNAUTHENTICATED });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      // Anyone could make such a request, and so find out the pseudonym of a userid.
      const id = answer.headers.get('x-request-id');
      const line = stack.log().findLast((each) => each['requestId'] === id);
      expect(line).toMatchObject({ status: 401 });
      expect(line).not.toHaveProperty('member');
    });

    it.each([['Bearer x'], ['Bearer a.b.c'], [`Bearer ${'a'.repeat(9_000)}`]])(
      'nobody with a token that proves nothing (%#)',
      async (authorization) => {
        const answer = await get('user123', { authorization }, guarded);
        expect(answer).toMatchObject({ status: 401, text: UNAUTHENTICATED });
        expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      },
    );

    it.each(['Basic dXNlcjp4', 'Bearer', 'Bearer ', 'bearer a b', 'Token x'])(
      'nobody with %j',
      async (authorization) => {
        const answer = await get('user123', { authorization }, guarded);
        expect(answer).toMatchObject({ status: 401, text: UNAUTHENTICATED });
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      },
    );

    it('a member about themselves, however the userid is written', async () => {
      await grant('member#lisi');
      const headers = await bearer('lisi');
      expect(await get('lisi', headers, guarded)).toMatchObject({ status: 200, text: TRUE });
      expect(await get('LISI', headers, guarded)).toMatchObject({ status: 200, text: TRUE });
    });

    it('not about another, whether there is one or not', async () => {
      const headers = await bearer('lisi');
      expect(await get('user123', headers, guarded)).toMatchObject({
        status: 403,
        text: FORBIDDEN,
      });
      expect(await get('nobody', headers, guarded)).toMatchObject({ status: 403, text: FORBIDDEN });
    });

    it("not about another while WeCom cannot be asked, which is no fault of the caller's", async () => {
      const headers = await bearer('lisi');
      await grant('member#lisi', 'verify:any');
      // As if the sign-in's own write had failed.
      const { WECOM_AGENT_ID = '' } = stack.environment;
      const pk = `${stack.wecom.company.corpid}#member#lisi`;
      await table.delete({ pk, sk: membershipSort(WECOM_AGENT_ID) });
      stack.wecom.faults.add({ kind: 'reset' });
      expect(await get('user123', headers, guarded)).toMatchObject({
        status: 403,
        text: FORBIDDEN,
      });
      const last = stack.log().findLast((line) => 'Requests' in line);
      expect(last).toMatchObject({ outcome: 'refused', fault: 'wecom', error: 'ERR_FORBIDDEN' });
    });

    it('about anybody with the permission verify:any, as long as they have it', async () => {
      await grant('member#user123');
      const headers = await bearer('lisi');
      await grant('member#lisi', 'verify:any');
      expect(await get('user123', headers, guarded)).toMatchObject({ status: 200, text: TRUE });
      expect(await get('nobody', headers, guarded)).toMatchObject({ status: 200, text: FALSE });
      await grant('everyone', 'verify:any', 'deny');
      ahead += GROUP_GRANTS_TTL_MS;
      expect(await get('user123', headers, guarded)).toMatchObject({
        status: 403,
        text: FORBIDDEN,
      });
    });
  });

  describe('with IAM', () => {
    it('nobody whom API Gateway has not identified, whatever else they bring', async () => {
      const guarded = await stack.newInstance({ VERIFY_ACCESS: 'iam' });
      expect(await get('user123', {}, guarded)).toMatchObject({ status: 403, text: FORBIDDEN });
      const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=x', 'x-amzn-iam': 'x' };
      expect(await get('user123', headers, guarded)).toMatchObject({ status: 403 });
    });

    it('whoever API Gateway has identified', async () => {
      await grant('member#user123');
      const { verify: handler } = stack.handlers({ VERIFY_ACCESS: 'iam' });
      const event = (authorizer: object | undefined) =>
        ({
          routeKey: 'GET /api/wecom/verify/{userId}',
          headers: {},
          pathParameters: { userId: 'user123' },
          requestContext: { authorizer },
        }) as unknown as APIGatewayProxyEventV2;
      const userArn = 'arn:aws:iam::123456789012:role/reports';
      expect(await handler(event({ iam: { userArn } }), contextOf())).toMatchObject({ body: TRUE });
      for (const other of [undefined, {}, { iam: null }, { iam: {} }, { jwt: { claims: {} } }]) {
        const result = await handler(event(other), contextOf());
        expect(result).toMatchObject({ statusCode: 403, body: FORBIDDEN });
      }
    });
  });
});
