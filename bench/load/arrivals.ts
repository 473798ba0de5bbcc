import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../tests/harness/random.ts';

export interface Operation {
  /** The share of all arrivals. */
  readonly weight: number;
  readonly run: () => Promise<void>;
}

export interface Arrivals {
  readonly count: number;
  /** Not begun, because too many were under way. */
  readonly dropped: number;
  /** How late each began, in milliseconds. */
  readonly latenessMs: readonly number[];
}

/** More at once than a healthy run ever has, so that an overload ends in a failed check and not in a full memory. */
const MOST_UNDER_WAY = 600;

/**
 * Begins operations at a fixed rate, whatever became of the earlier ones (an open loop), until the time is
 * over, and waits for the last ones.
 */
export async function arrive(
  operations: readonly Operation[],
  perSecond: number,
  durationMs: number,
  random: Random,
): Promise<Arrivals> {
  const total = operations.reduce((sum, { weight }) => sum + weight, 0);
  const next = () => {
    let at = random.below(total);
    for (const operation of operations) {
      if (at < operation.weight) return operation;
      at -= operation.weight;
    }
    throw new Error('the weights are no whole numbers');
  };
  const beganAt = performance.now();
  const underWay = new Set<Promise<void>>();
  const latenessMs: number[] = [];
  let [count, dropped] = [0, 0];
  for (;;) {
    const dueMs = (count * 1_000) / perSecond;
    if (dueMs >= durationMs) break;
    const waitMs = dueMs - (performance.now() - beganAt);
    if (waitMs > 1) await delay(waitMs);
    latenessMs.push(Math.max(0, performance.now() - beganAt - dueMs));
    count += 1;
    const operation = next();
    if (underWay.size >= MOST_UNDER_WAY) {
      dropped += 1;
      continue;
    }
    const work = operation.run().finally(() => underWay.delete(work));
    underWay.add(work);
  }
  await Promise.all(underWay);
  return { count, dropped, latenessMs };
}
