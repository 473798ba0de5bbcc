import { parseArgs } from 'node:util';
import fc from 'fast-check';
import {
  alteredFields,
  decision,
  oddValues,
  signInPaths,
  signInProblem,
} from '../../tests/harness/oddAnswers.ts';
import { startTables } from '../../tests/harness/tables.ts';

/*
 * `npm run bench:answers -- [--runs 100000] [--seed 1]`: one field of one of WeCom's answers becomes any
 * JSON value, half of the runs for a sign-in, half for a decision on the embedded DynamoDB. Ends with
 * 1 and the smallest counterexample when a refusal became an allowance.
 */
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
const runs = Number(values.runs);
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
const half = Math.ceil(runs / 2);
const start = Date.now();

await fc.assert(
  fc.asyncProperty(fc.constantFrom(...signInPaths), oddValues, async (path, value) => {
    const problem = await signInProblem(path, value);
    if (problem !== undefined) throw new Error(problem);
  }),
  { numRuns: half, seed },
);
console.log(`${half} sign-ins: none for another member, for nobody, or for one who is not active`);

const tables = await startTables();
const fields = fc.constantFrom(...alteredFields);
let decisions = 0;
await fc.assert(
  fc.asyncProperty(fields, oddValues, fc.boolean(), async (field, value, isKnown) => {
    if (field.readable(value)) return;
    decisions += 1;
    if (await decision(tables, field, { value }, isKnown))
      throw new Error('a refusal became an allowance');
    if (decisions % 5_000 === 0) console.log(`${decisions} decisions …`);
  }),
  { numRuns: half, seed },
);
await tables.close();
const seconds = Math.round((Date.now() - start) / 1_000);
console.log(`${decisions} decisions: no refusal became an allowance (seed ${seed}, ${seconds} s)`);
