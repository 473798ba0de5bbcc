import { describe, expect, it } from 'vitest';
import { runExperiment } from './processes/experiment.ts';

/* The experiment of `npm run bench:token` with fewer processes; only what can be counted. */
describe('separate processes that all want the token at its expiry', { timeout: 60_000 }, () => {
  it('cause one gettoken, and all have the same token', async () => {
    const result = await runExperiment({ cache: 'wecom-auth', processes: 4, callers: 20 });
    expect(result.failures).toEqual([]);
    expect(result).toMatchObject({ gettokenCalls: 1, callers: 80, tokens: 1 });
  });

  it('cause two at most where the holder of the lease is killed in the middle of its own', async () => {
    const result = await runExperiment({
      cache: 'wecom-auth',
      processes: 4,
      callers: 20,
      kill: true,
    });
    expect(result.failures).toEqual([]);
    expect(result).toMatchObject({ gettokenCalls: 2, callers: 60, tokens: 1 });
  });

  it('cause one each with a plain cache, which shows that the experiment can tell', async () => {
    const result = await runExperiment({ cache: 'fetch-when-missing', processes: 4, callers: 20 });
    expect(result.gettokenCalls).toBeGreaterThan(4);
  });
});
