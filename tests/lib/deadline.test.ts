import { describe, expect, it } from 'vitest';
import { resultBy } from '../../lib/deadline.ts';
import { createVirtualClock } from '../harness/virtualClock.ts';

function setUp() {
  const clock = createVirtualClock(0);
  const signals: (AbortSignal | undefined)[] = [];
  const sleep: typeof clock.sleep = (milliseconds, signal) => {
    signals.push(signal);
    return clock.sleep(milliseconds, signal);
  };
  const work = (milliseconds: number) => clock.sleep(milliseconds).then(() => 'result');
  return { clock, signals, watched: { ...clock, sleep }, work };
}

describe('waiting for work until a deadline', () => {
  it('ends with the result, and leaves no timer that keeps a process alive', async () => {
    const { clock, signals, watched, work } = setUp();
    expect(await clock.run(resultBy(1_000, work(999), watched))).toBe('result');
    expect(clock.now()).toBe(999);
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  });

  it('ends with nothing at the deadline', async () => {
    const { clock, watched, work } = setUp();
    expect(await clock.run(resultBy(1_000, work(1_001), watched))).toBeUndefined();
    expect(clock.now()).toBe(1_000);
  });

  it('ends at once if the deadline has passed', async () => {
    const { clock, watched, work } = setUp();
    expect(await clock.run(resultBy(-1, work(1), watched))).toBeUndefined();
    expect(clock.now()).toBe(0);
  });

  it('ends with the error of the work, and leaves no timer', async () => {
    const { clock, signals, watched } = setUp();
    const failing = Promise.reject(new Error('the work fails'));
    await expect(clock.run(resultBy(1_000, failing, watched))).rejects.toThrow('the work fails');
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  });
});
