import type { Clock } from '../../lib/clock.ts';

/** A clock that advances only if a test adds to `time` or code sleeps. */
export interface ManualClock extends Clock {
  time: number;
  /** The number of calls of `sleep`. */
  sleeps: number;
}

export function createManualClock(time = Date.parse('2026-06-01T00:00:00Z')): ManualClock {
  const clock: ManualClock = {
    time,
    sleeps: 0,
    now: () => clock.time,
    async sleep(milliseconds) {
      clock.time += milliseconds;
      clock.sleeps += 1;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return clock;
}
