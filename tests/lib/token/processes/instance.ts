import type { Invocation } from '../../../../lib/invocation.ts';
import { openFetchWhenMissing } from './fetchWhenMissing.ts';
import { openAccessToken } from './openAccessToken.ts';

/*
 * One process of the experiment: an instance with an empty memory. It sends "ready" when it is connected
 * to DynamoDB, waits for "go", requests the token for all its callers at once, and sends a report.
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

/** Fifteen seconds, as a function has. The pid is the request id, so that the lease names the process. */
function invocation(): Invocation {
  const quiet = () => {};
  return {
    requestId: `process-${process.pid}`,
    deadline: Date.now() + 14_700,
    log: { info: quiet, warn: quiet, error: quiet, metric: quiet },
    waitedForWecom: quiet,
    count: quiet,
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

// The experiment has ended.
process.once('disconnect', () => process.exit());
process.send?.('ready');
