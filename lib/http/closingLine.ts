import { type Details, WecomAuthError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { faultOf } from './fault.ts';

/** What became of a request. */
export interface Ending {
  /** The HTTP status of the answer. */
  readonly status: number;
  /** What was thrown, if anything. */
  readonly trouble: unknown;
  /** Waiting for WeCom. */
  readonly upstreamMilliseconds: number;
  readonly durationMilliseconds: number;
}

/** Writes the one line that every request ends with, and counts it. */
export function writeClosingLine(log: Log, { trouble, ...ending }: Ending): void {
  const { status, upstreamMilliseconds } = ending;
  const fields = {
    // First: an error's details may have a status of their own.
    ...(trouble === undefined ? {} : describe(trouble)),
    outcome: status < 400 ? 'success' : status < 500 ? 'refused' : 'failed',
    fault: faultOf(status, trouble),
    ...ending,
  };
  const metrics = {
    Requests: 1,
    ...(upstreamMilliseconds > 0 && { WecomMilliseconds: upstreamMilliseconds }),
  };
  if (status >= 500) log.error('Request failed', fields, metrics);
  else log.info(status < 400 ? 'Request answered' : 'Request refused', fields, metrics);
}

/**
 * An error for the log. Of an error that is not ours only the name and where it came from: its
 * message may quote anything.
 */
export function describe(error: unknown): Details {
  if (error instanceof WecomAuthError) {
    return { error: error.code, problem: error.message, ...error.details };
  }
  const { name, stack } = error instanceof Error ? error : new Error('not an Error');
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    error: 'ERR_UNEXPECTED',
    problem: name,
    frames: frames.slice(0, 8).map((f) => f.trim()),
  };
}
