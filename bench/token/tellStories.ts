import fc from 'fast-check';
import { live, NEVER, type Outcome, stories } from '../../tests/lib/token/model.ts';

/*
 * The model of tests/lib/token/model.ts, told as many stories as asked for: ten thousand by default.
 *
 *   npm run bench:token-model [-- <stories>]
 */

const count = Number(process.argv[2] ?? 10_000);
const began = performance.now();
const sums: Omit<Outcome, 'violations'> = {
  gettokenCalls: 0,
  refusedCalls: 0,
  aloneCalls: 0,
  tokensHandedOut: 0,
};
const property = fc.asyncProperty(stories, async (story) => {
  const { violations, ...outcome } = await live(story);
  if (violations.length > 0) throw new Error(violations.join('\n'));
  for (const name of Object.keys(sums) as (keyof typeof sums)[]) {
    Object.assign(sums, { [name]: sums[name] + outcome[name] });
  }
});
const run = await fc.check(property, { numRuns: count });
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
console.log(`${run.numRuns} stories in ${seconds} s (seed ${run.seed}), all told:`);
console.log(`  ${sums.tokensHandedOut} tokens handed out`);
console.log(`  ${sums.gettokenCalls} gettoken, of which ${sums.refusedCalls} were refused`);
console.log(`  ${sums.aloneCalls} of them without DynamoDB`);
console.log('\nIn none of them may happen, and did not unless it follows:');
for (const what of Object.values(NEVER)) console.log(`  - ${what}`);
if (run.failed) console.log(`\n${run.errorInstance}\n${fc.defaultReportMessage(run)}`);
process.exitCode = run.failed ? 1 : 0;
