import { type Details, RetryWithin, WecomAuthError } from '../errors.ts';

/**
 * An error for the log. Of a defect only the name and the frames are logged: its message may quote
 * anything. `npm run resolve-frame` finds a frame's line in the source.
 */
export function describeError(error: unknown): Details {
  if (error instanceof RetryWithin) {
    return { ...describeError(error.cause), retryableSeconds: error.seconds };
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
