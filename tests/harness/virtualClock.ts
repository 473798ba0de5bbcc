import type { Clock } from '../../lib/clock.ts';

/** A clock that stands still except in `run` and `pass`, where it jumps from one sleeper to the next. */
export interface VirtualClock extends Clock {
  /**
   * Advances until the work settles, and returns its result.
   * @throws Error if it cannot settle: nothing sleeps and no other work is running
   */
  run<T>(work: Promise<T> | (() => Promise<T>)): Promise<T>;
  /** Advances by this time and wakes the sleepers that are due. */
  pass(milliseconds: number): Promise<void>;
}

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/** More rounds than the code under test needs for cached imports and promises. */
const IDLE_ROUNDS = 200;

/**
 * @param start milliseconds since the epoch
 * @param isBusy whether real I/O is running, during which `run` does not advance
 */
export function createVirtualClock(
  start = Date.parse('2026-03-02T01:00:00Z'),
  isBusy: () => boolean = () => false,
): VirtualClock {
  let time = start;
  let order = 0;
  const sleepers = new Set<Sleeper>();

  function earliest(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const each of sleepers) {
      const sooner =
        !first || each.at < first.at || (each.at === first.at && each.order < first.order);
      if (sooner) first = each;
    }
    return first;
  }

  function wake(sleeper: Sleeper): void {
    sleepers.delete(sleeper);
    time = Math.max(time, sleeper.at);
    sleeper.wake();
  }

  return {
    now: () => time,

    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        order += 1;
        const sleeper = { at: time + Math.max(0, milliseconds), order, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          resolve();
        });
      }),

    async run(work) {
      let settled = false;
      const promise = (typeof work === 'function' ? work() : work).finally(() => {
        settled = true;
      });
      promise.catch(() => undefined);
      let idle = 0;
      for (;;) {
        await runReadyCallbacks();
        if (settled) return promise;
        if (isBusy()) continue;
        const next = earliest();
        if (next) {
          idle = 0;
          wake(next);
        } else if (++idle > IDLE_ROUNDS) {
          throw new Error('the work cannot settle: nothing sleeps and no other work is running');
        }
      }
    },

    async pass(milliseconds) {
      const end = time + milliseconds;
      for (;;) {
        await runReadyCallbacks();
        const next = earliest();
        if (!next || next.at > end) break;
        wake(next);
      }
      time = end;
      await runReadyCallbacks();
    },
  };
}

/** Runs the promise callbacks that are ready, and those that become ready. */
function runReadyCallbacks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
