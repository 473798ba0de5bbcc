import { type Details, RetryWithin, WecomAuthError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import type { RequestFault } from './errorAnswers.ts';

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
}

/**
 * Writes the one line that every request ends with, and counts the request. docs/operations.md
 * describes the fields under Logs, and each `fault` and `error`.
 */
export function logOutcome(log: Log, { error, facts, ...outcome }: RequestOutcome): void {
  const { status, upstreamMilliseconds } = outcome;
  const fields = {
    ...facts,
    // First, because an error's details may have a status of their own.
    ...(error === undefined ? {} : describe(error)),
    outcome: status < 400 ? 'success' : status < 500 ? 'refused' : 'failed',
    ...outcome,
  };
  const metrics = {
    Requests: 1,
    ...(upstreamMilliseconds > 0 && { WecomMilliseconds: upstreamMilliseconds }),
  };
  if (status >= 500) log.error('Request failed', fields, metrics);
  else log.info(status < 400 ? 'Request answered' : 'Request refused', fields, metrics);
}

/**
 * An error for the log. Of a defect only the name and the frames are logged: its message may quote
 * anything. `npm run resolve-frame` finds a frame's line in the source.
 */
export function describe(error: unknown): Details {
  if (error instanceof RetryWithin) {
    return { ...describe(error.cause), retryableSeconds: error.seconds };
  }
  if (error instanceof WecomAuthError) {
    return { error: error.code, problem: error.message, ...error.details };
  }
  const { name, stack } = error instanceof Error ? error : new Error('not an Error');
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error: 'ERR_UNEXPECTED',
    problem: name,
    frames: frames.slice(0, 8).map((frame) => frame.trim()),
  };
}
