import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gateway } from '../harness/gateway.ts';
import { SECRET_PARAMETER, type Stack, startStack } from '../harness/stack.ts';

// For the requests that DynamoDB or SSM never answers.
vi.unmock('../../lib/awsClient.ts');

/*
 * What a sign-in sees of the access_token, over HTTP. Only `Date` is moved; everything waits for real.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const FAILED = '获取用户信息失败';

let stack: Stack;
let api: Gateway;
let right: string;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  stack = await startStack();
  right = mainApp().secret;
});

afterAll(() => {
  vi.useRealTimers();
});

/** Each test begins with WeCom and SSM well, a fresh instance, and no record that still counts. */
beforeEach(async () => {
  stack.dynamoDb.fail(undefined);
  stack.ssm.faults.clear();
  stack.wecom.faults.clear();
  stack.wecom.bans.clear();
  mainApp().secret = right;
  stack.ssm.put(SECRET_PARAMETER, right);
  stack.wecom.tokens.revoke();
  pass(5 * HOUR);
  api = await stack.newInstance();
  stack.wecom.calls.clear();
  stack.printed.length = 0;
});

function mainApp() {
  const app = stack.wecom.company.apps.find((each) => each.agentid === 1000002);
  if (!app) throw new Error('the fixture company has no main app');
  return app;
}

function pass(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
}

