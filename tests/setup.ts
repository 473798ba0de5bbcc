import { vi } from 'vitest';

// Long time limits for AWS: many requests of a test share one process, on a machine that may be busy.
// Tests of the limits unmock the module.
vi.mock(import('../lib/awsClient.ts'), async (original) => ({
  ...(await original()),
  FUNCTION_LIMITS: { attempts: 2, connectMs: 10_000, answerMs: 10_000 },
}));
