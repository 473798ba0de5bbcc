import fc from 'fast-check';
import { vi } from 'vitest';

// A surviving mutant runs all the tests that reach it, and a property rarely finds one after ten seconds.
fc.configureGlobal({ interruptAfterTimeLimit: 10_000 });

// On a busy machine, a timeout must not count as a failed test.
vi.mock(import('../../lib/awsClient.ts'), async (original) => ({
  ...(await original()),
  FUNCTION_LIMITS: { attempts: 2, connectMs: 10_000, answerMs: 10_000 },
}));
