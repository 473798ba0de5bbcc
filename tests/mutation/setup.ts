import fc from 'fast-check';
import { beforeEach } from 'vitest';

/*
 * A surviving mutant runs every test that reaches it, and lib/permissions has more than a thousand mutants.
 * So what takes seconds here is shortened or left out.
 */

/** A property mostly notices a mutant among its first inputs. */
const PROPERTY_MS = 700;
/** Tests of sizes. */
const SLOW = ['120 newcomers', '100 000 members'];

fc.configureGlobal({ interruptAfterTimeLimit: PROPERTY_MS });
const assert: typeof fc.assert = fc.assert;
// Also for properties with a limit of their own.
fc.assert = ((property, parameters) =>
  assert(property, { ...parameters, interruptAfterTimeLimit: PROPERTY_MS })) as typeof fc.assert;

beforeEach(({ task, skip }) => {
  skip(SLOW.some((words) => task.name.includes(words)));
});
