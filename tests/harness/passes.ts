import { onTestFinished, vi } from 'vitest';

/** Sets the clock ahead by whole seconds, and stops it there. */
export function passes(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1_000 });
}

const realNow = Date.now.bind(Date);

/**
 * Sets the clock ahead until the end of the test, and lets it run on, for code that waits. Vitest's
 * `shouldAdvanceTime` falls behind the timers on a busy machine.
 */
export function passesAndGoesOn(seconds: number): void {
  const aheadMs = Date.now() - realNow() + seconds * 1_000;
  const now = vi.spyOn(Date, 'now').mockImplementation(() => realNow() + aheadMs);
  onTestFinished(() => {
    now.mockRestore();
  });
}
