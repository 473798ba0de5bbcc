import fc from 'fast-check';
import {
  NEVER,
  type Outcome,
  runScenario,
  scenarios,
  stormyScenarios,
} from '../../tests/lib/token/model.ts';

/*
 * Runs random scenarios of the model in tests/lib/token/model.ts: 10 000 by default, and for each hundred
 * of them one more with 1 000 early revocations and 20 wrong secrets.
 *
 *   npm run bench:token-model [-- <scenarios>]
 */

const count = Number(process.argv[2] ?? 10_000);
const began = performance.now();
const sums: Omit<Outcome, 'violations'> = {
  gettokenCalls: 0,
  refusedCalls: 0,
  localCalls: 0,
  tokensHandedOut: 0,
};

async function runScenarios(arbitrary: typeof scenarios, numRuns: number) {
  const property = fc.asyncProperty(arbitrary, async (scenario) => {
    const { violations, ...outcome } = await runScenario(scenario);
    if (violations.length > 0) throw new Error(violations.join('\n'));
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) {
      Object.assign(sums, { [name]: sums[name] + outcome[name] });
    }
  });
  return fc.check(property, { numRuns });
}

const runs = [
  await runScenarios(scenarios, count),
  await runScenarios(stormyScenarios, count / 100),
];
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
const [calm, stormy] = runs.map(({ numRuns, seed }) => `${numRuns} (seed ${seed})`);
console.log(`${calm} scenarios and ${stormy} with many revocations in ${seconds} s. In total:`);
console.log(`  ${sums.tokensHandedOut} tokens handed out`);
console.log(`  ${sums.gettokenCalls} gettoken, of which ${sums.refusedCalls} were refused`);
console.log(`  ${sums.localCalls} of them without DynamoDB`);
console.log('\nThe model found none of these, unless a failure is listed below:');
for (const what of Object.values(NEVER)) console.log(`  - ${what}`);
for (const run of runs) {
  if (!run.failed) continue;
  console.log(`\n${run.errorInstance}\n${fc.defaultReportMessage(run)}`);
  process.exitCode = 1;
}
