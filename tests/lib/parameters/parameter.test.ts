import { describe, expect, it } from 'vitest';
import { ConfigurationError, ParameterUnavailable } from '../../../lib/errors.ts';
import { createParameter, type ParameterValue } from '../../../lib/parameters/parameter.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createVirtualClock } from '../../harness/virtualClock.ts';

const NAME = '/wecom-auth/test/app-secret';
const FIVE_MINUTES_MS = 300_000;

function setUp() {
  const clock = createVirtualClock();
  const ssm = {
    reads: 0,
    answer: { value: 'first', revision: '1' } as ParameterValue | Error,
  };
  const parameter = createParameter(
    NAME,
    async () => {
      ssm.reads += 1;
      if (ssm.answer instanceof Error) throw ssm.answer;
      return ssm.answer;
    },
    clock,
  );
  return { clock, ssm, parameter, invocation: createInvocation() };
}

const down = new ParameterUnavailable('SSM did not give a parameter', { reason: 'TimeoutError' });

describe('a parameter', () => {
  it('is not read before it is needed, and then cached for five minutes', async () => {
    const { clock, ssm, parameter, invocation } = setUp();
    expect(ssm.reads).toBe(0);
    expect(await parameter.read(invocation)).toEqual({ value: 'first', revision: '1' });
    ssm.answer = { value: 'second', revision: '2' };
    await clock.pass(FIVE_MINUTES_MS - 1);
    expect((await parameter.read(invocation)).value).toBe('first');
    expect(ssm.reads).toBe(1);
    await clock.pass(1);
    expect((await parameter.read(invocation)).value).toBe('second');
    expect(ssm.reads).toBe(2);
  });

  it('is read again if a fresh one is requested, which is then cached', async () => {
    const { ssm, parameter, invocation } = setUp();
    await parameter.read(invocation);
    ssm.answer = { value: 'second', revision: '2' };
    expect((await parameter.read(invocation, { fresh: true })).value).toBe('second');
    expect((await parameter.read(invocation)).value).toBe('second');
    expect(ssm.reads).toBe(2);
  });

  it('has its last value while SSM does not answer, and logs that without the value', async () => {
    const { clock, ssm, parameter, invocation } = setUp();
    await parameter.read(invocation);
    ssm.answer = down;
    await clock.pass(24 * 3_600_000);
    expect((await parameter.read(invocation)).value).toBe('first');
    expect((await parameter.read(invocation, { fresh: true })).value).toBe('first');
    expect(invocation.lines).toHaveLength(2);
    expect(invocation.lines[0]).toMatchObject({ level: 'WARN', reason: 'TimeoutError' });
    expect(JSON.stringify(invocation.lines)).not.toContain('first');
    ssm.answer = { value: 'second', revision: '2' };
    expect((await parameter.read(invocation)).value).toBe('second');
  });

  it('is an error while SSM does not answer if it was never read', async () => {
    const { ssm, parameter, invocation } = setUp();
    ssm.answer = down;
    await expect(parameter.read(invocation)).rejects.toBe(down);
  });

  it('is an error if it is missing in SSM, even if it is cached', async () => {
    const { ssm, parameter, invocation } = setUp();
    await parameter.read(invocation);
    const missing = new ConfigurationError('A parameter is missing in SSM');
    ssm.answer = missing;
    await expect(parameter.read(invocation, { fresh: true })).rejects.toBe(missing);
  });
});
