import type { Clock } from '../clock.ts';

interface Flight<T> {
  readonly startedAt: number;
  readonly result: Promise<T | undefined>;
}

/**
 * Lets callers of the same process share work that is in progress.
 *
 * A Lambda is frozen between requests, and work that was under way then may never end. So nobody
 * waits for a flight longer than `maxWaitMs` after its start: a later caller starts another.
 */
export class SingleFlight<T> {
  readonly #clock: Clock;
  readonly #maxWaitMs: number;
  readonly #flights = new Map<string, Flight<T>>();

  constructor({ clock, maxWaitMs }: { clock: Clock; maxWaitMs: number }) {
    this.#clock = clock;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Waits for the flight of this key that is under way, or starts one.
   *
   * @param deadline until when the caller can wait, milliseconds since the epoch
   * @returns nothing when the time ran out; the starter's time is not the other callers'
   */
  async join(
    key: string,
    deadline: number,
    work: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    for (;;) {
      const now = this.#clock.now();
      const flight = this.#flights.get(key);
      if (!flight || now >= flight.startedAt + this.#maxWaitMs) return this.#start(key, work);
      const until = Math.min(flight.startedAt + this.#maxWaitMs, deadline);
      const result = await within(this.#clock, until - now, flight.result);
      if (result !== undefined || this.#clock.now() >= deadline) return result;
    }
  }

  #start(key: string, work: () => Promise<T | undefined>): Promise<T | undefined> {
    const flight = {
      startedAt: this.#clock.now(),
      result: work().finally(() => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
      }),
    };
    this.#flights.set(key, flight);
    return flight.result;
  }
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
