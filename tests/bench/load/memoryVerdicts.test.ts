import { describe, expect, it } from 'vitest';
import type { Series } from '../../../bench/load/memory.ts';
import { memoryVerdicts } from '../../../bench/load/memoryVerdicts.ts';

const SECOND = 1_000;
const DURATION_MS = 600 * SECOND;
const NAME = 'single verify';

/** Samples of ten minutes, one in 15 seconds. @param perSecond how many bytes are added in a second */
function series(perSecond: { used?: number; resident?: number; thread?: number }): Series {
  const { used = 0, resident = 0, thread = 0 } = perSecond;
  const samples = Array.from({ length: 41 }, (_, at) => ({
    atMs: at * 15 * SECOND,
    usedBytes: 20e6 + at * 15 * used,
    residentBytes: 80e6 + at * 15 * resident,
    handles: 3,
    threads: [{ threadId: 1, usedBytes: 10e6 + at * 15 * thread }],
    eventLoopDelay: { p99Ms: 1, maxMs: 2 },
  }));
  return { name: NAME, pid: 1, samples };
}

const isGood = (...all: Series[]) =>
  memoryVerdicts(all, [NAME], DURATION_MS).map((each) => each.isGood);

describe('the verdicts on memory', () => {
  it('are good for a process that stays as it is', () => {
    expect(isGood(series({}))).toEqual([true]);
  });

  it.each([
    ['in its main thread', series({ used: 20_000 })],
    ['in another thread', series({ thread: 20_000 })],
    ['outside of the heap', series({ resident: 1e6 })],
  ])('find a leak %s', (_, leaking) => {
    expect(isGood(leaking)).toEqual([false]);
  });

  it('are bad for a process that ended early, and for one that was never measured', () => {
    const { samples, ...rest } = series({});
    expect(isGood({ ...rest, samples: samples.slice(0, 5) })).toEqual([false]);
    expect(isGood()).toEqual([false]);
  });
});
