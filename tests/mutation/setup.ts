import fc from 'fast-check';
import { beforeEach, vi } from 'vitest';

/*
 * A surviving mutant runs every test that reaches it, and lib/permissions has more than a thousand mutants.
 * So what takes seconds is shortened or left out: a property mostly notices a mutant among its first inputs.
 */

/** Long enough for one input on a busy machine: a property that has tried none fails. */
const PROPERTY_MS = 2_000;
/** Tests of sizes. */
const SLOW = ['120 newcomers', '100 000 members', 'is refused as number'];

fc.configureGlobal({ interruptAfterTimeLimit: PROPERTY_MS });

// Properties with a limit of their own go on while there is time.
vi.mock(import('fast-check'), async (original) => {
  const fastCheck = await original();
  const assert = ((property, parameters) => {
    const hasLimit = parameters?.interruptAfterTimeLimit !== undefined;
    return fastCheck.assert(property, { ...parameters, ...(hasLimit && { numRuns: 1 }) });
  }) as typeof fastCheck.assert;
  return { ...fastCheck, assert, default: { ...fastCheck.default, assert } };
});

beforeEach(({ task, skip }) => {
  skip(SLOW.some((words) => task.name.includes(words)));
});
