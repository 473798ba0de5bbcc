import type { Clock } from '../../lib/clock.ts';

/** A clock that goes on only by what is added to `time`, and by what is slept. */
export interface ManualClock extends Clock {
  time: number;
  /** How often somebody has slept. */
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
