import fc from 'fast-check';
import { vi } from 'vitest';

// Every surviving mutant runs all the tests that reach it. What a property has not found in the first
// seconds it hardly finds later.
fc.configureGlobal({ interruptAfterTimeLimit: 10_000 });

// A run takes hours, on a machine that does other things: a slow answer must not count as noticed.
vi.mock(import('../../lib/awsClient.ts'), async (original) => ({
  ...(await original()),
  FUNCTION_LIMITS: { attempts: 2, connectMs: 10_000, answerMs: 10_000 },
}));
