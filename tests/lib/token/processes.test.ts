import { describe, expect, it } from 'vitest';
import { runExperiment } from './processes/experiment.ts';

/* The experiment of `npm run bench:token` with fewer processes, and without times. */
describe('separate processes that all need the token at its expiry', { timeout: 60_000 }, () => {
  it('cause one gettoken, and all get the same token', async () => {
    const result = await runExperiment({ cache: 'wecom-auth', processes: 4, callers: 20 });
    expect(result.failures).toEqual([]);
    expect(result).toMatchObject({ gettokenCalls: 1, callers: 80, tokens: 1 });
  });

  it('cause two if the holder of the lease is killed during the first', async () => {
    const result = await runExperiment({
      cache: 'wecom-auth',
      processes: 4,
      callers: 20,
      kill: true,
    });
    expect(result.failures).toEqual([]);
    expect(result).toMatchObject({ gettokenCalls: 2, callers: 60, tokens: 1 });
  });

  it('cause more than one each with a plain cache: the experiment can detect it', async () => {
    const result = await runExperiment({ cache: 'fetch-when-missing', processes: 4, callers: 20 });
    expect(result.gettokenCalls).toBeGreaterThan(4);
  });
});
