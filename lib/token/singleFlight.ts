import type { Clock } from '../clock.ts';

/** Work under way that callers of the same process share. */
export interface SingleFlight<T> {
  /**
   * Waits for the flight of this key that is under way, or starts one.
   *
   * @param deadline until when the caller can wait, milliseconds since the epoch
   * @returns nothing when the time ran out; the starter's time is not the other callers'
   */
  join(key: string, deadline: number, work: () => Promise<T | undefined>): Promise<T | undefined>;
}

interface Flight<T> {
  readonly startedAt: number;
  readonly landing: Promise<T | undefined>;
}

/**
 * A Lambda is frozen between requests, and what was under way then may never land. So nobody waits
 * for a flight longer than `patience` after its start: whoever comes later starts another.
 *
 * @param patience milliseconds
 */
export function createSingleFlight<T>(clock: Clock, patience: number): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();

  function start(key: string, work: () => Promise<T | undefined>): Promise<T | undefined> {
    const flight = {
      startedAt: clock.now(),
      landing: work().finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      }),
    };
    flights.set(key, flight);
    return flight.landing;
  }

  return {
    async join(key, deadline, work) {
      for (;;) {
        const now = clock.now();
        const flight = flights.get(key);
        if (flight === undefined || now >= flight.startedAt + patience) return start(key, work);
        const until = Math.min(flight.startedAt + patience, deadline);
        const landed = await within(clock, until - now, flight.landing);
        if (landed !== undefined || clock.now() >= deadline) return landed;
      }
    },
  };
}

async function within<T>(
  clock: Clock,
  milliseconds: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  const done = new AbortController();
  const timeUp = clock.sleep(Math.max(0, milliseconds), done.signal).then(() => undefined);
  try {
    return await Promise.race([promise, timeUp]);
  } finally {
    done.abort();
  }
}
