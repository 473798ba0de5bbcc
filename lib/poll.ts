import type { Clock } from './clock.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 400;
/** About 40 seconds, longer than any deadline: reached only if the clock stops. */
const MAX_ATTEMPTS = 100;

/**
 * Polls for the result of another instance's work: at once, and then after pauses of 50, 100, 200
 * and 400 ms.
 *
 * @param check returns nothing while there is no result. An error ends the wait
 * @param until milliseconds since the epoch; no pause goes beyond it
 * @returns nothing if there was no result in time
 * @throws what `check` throws
 */
export async function poll<T>(
  check: () => Promise<T | undefined>,
  until: number,
  clock: Clock,
): Promise<T | undefined> {
  let pauseMs = FIRST_PAUSE_MS;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const found = await check();
    if (found !== undefined || clock.now() + pauseMs >= until) return found;
    await clock.sleep(pauseMs);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
  return undefined;
}
