import { onTestFinished, vi } from 'vitest';

/** Lets seconds pass, for the functions: times are whole seconds, so each step of a test takes some. */
export function passes(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1_000 });
}

const realNow = Date.now.bind(Date);

/**
 * The same, and time goes on from there until the test has finished: for work that waits. The time of
 * `shouldAdvanceTime` is behind that of timers on a busy machine.
 */
export function passesAndGoesOn(seconds: number): void {
  const aheadMs = Date.now() - realNow() + seconds * 1_000;
  const now = vi.spyOn(Date, 'now').mockImplementation(() => realNow() + aheadMs);
  onTestFinished(() => {
    now.mockRestore();
  });
}