async function signIn(at: Gateway = api) {
  const response = await fetch(`${at.url}/api/wecom/getUserInfo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: stack.wecom.codes.mint({ userid: 'user123' }) }),
  });
  const body = (await response.json()) as { code: number; message: string };
  return { status: response.status, body, retryAfter: response.headers.get('retry-after') };
}

async function statuses(count: number, at: Gateway = api): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => signIn(at)));
  return [...new Set(answers.map(({ status }) => status))];
}

/** So many writings of a wrong secret, 20 s apart, with sign-ins on each instance after each. */
async function tryWrongSecrets(count: number, instances: readonly Gateway[]): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    stack.ssm.put(SECRET_PARAMETER, `wrong-${n}`);
    pass(20 * SECOND);
    for (const at of [...instances, ...instances]) expect((await signIn(at)).status).toBe(500);
  }
}

function gettokens(): number {
  return stack.wecom.calls.count('gettoken');
}

function lines(name: string) {
  return stack.log().filter((line) => name in line);
}

describe('sign-ins of many fresh instances', () => {
  it('cost one gettoken in all', async () => {
    const instances = await Promise.all(Array.from({ length: 5 }, () => stack.newInstance()));
    const all = await Promise.all(instances.map((each) => statuses(10, each)));
    expect(all.flat()).toEqual([200, 200, 200, 200, 200]);
    expect(gettokens()).toBe(1);
  });

  it('cost none while the token lives, and none of them asks SSM', async () => {
    await signIn();
    const reads = stack.ssm.calls.length;
    expect(await statuses(10, await stack.newInstance())).toEqual([200]);
    expect(gettokens()).toBe(1);
    expect(stack.ssm.calls.length).toBe(reads);
  });
});

describe('a token that WeCom revokes early', () => {
  it('costs the visitor nothing and the company one gettoken', async () => {
    await signIn();
    stack.wecom.tokens.revoke();
    expect(await statuses(10)).toEqual([200]);
    expect(gettokens()).toBe(2);
  });

  it('three times in a row fails no sign-in, on any instance, and costs one gettoken each', async () => {
    const other = await stack.newInstance();
    await Promise.all([signIn(), signIn(other)]);
    for (let revocation = 1; revocation <= 3; revocation += 1) {
      stack.wecom.tokens.revoke();
      expect(await statuses(10)).toEqual([200]);
      expect(await statuses(10, other)).toEqual([200]);
      expect(gettokens()).toBe(1 + revocation);
      pass(SECOND);
    }
  });

  it('again and again costs two gettoken a minute from the fourth time on, and then heals', async () => {
    await signIn();
    for (let n = 0; n < 60; n += 1) {
      stack.wecom.tokens.revoke();
      await signIn();
      pass(SECOND);
    }
    expect(gettokens()).toBeLessThanOrEqual(1 + 3 + 2);
    pass(30 * SECOND);
    expect((await signIn()).status).toBe(200);
  });

  it('and gives again: 401 with the errcode after one replay, and no loop', async () => {
    await signIn();
    stack.wecom.faults.add(40014, { on: 'auth/getuserinfo' });
    stack.wecom.calls.clear();
    for (let n = 0; n < 5; n += 1) {
      expect(await signIn()).toMatchObject({ status: 401, body: { code: 40014 } });
    }
    expect(gettokens()).toBe(1);
    expect(stack.wecom.calls.count('auth/getuserinfo')).toBe(10);
  });
});

describe('a wrong secret', () => {
  it('with 200 sign-ins in a row: five gettoken an hour, 500 each, and the way out in the log', async () => {
    stack.ssm.put(SECRET_PARAMETER, 'a-wrong-secret-from-somewhere-else');
    const other = await stack.newInstance();
    // 200 sign-ins within the hour, four at a time, at two instances.
    for (let round = 0; round < 50; round += 1) {
      const answers = await Promise.all([api, other, api, other].map(signIn));
      for (const answer of answers) {
        expect(answer).toEqual({
          status: 500,
          body: { code: -1, message: FAILED },
          retryAfter: null,
        });
      }
      pass(1.2 * MINUTE);
    }
    expect(gettokens()).toBe(5);
    expect(stack.wecom.calls.peak('gettoken')).toBeLessThanOrEqual(2);

    const opened = lines('TokenBreakerOpened');
    // At least one in 15 minutes, and at most one from each instance.
    expect(opened.length).toBeGreaterThanOrEqual(4);
    expect(opened.length).toBeLessThanOrEqual(8);
    expect(opened[0]).toMatchObject({
      level: 'WARN',
      parameter: SECRET_PARAMETER,
      errcode: 40001,
      TokenBreakerOpened: 1,
      stage: 'local',
    });
    const closing = stack.log().filter(({ message }) => message === 'Request failed');
    expect(closing).toHaveLength(200);
    for (const line of closing) {
      expect(line).toMatchObject({ level: 'ERROR', parameter: SECRET_PARAMETER, errcode: 40001 });
      expect(line['advice']).toMatch(/Secret/);
      expect(line['adviceZh']).toMatch(/SSM/);
    }

    stack.ssm.put(SECRET_PARAMETER, right);
    pass(10 * SECOND);
    expect((await signIn()).status).toBe(200);
    expect((await signIn(other)).status).toBe(200);
    expect(gettokens()).toBe(6);
    // Once from each instance that has reported the opening.
    const closed = lines('TokenBreakerClosed').length;
    expect([1, 2]).toContain(closed);
    expect(stack.printed.join('')).not.toContain('a-wrong-secret');
  });

  it('at 40 sign-ins at once is tried once', async () => {
    stack.ssm.put(SECRET_PARAMETER, 'wrong');
    expect(await statuses(40)).toEqual([500]);
    expect(gettokens()).toBe(1);
  });

  it('that is replaced by another wrong one is tried once more', async () => {
    stack.ssm.put(SECRET_PARAMETER, 'wrong');
    await signIn();
    stack.ssm.put(SECRET_PARAMETER, 'wrong as well');
    pass(10 * SECOND);
    expect((await signIn()).status).toBe(500);
    expect((await signIn()).status).toBe(500);
    expect(gettokens()).toBe(2);
  });

  it('at 100 sign-ins one after another: SSM is read for the first, and once every ten seconds', async () => {
    stack.ssm.put(SECRET_PARAMETER, 'wrong');
    const reads = stack.ssm.calls.length;
    for (let n = 0; n < 100; n += 1) {
      expect((await signIn()).status).toBe(500);
      if (n % 25 === 24) pass(10 * SECOND);
    }
    // One before gettoken; then one for each ten seconds that have begun.
    expect(stack.ssm.calls.length - reads).toBeLessThanOrEqual(1 + 4);
    expect(gettokens()).toBe(1);
  });

  it('that is replaced by wrong ones, eight in all: each is tried once, by whichever instance', async () => {
    const other = await stack.newInstance();
    await tryWrongSecrets(8, [api, other]);
    expect(gettokens()).toBe(8);
  });

  it('that is replaced by wrong ones, twelve in all: ten are tried, and the log says until when', async () => {
    const began = Date.now();
    const other = await stack.newInstance();
    await tryWrongSecrets(12, [api, other]);
    expect(gettokens()).toBe(10);

    stack.ssm.put(SECRET_PARAMETER, right);
    pass(10 * SECOND);
    stack.printed.length = 0;
    expect(await signIn()).toMatchObject({ status: 500, body: { code: -1, message: FAILED } });
    const [line] = stack.log().filter(({ message }) => message === 'Request failed');
    const until = Date.parse(String(line?.['openUntil']));
    expect(until).toBeGreaterThanOrEqual(began + HOUR);
    expect(until).toBeLessThan(began + HOUR + MINUTE);
    expect(line?.['advice']).toContain(`none is made before ${line?.['openUntil']}`);

    stack.wecom.bans.clear();
    vi.setSystemTime(until);
    expect((await signIn()).status).toBe(200);
    expect((await signIn(other)).status).toBe(200);
    expect(gettokens()).toBe(11);
  });

  it('is tried no more often for DynamoDB being down', async () => {
    stack.ssm.put(SECRET_PARAMETER, 'wrong');
    await signIn();
    stack.dynamoDb.fail('down');
    for (let n = 0; n < 10; n += 1) expect((await signIn()).status).toBe(500);
    expect(gettokens()).toBe(1);
  });
});

describe('a secret that is replaced while traffic runs', () => {
  it('fails no sign-in', async () => {
    const other = await stack.newInstance();
    await Promise.all([signIn(api), signIn(other)]);
    const traffic: Promise<{ status: number }>[] = [];
    for (let n = 0; n < 30; n += 1) {
      if (n === 10) {
        stack.ssm.put(SECRET_PARAMETER, 'the-new-secret-0123456789');
        mainApp().secret = 'the-new-secret-0123456789';
        stack.wecom.tokens.revoke();
      }
      traffic.push(signIn(api), signIn(other));
      if (n % 5 === 0) await Promise.all(traffic);
      pass(10 * SECOND);
    }
    const answers = await Promise.all(traffic);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    // The first one, and two with the new secret at most: the old one may be tried once.
    expect(gettokens()).toBeLessThanOrEqual(3);
  });
});

describe('without SSM', () => {
  it('a remembered secret serves', async () => {
    await signIn();
    pass(3 * HOUR);
    stack.ssm.faults.down();
    expect(await statuses(5)).toEqual([200]);
    expect(gettokens()).toBe(2);
  });

  it('and without a remembered one a sign-in fails, and works when SSM is back', async () => {
    stack.ssm.faults.down();
    expect(await signIn()).toMatchObject({ status: 500, body: { code: -1, message: FAILED } });
    stack.ssm.faults.clear();
    expect((await signIn()).status).toBe(200);
  });
});

describe.each(['down', 'throttled', 'hangs'] as const)('while DynamoDB fails (%s)', (how) => {
  it('sign-in goes on, with one gettoken for the instance', async () => {
    stack.dynamoDb.fail(how);
    expect(await statuses(5)).toEqual([200]);
    expect(await statuses(5)).toEqual([200]);
    expect(gettokens()).toBe(1);
    const [down, ...others] = lines('TokenStoreDown');
    expect(others).toEqual([]);
    // Of the request that noticed it.
    expect(down).toMatchObject({ function: 'getUserInfo', requestId: expect.any(String) });
    stack.dynamoDb.fail(undefined);
    pass(3 * HOUR);
    expect(await statuses(5)).toEqual([200]);
    expect(await statuses(5, await stack.newInstance())).toEqual([200]);
    expect(gettokens()).toBe(2);
  });
});

describe('gettoken that is limited or does not answer', () => {
  it.each([45009, 45033])('(%d) is 503 with the errcode and a minute to wait', async (errcode) => {
    stack.wecom.faults.add(errcode, { on: 'gettoken' });
    for (let n = 0; n < 3; n += 1) {
      expect(await signIn()).toEqual({
        status: 503,
        body: { code: errcode, message: FAILED },
        retryAfter: '60',
      });
    }
    expect(gettokens()).toBe(1);
    expect(lines('TokenBreakerOpened')).toMatchObject([{ errcode, breaker: 'limited' }]);
    stack.wecom.faults.clear();
    pass(MINUTE);
    expect((await signIn()).status).toBe(200);
    expect(lines('TokenBreakerClosed')).toHaveLength(1);
  });

  it.each([
    ['busy', { kind: 'errcode', errcode: -1 }],
    ['an HTML page', { kind: 'html', status: 502 }],
    ['an empty body', { kind: 'empty' }],
    ['a reset', { kind: 'reset' }],
    ['nothing in time', { kind: 'slow', ms: 60_000 }],
  ] as const)(
    '(%s) is 503 with seconds to wait, and works again by itself',
    async (_what, fault) => {
      stack.wecom.faults.add({ ...fault, on: 'gettoken' });
      const answers = [await signIn(), await signIn()];
      for (const answer of answers) {
        expect(answer).toEqual({
          status: 503,
          body: { code: -1, message: FAILED },
          retryAfter: expect.stringMatching(/^[1-5]$/),
        });
      }
      stack.wecom.faults.clear();
      pass(5 * SECOND);
      expect((await signIn()).status).toBe(200);
    },
  );
});

it('the stored token never comes into the log, nor into the key it is stored under', async () => {
  await signIn();
  const pk = `${stack.wecom.company.corpid}#token#1000002`;
  const { Item } = await stack.client.send(
    new GetItemCommand({ TableName: 'wecom-auth-local-cache', Key: { pk: { S: pk } } }),
  );
  const token = Item?.['token']?.M?.['value']?.S ?? '';
  expect(token.length).toBeGreaterThan(100);
  expect(stack.printed.join('')).not.toContain(token);
});
