import { setTimeout as delay } from 'node:timers/promises';

/** The time, passed in so that tests control it. */
export interface TimeSource {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Time and waiting. */
export interface Clock extends TimeSource {
  /** Resolves after so many milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    delay(milliseconds, undefined, signal ? { signal } : {}).catch(() => undefined),
};
