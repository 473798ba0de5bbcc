import type { Details } from '../errors.ts';
import type { Log, Metrics } from '../log/log.ts';
import type { RequestFault } from './answer.ts';

/** How a request ended. */
export interface RequestOutcome {
  /** The HTTP status of the answer. */
  readonly status: number;
  readonly fault: RequestFault;
  /** What was thrown, if anything. */
  readonly error: unknown;
  /** Time spent waiting for WeCom. */
  readonly upstreamMilliseconds: number;
  readonly durationMilliseconds: number;
  /** What `Invocation.note` and `noteMember` added. */
  readonly facts: Details;
  /** What is counted beside the request itself. */
  readonly metrics: Metrics;
}

/**
 * Writes the one line that every request ends with, and counts the request. A request has failed if the
 * status is a 5xx, or if the answer is right in form and somebody's fault, such as a `verify` that says
 * no because WeCom could not be asked. A program is refused by a redirect too. Every failure has advice.
 * docs/operations.md describes the fields under Logs, and each `fault` and `error`.
 */
export async function logOutcome(
  log: Log,
  { error, facts, metrics: more, ...outcome }: RequestOutcome,
): Promise<void> {
  const { status, fault, upstreamMilliseconds } = outcome;
  const isRefused = status < 500 && (status >= 400 || fault === 'program');
  const failed = !isRefused && (status >= 500 || fault !== 'none');
  // Behind import(): a request that works needs neither this nor the texts.
  const described =
    error === undefined ? {} : (await import('./describeError.ts')).describeError(error);
  const fields = {
    ...facts,
    ...(failed &&
      (await import('./errorAdvice.ts')).adviceOn(described['error'], status, facts['decision'])),
    // Before the outcome, because an error's details may have a status of their own.
    ...described,
    outcome: failed ? 'failed' : isRefused ? 'refused' : 'success',
    ...outcome,
  };
  const metrics = {
    Requests: 1,
    ...more,
    ...(upstreamMilliseconds > 0 && { WecomMilliseconds: upstreamMilliseconds }),
  };
  if (failed) log.error('Request failed', fields, metrics);
  else log.info(isRefused ? 'Request refused' : 'Request answered', fields, metrics);
}
