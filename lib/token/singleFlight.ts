import type { Clock } from '../clock.ts';
import { resultBy } from '../deadline.ts';

interface Flight<T> {
  readonly startedAt: number;
  readonly result: Promise<T | undefined>;
}

/**
 * Lets callers of the same process share work that is in progress.
 *
 * A Lambda is frozen between requests, and work that was in progress may then never end. So no caller
 * waits for a flight longer than `maxWaitMs` after its start. A later caller starts another one.
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
   * Waits for the flight of this key that is in progress, or starts one.
   *
   * @param deadline of this caller, milliseconds since the epoch
   * @param work returns nothing if its own caller ran out of time: the others then start it again
   * @returns nothing if the time ran out
   * @throws what the work throws, to all callers that wait for it
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
      const result = await resultBy(until, flight.result, this.#clock);
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
