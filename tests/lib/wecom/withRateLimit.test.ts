import { describe, expect, it } from 'vitest';
import { createWecomClient } from '../../../lib/wecom/client.ts';
import { RATE_LIMIT_PAUSE_MS, withRateLimit } from '../../../lib/wecom/withRateLimit.ts';
import { emulator } from '../../emulator/emulator.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createManualClock } from '../../harness/manualClock.ts';

async function setUp() {
  const wecom = await emulator();
  const access_token = await wecom.token();
  const clock = createManualClock();
  const client = withRateLimit(createWecomClient(wecom.url, clock), clock);
  const invocation = createInvocation();
  const ask = (api: string, query: Record<string, string>) =>
    client({ api, query: { access_token, ...query }, idempotent: true }, invocation);
  return {
    wecom,
    clock,
    invocation,
    user: () => ask('user/get', { userid: 'user123' }),
    department: () => ask('department/get', { id: '2' }),
    visitor: () => ask('auth/getuserinfo', { code: 'no-code-of-any-kind' }),
  };
}

describe('an API that WeCom limits (45009)', () => {
  it('is not called for a minute: callers get the same errcode at once', async () => {
    const { wecom, clock, user, invocation } = await setUp();
    wecom.faults.add(45009, { on: 'user/get', times: 1 });
    for (let times = 0; times < 5; times++) {
      await expect(user()).rejects.toMatchObject({
        errcode: 45009,
        entry: { reaction: 'retry-later' },
        details: { api: 'user/get', advice: expect.any(String) },
      });
      clock.time += RATE_LIMIT_PAUSE_MS / 5 - 1;
    }
    expect(wecom.calls.count('user/get')).toBe(1);
    expect(invocation.lines).toHaveLength(4);
    expect(invocation.lines[0]).toMatchObject({ level: 'INFO', api: 'user/get' });
  });

  it('is called again after the minute', async () => {
    const { wecom, clock, user } = await setUp();
    wecom.faults.add(45009, { on: 'user/get', times: 1 });
    await expect(user()).rejects.toMatchObject({ errcode: 45009 });
    clock.time += RATE_LIMIT_PAUSE_MS;
    await expect(user()).resolves.toMatchObject({ userid: 'user123' });
    await expect(user()).resolves.toMatchObject({ userid: 'user123' });
  });

  it('is paused for another minute if it is still limited', async () => {
    const { wecom, clock, user } = await setUp();
    wecom.faults.add(45009, { on: 'user/get' });
    for (const wait of [0, RATE_LIMIT_PAUSE_MS, RATE_LIMIT_PAUSE_MS - 1]) {
      clock.time += wait;
      await expect(user()).rejects.toMatchObject({ errcode: 45009 });
    }
    expect(wecom.calls.count('user/get')).toBe(2);
  });

  it('does not pause other APIs', async () => {
    const { wecom, user, department } = await setUp();
    wecom.faults.add(45009, { on: 'user/get' });
    await expect(user()).rejects.toMatchObject({ errcode: 45009 });
    await expect(department()).resolves.toMatchObject({ errcode: 0 });
  });

  it('is not paused if it redeems codes, because WeCom does not limit valid ones', async () => {
    const { wecom, visitor } = await setUp();
    wecom.faults.add(45009, { on: 'auth/getuserinfo', times: 1 });
    await expect(visitor()).rejects.toMatchObject({ errcode: 45009 });
    await expect(visitor()).rejects.toMatchObject({ errcode: 40029 });
  });

  it.each([-1, 45033, 60020])('is not one that answers %i', async (errcode) => {
    const { wecom, user } = await setUp();
    wecom.faults.add(errcode, { on: 'user/get', times: 4 });
    await expect(user()).rejects.toMatchObject({ errcode });
    wecom.faults.clear();
    await expect(user()).resolves.toMatchObject({ userid: 'user123' });
  });
});
