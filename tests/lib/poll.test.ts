import { describe, expect, it } from 'vitest';
import { poll } from '../../lib/poll.ts';
import { createManualClock } from '../harness/manualClock.ts';

/** Polls for a result that the n-th check has. `times` are those of the checks, in milliseconds. */
async function pollUntil(until: number, nthCheck: number) {
  const clock = createManualClock(0);
  const times: number[] = [];
  const check = async () => (times.push(clock.now()) === nthCheck ? 'result' : undefined);
  const result = await poll(check, until, clock);
  return { result, times };
}

describe('polling', () => {
  it('checks at once, also if there is no time to wait', async () => {
    expect(await pollUntil(0, 1)).toEqual({ result: 'result', times: [0] });
  });

  it('checks again after 50, 100, 200 and then every 400 ms', async () => {
    expect(await pollUntil(8_000, 7)).toEqual({
      result: 'result',
      times: [0, 50, 150, 350, 750, 1_150, 1_550],
    });
  });

  it('ends without a result before a pause that would reach the deadline', async () => {
    expect(await pollUntil(750, 99)).toEqual({ result: undefined, times: [0, 50, 150, 350] });
  });

  it('ends after a hundred checks if the clock stands still', async () => {
    let sleeps = 0;
    const standing = {
      now: () => 0,
      sleep: async () => {
        sleeps += 1;
      },
    };
    expect(await poll(async () => undefined, 1_000, standing)).toBeUndefined();
    expect(sleeps).toBe(100);
  });

  it('ends with the error of a check', async () => {
    const check = () => Promise.reject(new Error('gone'));
    await expect(poll(check, 1_000, createManualClock(0))).rejects.toThrow('gone');
  });
});
