import type { Clock } from './clock.ts';

/**
 * Waits for work until a deadline. Work that is not done by then continues, and its result is ignored.
 *
 * @param deadline milliseconds since the epoch
 * @returns the result, or nothing at the deadline
 * @throws what the work throws before the deadline
 */
export async function resultBy<T>(
  deadline: number,
  work: Promise<T>,
  clock: Clock,
): Promise<T | undefined> {
  const ended = new AbortController();
  const leftMs = Math.max(0, deadline - clock.now());
  const timeUp = clock.sleep(leftMs, ended.signal).then(() => undefined);
  try {
    return await Promise.race([work, timeUp]);
  } finally {
    ended.abort();
  }
}
