import type { Context } from 'aws-lambda';
import type { Details } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Log, Metrics } from '../log/log.ts';
import { memberPseudonym } from '../log/pseudonym.ts';
import { logOutcome, type RequestOutcome } from './requestOutcome.ts';

/** One invocation of a Lambda function, from its event to its closing log line. */
export interface LambdaInvocation {
  /** What the work gets. */
  readonly invocation: Invocation;
  /** Waits for background work, until the invocation's deadline at most. */
  finish(): Promise<void>;
  /** Writes the closing log line. */
  close(outcome: Pick<RequestOutcome, 'status' | 'fault' | 'error'>): Promise<void>;
  /** The pseudonym of the member whom the request is about, as far as is known. */
  member(): string | undefined;
}

export interface InvocationOptions {
  /** Of the function: LOG_KEY and WECOM_CORP_ID. Without LOG_KEY the closing line has no `member`. */
  readonly environment: NodeJS.ProcessEnv;
  /** How much of Lambda's time is left for the answer and the log. */
  readonly closingMs: number;
  /** The id of the request in API Gateway's access log. */
  readonly gatewayRequestId?: string | undefined;
  /** `X-Amzn-Trace-Id`. */
  readonly traceHeader?: string | undefined;
}

export function beginInvocation(
  context: Context,
  log: Log,
  { environment, closingMs, gatewayRequestId, traceHeader }: InvocationOptions,
): LambdaInvocation {
  const { LOG_KEY: key, WECOM_CORP_ID: corpId = '' } = environment;
  const facts: Details = { gatewayRequestId, traceId: traceIdOf(traceHeader) };
  const metrics: Metrics = {};
  const note = (more: Details) => void Object.assign(facts, more);
  let member: string | undefined;
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
      note,
      count: (more) => void Object.assign(metrics, more),
      noteMember(userid) {
        if (!key) return;
        member = memberPseudonym(key, corpId, userid);
        note({ member });
      },
      waitUntil(work) {
        const done = work
          .catch(async (error: unknown) => {
            const { describeError } = await import('./describeError.ts');
            log.warn('Background work failed', describeError(error));
          })
          .finally(() => background.delete(done));
        background.add(done);
      },
    },
    finish: () => emptied(background, deadline),
    close(outcome) {
      const durationMilliseconds = Date.now() - start;
      const waited = { upstreamMilliseconds, durationMilliseconds };
      return logOutcome(log, { ...outcome, ...waited, facts, metrics });
    },
    member: () => member,
  };
}

/**
 * The id of the request's trace in X-Ray and in the logs of load balancers.
 *
 * @param header used only outside of Lambda, which sets the variable for each request
 */
function traceIdOf(header = ''): string | undefined {
  const trace = process.env['_X_AMZN_TRACE_ID'] ?? header;
  return /Root=(1-[\da-f]{8}-[\da-f]{24})/.exec(trace)?.[1];
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
