import type { Invocation } from '../../../../lib/invocation.ts';
import { openFetchWhenMissing } from './fetchWhenMissing.ts';
import { openAccessToken } from './openAccessToken.ts';

/*
 * One process of the experiment: an instance with nothing in its memory. It says "ready" when it is
 * connected to DynamoDB, waits for "go", lets all its callers ask for the token at once and reports how it went.
 */

/** What a process reports. */
export interface Report {
  /** Milliseconds that each caller waited. */
  readonly waits: readonly number[];
  /** When the last of them was served, milliseconds since the epoch. */
  readonly servedAt: number;
  readonly tokens: readonly string[];
  readonly failures: readonly string[];
}

const [cache, callers] = process.argv.slice(2);
const getToken = await (cache === 'wecom-auth' ? openAccessToken() : openFetchWhenMissing());

/** Fifteen seconds, as a function has, and its pid as the request id: the lease shows who holds it. */
function invocation(): Invocation {
  const quiet = () => {};
  return {
    requestId: `process-${process.pid}`,
    deadline: Date.now() + 14_700,
    log: { info: quiet, warn: quiet, error: quiet, metric: quiet },
    waitedForWecom: quiet,
    note: quiet,
    noteMember: quiet,
    waitUntil: (work) => void work.catch(quiet),
  };
}

process.once('message', async () => {
  const began = performance.now();
  const asked = await Promise.all(
    Array.from({ length: Number(callers) }, async () => {
      const [token] = await Promise.allSettled([getToken(invocation())]);
      return { token, wait: performance.now() - began };
    }),
  );
  const report: Report = {
    waits: asked.map(({ wait }) => wait),
    servedAt: Date.now(),
    tokens: asked.flatMap(({ token }) => (token.status === 'fulfilled' ? [token.value] : [])),
    failures: asked.flatMap(({ token }) =>
      token.status === 'rejected'
        ? [`${token.reason} ${JSON.stringify(token.reason?.details)}`]
        : [],
    ),
  };
  process.send?.(report, () => process.exit());
});

// Nobody is left to report to.
process.once('disconnect', () => process.exit());
process.send?.('ready');
