import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RequestFault, success } from '../../../lib/http/answer.ts';
import { route } from '../../../lib/http/route.ts';
import { contextOf } from '../../harness/gateway.ts';

const EVENT = { routeKey: 'GET /x' };
const OPTIONS = { name: 'x', failureMessage: '失败', environment: {} };

let printed: string[] = [];
const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
  printed.push(String(chunk));
  return true;
});
beforeEach(() => {
  printed = [];
});
afterAll(() => write.mockRestore());

describe('a route', () => {
  it('answers a defect with its own words, and tells the log where, not what', async () => {
    const handler = route(OPTIONS, async () => {
      throw new TypeError('CANARY: the message may quote anything');
    });
    const context = contextOf();
    const result = await handler(EVENT, context);
    expect(result).toMatchObject({
      statusCode: 500,
      headers: { 'x-error-code': 'ERR_UNEXPECTED', 'x-request-id': context.awsRequestId },
      body: '{"code":-1,"message":"失败"}',
    });
    const line = JSON.parse(printed[0] ?? '');
    expect(line).toMatchObject({ error: 'ERR_UNEXPECTED', problem: 'TypeError', status: 500 });
    expect(line.frames[0]).toContain('route.test.ts');
    expect(printed.join()).not.toContain('CANARY');
  });

  it('leaves itself time for the answer: no work goes past it', async () => {
    let left = 0;
    const handler = route(OPTIONS, async (_event, invocation) => {
      left = invocation.deadline - Date.now();
      return success({});
    });
    await handler(EVENT, contextOf(1_000));
    expect(left).toBeLessThanOrEqual(700);
  });

  it('survives something thrown that is not even an error', async () => {
    const handler = route(OPTIONS, async () => {
      throw 'CANARY';
    });
    expect(await handler(EVENT, contextOf())).toMatchObject({ statusCode: 500 });
    expect(printed.join()).not.toContain('CANARY');
  });

  it('finishes what runs in the background before it answers', async () => {
    const done: string[] = [];
    const handler = route(OPTIONS, async (_event, invocation) => {
      invocation.waitUntil(
        Promise.resolve().then(() => {
          invocation.waitUntil(Promise.resolve().then(() => done.push('second')));
          done.push('first');
        }),
      );
      return success({});
    });
    await handler(EVENT, contextOf());
    expect(done).toEqual(['first', 'second']);
  });

  it('answers all the same when the background work fails, and says so in the log', async () => {
    const handler = route(OPTIONS, async (_event, invocation) => {
      invocation.waitUntil(Promise.reject(new TypeError('no')));
      return success({});
    });
    expect(await handler(EVENT, contextOf())).toMatchObject({ statusCode: 200 });
    expect(printed.join()).toContain('Background work failed');
  });

  it('does not wait for background work that outlives the invocation', async () => {
    const handler = route(OPTIONS, async (_event, invocation) => {
      invocation.waitUntil(new Promise(() => undefined));
      return success({});
    });
    expect(await handler(EVENT, contextOf(310))).toMatchObject({ statusCode: 200 });
  });
});

describe('what a route counts beside the request', () => {
  const counted = async (fault: RequestFault, endsSignIn = true) => {
    printed = [];
    const handler = route({ ...OPTIONS, endsSignIn: () => endsSignIn }, async () => ({
      ...success({}),
      fault,
    }));
    await handler(EVENT, contextOf());
    const { Failures, SignIns, MembersKeptOut } = JSON.parse(printed.at(-1) ?? '');
    return { Failures, SignIns, MembersKeptOut };
  };

  it.each([
    ['none', { SignIns: 1 }],
    ['visitor', {}],
    ['administrator', { SignIns: 0, MembersKeptOut: 1 }],
    ['operator', { SignIns: 0, Failures: 1 }],
    ['aws', { SignIns: 0, Failures: 1 }],
    ['wecom', { SignIns: 0 }],
    ['wecom-auth', { SignIns: 0, Failures: 1 }],
  ] as const)('at the end of a sign-in with the fault %s', async (fault, expected) => {
    expect(await counted(fault)).toEqual(expected);
  });

  it('is only failures anywhere else', async () => {
    expect(await counted('none', false)).toEqual({});
    expect(await counted('administrator', false)).toEqual({});
    expect(await counted('aws', false)).toEqual({ Failures: 1 });
  });
});
