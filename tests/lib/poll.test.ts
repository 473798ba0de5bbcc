import { describe, expect, it } from 'vitest';
import { poll } from '../../lib/poll.ts';
import { createManualClock } from '../harness/manualClock.ts';

/** Polls for something that is there at the given look, and says when it was looked for. */
async function looks(there: number, patience: number) {
  const clock = createManualClock(0);
  const times: number[] = [];
  const look = async () => (times.push(clock.now()) === there ? 'it' : undefined);
  const found = await poll(look, patience, clock);
  return { found, times };
}

describe('waiting for what another does', () => {
  it('does not wait for what is there', async () => {
    expect(await looks(1, 0)).toEqual({ found: 'it', times: [0] });
  });

  it('looks less and less often, down to every 400 ms', async () => {
    expect(await looks(7, 8_000)).toEqual({
      found: 'it',
      times: [0, 50, 150, 350, 750, 1_150, 1_550],
    });
  });

  it('ends with nothing before its time is over', async () => {
    expect(await looks(99, 750)).toEqual({ found: undefined, times: [0, 50, 150, 350] });
  });

  it('has an end whatever the clock does', async () => {
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

  it('ends with what a look throws', async () => {
    const look = () => Promise.reject(new Error('gone'));
    await expect(poll(look, 1_000, createManualClock(0))).rejects.toThrow('gone');
  });
});
