import type { Clock } from '../../lib/clock.ts';

/** A clock that stands still until it is told to go on; then it jumps from one sleeper to the next. */
export interface VirtualClock extends Clock {
  /**
   * Goes on until the work has settled, and gives what it gave.
   * @throws Error when it can never settle: nobody sleeps, and nothing else is under way
   */
  run<T>(work: Promise<T> | (() => Promise<T>)): Promise<T>;
  /** Lets so many milliseconds pass, with all that falls due in them. */
  pass(milliseconds: number): Promise<void>;
}

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/** Long past anything that the code under test awaits besides the clock: cached imports, promises. */
const IDLE_ROUNDS = 200;

/**
 * @param start milliseconds since the epoch
 * @param isBusy whether real input or output is under way, during which `run` lets no time pass
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
        await everythingElse();
        if (settled) return promise;
        if (isBusy()) continue;
        const next = earliest();
        if (next) {
          idle = 0;
          wake(next);
        } else if (++idle > IDLE_ROUNDS) {
          throw new Error('the work hangs: it waits for nothing that will come');
        }
      }
    },

    async pass(milliseconds) {
      const end = time + milliseconds;
      for (;;) {
        await everythingElse();
        const next = earliest();
        if (!next || next.at > end) break;
        wake(next);
      }
      time = end;
      await everythingElse();
    },
  };
}

/** All promises that are ready, and those that become ready by them. */
function everythingElse(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
