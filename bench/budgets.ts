import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { type Budget, keptBudgets } from './measure/budget.ts';
import { heldByTest } from './measure/heldByTest.ts';
import { loadNow, machine, revision, table } from './measure/report.ts';

/*
 * npm run bench:budgets  every budget in one run, for an idle machine: half an hour
 *
 * Runs the benches and tests that have a budget, one after the other, and writes bench/budgets.md. Exits
 * with 1 if a budget is missed.
 */

const REPORT = 'bench/budgets.md';
const BENCHES = ['run', 'token/run', 'permissions/run', 'emulator/run'];
/** Budgets of requests that a test holds. */
const TESTS: readonly { what: string; limit: string; file: string; test: string }[] = [
  {
    what: 'DynamoDB requests of a whole OpenID sign-in, warm, and those of each step',
    limit: '≤ 32 (3, 6, 9, 8, 5)',
    file: 'tests/functions/openidTokens.test.ts',
    test: 'is few requests of DynamoDB',
  },
  {
    what: 'DynamoDB requests of an OpenID sign-in with a session, and of a refresh',
    limit: '≤ 22, 8',
    file: 'tests/functions/openidTokens.test.ts',
    test: 'is fewer with a session, and for a refresh',
  },
  {
    what: 'calls for each JS-SDK ticket, 200 callers on 20 fresh instances at expiry',
    limit: '1',
    file: 'tests/functions/jssdk.test.ts',
    test: 'cost one fetch of each ticket',
  },
];

const before = loadNow();
// The benches write reports, after which the tree is no longer that of the commit.
const commit = revision();
const budgets: Budget[] = [];
for (const bench of BENCHES) {
  console.log(`\n== bench/${bench}.ts`);
  rmSync(`.local/bench/budgets/${bench.replace('/', '-')}.json`, { force: true });
  const { status } = spawnSync(process.execPath, [`bench/${bench}.ts`], { stdio: 'inherit' });
  // The emulator's and the permissions' bench exit with 1 if a bound is missed.
  if (status !== 0) console.log(`It ended with ${status}.`);
  budgets.push(...keptBudgets(bench.replace('/', '-')));
}
for (const { what, limit, file, test } of TESTS) {
  console.log(`\n== ${file}`);
  const isMet = heldByTest(file, test);
  const measured = isMet ? 'held by its test' : 'its test failed or did not run';
  budgets.push({ what, limit, measured, isMet });
}

const rows = budgets.map(({ what, limit, measured, isMet }) => [
  what,
  limit,
  measured,
  isMet ? '✓' : '**missed**',
]);
const missed = budgets.filter(({ isMet }) => !isMet).length;
const text = `# All budgets in one run

\`npm run bench:budgets\` on ${machine()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}, at ${commit}.
Load of the machine before: ${before.toFixed(1)}. ${budgets.length - missed} of ${budgets.length} are met. [results.md](results.md) has the spread of each ratio, and [notes.md](notes.md) why some are missed.

${table(['what', 'budget', 'measured', ''], rows)}
`;
writeFileSync(REPORT, text);
console.log(`\n${text}`);
process.exitCode = missed === 0 ? 0 : 1;
