import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { startVitest } from 'vitest/node';
import { BACK_ENDS } from './backEnds.ts';

const NAMES = BACK_ENDS.map(({ name }) => name);

const HELP = `Usage: npm run examples [-- <name> …]

Builds and tries the back ends of docs/examples, and prints the results. Without a name, all of them:

${NAMES.map((name) => `  ${name}`).join('\n')}

An example whose language this machine does not have is skipped. The exit code is 1 if a test failed.`;

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' } },
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
const chosen = positionals.length > 0 ? positionals : NAMES;
process.env['EXAMPLES'] = chosen.join(',');

const vitest = await startVitest('test', ['tests/examples/backEnds.test.ts'], {
  watch: false,
  coverage: { enabled: false },
  reporters: [['default', { summary: false }]],
});
const suites = vitest.state.getTestModules().flatMap(({ children }) => [...children.suites()]);

const results = chosen.map((name) => {
  const suite = suites.find((each) => each.name.split(' ')[0] === `docs/examples/${name}`);
  if (suite === undefined) throw new Error(`${name} has no test`);
  const of = (state: 'passed' | 'failed') => [...suite.children.allTests(state)];
  const [passed, failed] = [of('passed'), of('failed')];
  return { name, suite, passed, failed };
});
const table = new Table({
  head: ['Example', 'Result'],
  colWidths: [12, 100],
  wordWrap: true,
  style: { head: [], border: [] },
});
for (const { name, suite, passed, failed } of results) {
  const skipped = /\((skipped: .+)\)$/.exec(suite.name)?.[1];
  const failures = failed.map((each) => `failed: ${each.fullName}`);
  table.push([name, skipped ?? [`${passed.length} passed`, ...failures].join('\n')]);
}
console.log(table.toString());
const passed = results.flatMap((each) => each.passed).length;
const failed = results.flatMap((each) => each.failed).length;
const skipped = results.filter((each) => each.passed.length + each.failed.length === 0).length;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
await vitest.close();
