import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { startVitest } from 'vitest/node';
import { BACK_ENDS } from './backEnds.ts';
import { choose } from './chosen.ts';
import { FRONT_ENDS } from './frontEnds.ts';
import type { ExampleResult } from './results.ts';

const NAMES: readonly string[] = [...BACK_ENDS.map(({ name }) => name), ...FRONT_ENDS];

const HELP = `Usage: npm run examples [-- [--json <file>] <name> …]

Installs, builds and tries the programs of docs/examples, and prints the results. --json writes them
into a file as well. Without a name, all:

${NAMES.map((name) => `  ${name}`).join('\n')}

An example whose language this machine does not have is skipped. The exit code is 1 if a test failed.`;

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' }, json: { type: 'string' } },
  allowPositionals: true,
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
if (!positionals.every((name) => NAMES.includes(name))) {
  console.error(HELP);
  process.exit(2);
}
const names = positionals.length > 0 ? positionals : NAMES;
choose(names);

const files = [
  ['tests/examples/backEnds.test.ts', BACK_ENDS.map(({ name }) => name)],
  ['tests/examples/frontEnds.test.ts', FRONT_ENDS],
] as const;
// A file without a chosen example has no test, which Vitest takes for a failure.
const chosen = files.filter(([, examples]) => examples.some((name) => names.includes(name)));
const vitest = await startVitest(
  'test',
  chosen.map(([file]) => file),
  {
    watch: false,
    coverage: { enabled: false },
    reporters: [['default', { summary: false }]],
  },
);
const tests = vitest.state
  .getTestModules()
  .flatMap(({ children }) => [...children.allTests()])
  .map((test) => ({ test, groups: test.fullName.split(' > ') }));
const table = new Table({
  head: ['Example', 'Result'],
  colWidths: [12, 100],
  wordWrap: true,
  style: { head: [], border: [] },
});
const results: ExampleResult[] = [];
const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of names) {
  const own = tests.filter(({ groups }) =>
    groups.some((group) => group.split(' ')[0] === `docs/examples/${name}`),
  );
  const of = (state: keyof typeof total) =>
    own.filter(({ test }) => test.result().state === state).map(({ test }) => test);
  const [passed, skipped] = [of('passed'), of('skipped')];
  const failures = of('failed').map(({ fullName }) => `failed: ${fullName}`);
  const reasons = skipped.map(({ fullName }) => /\((skipped: [^)]+)\)/.exec(fullName)?.[1]);
  // Vitest skips the tests of an example that could not be built or started.
  if (reasons.includes(undefined)) failures.push('failed: it did not start, see above');
  const counted = passed.length > 0 ? [`${passed.length} passed`] : [];
  table.push([name, [...counted, ...failures, ...new Set(reasons)].filter(Boolean).join('\n')]);
  const known = reasons.filter((reason) => reason !== undefined);
  results.push({ name, passed: passed.length, failures, skipped: [...new Set(known)] });
  total.passed += passed.length;
  total.failed += failures.length;
  total.skipped += reasons.filter(Boolean).length;
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results));
console.log(table.toString());
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
await vitest.close();
