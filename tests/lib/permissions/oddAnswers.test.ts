import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  alteredFields,
  decision,
  oddValues,
  signInPaths,
  signInProblem,
} from '../../harness/oddAnswers.ts';
import { startTables, type Tables } from '../../harness/tables.ts';

let tables: Tables;
beforeAll(async () => {
  tables = await startTables();
  return tables.close;
});

describe('with any value in one field of an answer of WeCom', () => {
  it('a sign-in never returns another member, nobody, or a member who is not active', async () => {
    const paths = fc.constantFrom(...signInPaths);
    await fc.assert(
      fc.asyncProperty(paths, oddValues, async (path, value) => {
        expect(await signInProblem(path, value)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it('the member is refused by each denial, and if disabled, if no field is altered', async () => {
    for (const field of alteredFields) {
      expect(await decision(tables, field)).toBe(false);
      expect(await decision(tables, field, undefined, true)).toBe(false);
    }
  });

  it('a refusal becomes an allowance only by a readable value', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...alteredFields),
        oddValues,
        fc.boolean(),
        async (field, value, isKnown) => {
          fc.pre(!field.readable(value));
          expect(await decision(tables, field, { value }, isKnown)).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });
});
