import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { createWecomClient } from '../../../lib/wecom/client.ts';
import { errcodes } from '../../../lib/wecom/errcodes.ts';
import { WecomErrcode, WecomTransportError } from '../../../lib/wecom/errors.ts';
import { type AccessTokenSource, withAccessToken } from '../../../lib/wecom/withAccessToken.ts';
import { type Emulator, emulator } from '../../emulator/emulator.ts';
import { createInvocation } from '../../harness/invocation.ts';

const call = { api: 'user/get', query: { userid: 'user123' }, idempotent: true };

/** An emulator, and a token source that returns the next of these tokens after each rejection. */
async function setUp(tokens: (wecom: Emulator) => Promise<string[]>) {
  const wecom = await emulator();
  const given = await tokens(wecom);
  const rejections: (string | undefined)[] = [];
  const accessToken: AccessTokenSource = {
    async get(_invocation, { rejected } = {}) {
      rejections.push(rejected);
      return given[Math.min(rejections.filter(Boolean).length, given.length - 1)] ?? '';
    },
  };
  wecom.calls.clear();
  const invocation = createInvocation();
  const client = withAccessToken(createWecomClient(wecom.url, systemClock), accessToken);
  return { wecom, rejections, invocation, ask: () => client(call, invocation) };
}

const good = async (wecom: Emulator) => [await wecom.token()];

describe('a call with the access_token', () => {
  it('carries it in the query', async () => {
    const { ask, wecom, rejections } = await setUp(good);
    expect(await ask()).toMatchObject({ userid: 'user123' });
    expect(wecom.calls.count('user/get')).toBe(1);
    expect(rejections).toEqual([undefined]);
  });

  it.each([40014, 42001, 40001])(
    'that is rejected with %d is repeated once with another token',
    async (errcode) => {
      const { ask, wecom, rejections, invocation } = await setUp(async (it) => [
        'the-one-that-failed',
        await it.token(),
      ]);
      wecom.faults.add(errcode, { on: 'user/get', times: 1 });
      expect(await ask()).toMatchObject({ userid: 'user123' });
      expect(rejections).toEqual([undefined, 'the-one-that-failed']);
      expect(wecom.calls.count('user/get')).toBe(2);
      expect(invocation.lines).toMatchObject([{ level: 'WARN', errcode }]);
      expect(JSON.stringify(invocation.lines)).not.toContain('the-one-that-failed');
    },
  );

  it('that fails with any other errcode is not repeated', async () => {
    for (const { errcode, reaction } of errcodes()) {
      if (reaction === 'renew-token' || errcode === -1) continue;
      const { ask, wecom, rejections } = await setUp(good);
      wecom.faults.add(errcode, { on: 'user/get' });
      await expect(ask()).rejects.toBeInstanceOf(WecomErrcode);
      expect([errcode, wecom.calls.count('user/get'), rejections.length]).toEqual([errcode, 1, 1]);
      await wecom.close();
    }
  });

  it('that gets no answer is not repeated with another token', async () => {
    const { ask, wecom, rejections } = await setUp(good);
    wecom.faults.add({ kind: 'reset', on: 'user/get' });
    await expect(ask()).rejects.toBeInstanceOf(WecomTransportError);
    expect(rejections).toEqual([undefined]);
  });
});
