import type { Clock } from './clock.ts';

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 400;

/**
 * Looks at once, and then again and again after pauses of 50, 100, 200 and 400 ms, for what another
 * instance is about to have done.
 *
 * @param look gives nothing while there is nothing to see yet; what it throws ends the wait
 * @param until milliseconds since the epoch; no pause goes beyond it
 * @returns nothing when the time was over first
 */
export async function poll<T>(
  look: () => Promise<T | undefined>,
  until: number,
  clock: Clock,
): Promise<T | undefined> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (clock.now() + pause >= until) return undefined;
    await clock.sleep(pause);
  }
}
