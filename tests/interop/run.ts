import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { conformance } from './conformance.ts';
import { events } from './events/part.ts';
import { jwt } from './jwt/part.ts';
import { openapi } from './openapi/part.ts';
import { failedRow, type Part, withoutEmpty } from './part.ts';
import { deployment, examples, relyingParties, wecomClients } from './runners.ts';
import { schemathesis } from './schemathesis/part.ts';
import { closeStack } from './stack.ts';
import { count, markdownTable, type Result, terminalTable, writeDocuments } from './table.ts';
import { templates } from './templates/part.ts';
import { workflows } from './workflows/part.ts';

const PARTS: readonly Part[] = [
  openapi,
  jwt,
  events,
  workflows,
  templates,
  schemathesis,
  wecomClients,
  relyingParties,
  examples,
  deployment,
  conformance,
];

const HELP = `Usage: npm run interop -- [--quick] [--write] [--markdown <file>] [<word> …]

Tries the programs of other people that this project works with, and validators that nobody here wrote,
and prints one table. A word selects the parts with it in their name. Without one, all:

${PARTS.map(({ name, title }) => `  ${name.padEnd(16)} ${title.en}`).join('\n')}

  --quick            only programs that take seconds, as .ci/run does
  --write            writes docs/interop.md and its Chinese version, if all parts ran and nothing failed
  --markdown <file>  writes the table into a file as well

Versions are pinned in tests/interop/ and beside each command. What is installed is kept in .local/. A
program that this machine cannot run is skipped. The exit code is 1 if something failed.`;

const { values, positionals } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    markdown: { type: 'string' },
  },
  allowPositionals: true,
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const words = positionals.map((word) => word.toLowerCase());
const chosen = PARTS.filter(
  ({ name, isQuick }) =>
    (words.length === 0 || words.some((word) => name.includes(word))) && (isQuick || !values.quick),
);
if (chosen.length === 0 || (values.write && (words.length > 0 || values.quick))) {
  console.error(HELP);
  process.exit(2);
}

// Before the parts run, because the repository may change meanwhile.
const measured = measurement();
const results: Result[] = [];
try {
  for (const part of chosen) {
    console.error(`${part.name} …`);
    results.push(await resultOf(part));
  }
} finally {
  await closeStack();
}

const { held, failed, skipped } = count(results);
console.log(terminalTable(results));
console.log(`${held} passed, ${failed} failed, ${skipped} skipped`);
if (values.markdown !== undefined) {
  writeFileSync(values.markdown, `${markdownTable(results, 'en')}\n`);
}
if (values.write) {
  if (failed > 0) console.log('The documents are not changed, because something failed.');
  else writeDocuments(results, measured);
}
process.exitCode = failed > 0 ? 1 : 0;

async function resultOf(part: Part): Promise<Result> {
  const { title, did } = part;
  try {
    return { title, did, rows: withoutEmpty(part.name, await part.run({ isQuick: values.quick })) };
  } catch (error) {
    return { title, did, rows: [failedRow(part.name, '', error)] };
  }
}

function measurement() {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  const day = new Date().toISOString().slice(0, 10);
  return { command: 'npm run interop', commit: commit.trim(), day };
}
