import type { Clock } from './clock.ts';

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 400;
/** Some 40 seconds, past every deadline: only a clock that stands still could need more. */
const LOOKS = 100;

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
  let pause = FIRST_PAUSE;
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const seen = await look();
    if (seen !== undefined || clock.now() + pause >= until) return seen;
    await clock.sleep(pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
  return undefined;
}
