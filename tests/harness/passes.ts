import { vi } from 'vitest';

/** Lets seconds pass, for the functions: times are whole seconds, so each step of a test takes some. */
export function passes(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1_000 });
}
