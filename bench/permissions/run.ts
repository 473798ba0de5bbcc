import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { companyItems, type Size, write } from './company.ts';
import { startDatabase } from './database.ts';
import { type Cost, type Measured, measure } from './measure.ts';

/*
 * npm run bench:permissions -- [--grants 100000] [--members 50000] [--samples 2000]
 *
 * What `verify` costs in the table of a small company, and in that of a large one. Writes
 * bench/permissions.md.
 */

const REPORT = 'bench/permissions.md';
const SMALL: Size = { grants: 100, members: 50 };
const WARMING = 500;

const { values } = parseArgs({
  options: {
    grants: { type: 'string', default: '100000' },
    members: { type: 'string', default: '50000' },
    samples: { type: 'string', default: '2000' },
  },
});
const large: Size = { grants: Number(values.grants), members: Number(values.members) };
const samples = Number(values.samples);

const database = await startDatabase();
try {
  const { client, tableNames } = database;
  const now = Date.now();
  await write(client, tableNames.small, companyItems(SMALL, now));
  console.error(`${await write(client, tableNames.large, companyItems(large, now))} items written`);
  const tables = [
    { name: tableNames.small, members: SMALL.members },
    { name: tableNames.large, members: large.members },
  ];
  // The first round is for the compilers on both sides.
  await measure(database, tables, Math.min(samples, WARMING));
  const [few, many] = await measure(database, tables, samples);
  if (few === undefined || many === undefined) throw new Error('nothing was measured');
  const text = report([
    { size: SMALL, measured: few },
    { size: large, measured: many },
  ]);
  console.log(text);
  writeFileSync(REPORT, text);
  const counts = ({ cold, warm }: Measured) => JSON.stringify([cold.requests, warm.requests]);
  process.exitCode = counts(few) === counts(many) ? 0 : 1;
} finally {
  await database.close();
}

function report(rows: { size: Size; measured: Measured }[]): string {
  const table = (kind: 'warm' | 'cold') =>
    rows
      .map(({ size, measured }) => {
        const cost = measured[kind];
        const cells = [0.5, 0.9, 0.99, 1].map((part) => at(cost, part));
        return `| ${size.grants} grants, ${size.members} members | ${requests(cost)} | ${cells.join(' | ')} |`;
      })
      .join('\n');
  const head = `| table | requests | median | 90 % | 99 % | worst |
|---|---|---|---|---|---|`;
  return `# Permissions under load, measured

\`npm run bench:permissions -- --grants ${large.grants} --members ${large.members} --samples ${samples}\` on ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.
DynamoDB is the embedded one, in a process of its own; requests are counted on the wire. ${samples} members spread over all of them, one after the other, each at an instance that knows nothing yet; the two tables take turns. Every member has a department five levels deep and a tag, so that a decision weighs grants of the member, of up to five departments, of a tag and of everyone.

The latencies are those of this machine with its DynamoDB, in memory, and compare only with each other: what is shown is that the size of the table changes neither the requests nor the shape.

## A warm verify

${head}
${table('warm')}

## A cold one: the first of an instance

${head}
${table('cold')}
`;
}

function requests({ requests: counts }: Cost): string {
  return Object.entries(counts)
    .map(([operation, count]) => `${Number(count.toFixed(3))} × ${operation}`)
    .join(', ');
}

function at({ latencies }: Cost, part: number): string {
  const index = Math.min(latencies.length - 1, Math.floor(part * latencies.length));
  return `${(latencies[index] ?? 0).toFixed(1)} ms`;
}
