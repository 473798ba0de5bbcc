import type { Context } from 'aws-lambda';
import type { Invocation } from '../invocation.ts';
import type { Log } from '../log/log.ts';
import { describe, logOutcome, type RequestOutcome } from './requestOutcome.ts';

/** One invocation of a Lambda function, from its event to its closing log line. */
export interface LambdaInvocation {
  /** What the work gets. */
  readonly invocation: Invocation;
  /** Waits for background work, until the invocation's deadline at most. */
  finish(): Promise<void>;
  /** Writes the closing log line. */
  close(outcome: Pick<RequestOutcome, 'status' | 'fault' | 'error'>): Promise<void>;
}

/** @param closingMs how much of Lambda's time is left for the answer and the log */
export function beginInvocation(context: Context, log: Log, closingMs: number): LambdaInvocation {
  const start = Date.now();
  const deadline = start + context.getRemainingTimeInMillis() - closingMs;
  const background = new Set<Promise<unknown>>();
  let upstreamMilliseconds = 0;
  return {
    invocation: {
      requestId: context.awsRequestId,
      deadline,
      log,
      waitedForWecom(milliseconds) {
        upstreamMilliseconds += milliseconds;
      },
      waitUntil(work) {
        const done = work
          .catch((error: unknown) => log.warn('Background work failed', describe(error)))
          .finally(() => background.delete(done));
        background.add(done);
      },
    },
    finish: () => emptied(background, deadline),
    close(outcome) {
      const durationMilliseconds = Date.now() - start;
      return logOutcome(log, { ...outcome, upstreamMilliseconds, durationMilliseconds });
    },
  };
}

/**
 * Resolves when all work has ended, including work that it added itself, or at the deadline: work that
 * never ends must not hold the answer back.
 */
async function emptied(work: ReadonlySet<Promise<unknown>>, deadline: number): Promise<void> {
  if (work.size === 0) return;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  // Not the clock's sleep: aborting that creates an error with a stack, for every sign-in.
  const end = new Promise<void>((resolve) => {
    timer = setTimeout(
      () => {
        isOver = true;
        resolve();
      },
      Math.max(0, deadline - Date.now()),
    );
  });
  while (work.size > 0 && !isOver) await Promise.race([Promise.all(work), end]);
  clearTimeout(timer);
}
