import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Budget, keepBudgets } from '../measure/budget.ts';
import { machine } from '../measure/report.ts';
import { quantile } from '../measure/spread.ts';
import { companyItems, companyWecom, NEWCOMERS, type Size, write } from './company.ts';
import { startDatabase } from './database.ts';
import { type Cost, type Measured, measure } from './measure.ts';

/*
 * npm run bench:permissions -- [--grants 100000] [--members 100000] [--departments 5000]
 *   [--tags 100] [--samples 2000]
 *
 * Measures `verify` in a small and in a large company. Writes bench/permissions.md. Exits with 1 if the
 * size of the company changes the requests of a warm or a cold verify.
 */

const REPORT = 'bench/permissions.md';
/** What differs by less is the noise of a run. */
const SAME_SHARE = 1.15;
const SMALL: Size = { grants: 100, members: 100, departments: 20, tags: 3 };
const WARM_UP_SAMPLES = 500;

const { values } = parseArgs({
  options: {
    grants: { type: 'string', default: '100000' },
    members: { type: 'string', default: '100000' },
    departments: { type: 'string', default: '5000' },
    tags: { type: 'string', default: '100' },
    samples: { type: 'string', default: '2000' },
  },
});
const large: Size = {
  grants: Number(values.grants),
  members: Number(values.members),
  departments: Number(values.departments),
  tags: Number(values.tags),
};
const samples = Number(values.samples);
if (samples + WARM_UP_SAMPLES + 2 > NEWCOMERS)
  throw new Error(`--samples: at most ${NEWCOMERS - WARM_UP_SAMPLES - 2}`);

const database = await startDatabase();
try {
  const { client, tableNames } = database;
  const now = Date.now();
  const companies = [
    { names: tableNames.small, size: SMALL, wecom: companyWecom(SMALL) },
    { names: tableNames.large, size: large, wecom: companyWecom(large) },
  ];
  for (const { names, size } of companies) {
    const count = await write(client, names.permissions, companyItems(size, now));
    console.error(`${count} items written`);
  }
  // V8 compiles the code of both processes in the first round.
  const warmUp = Math.min(samples, WARM_UP_SAMPLES);
  await measure(database, companies, warmUp, 0);
  const [few, many] = await measure(database, companies, samples, warmUp + 1);
  if (few === undefined || many === undefined) throw new Error('nothing was measured');
  const text = report([
    { size: SMALL, measured: few },
    { size: large, measured: many },
  ]);
  console.log(text);
  writeFileSync(REPORT, text);
  keepBudgets('permissions-run', [budgetOf(few.warm, many.warm)]);
  const counts = ({ cold, warm }: Measured) => JSON.stringify([cold.requests, warm.requests]);
  process.exitCode = counts(few) === counts(many) ? 0 : 1;
} finally {
  await database.close();
}

/** The same requests and the same p50, whatever the size of the company. */
function budgetOf(few: Cost, many: Cost): Budget {
  const [fewMs, manyMs] = [few, many].map(({ latenciesMs }) => quantile(latenciesMs, 0.5));
  const ratio = Number(manyMs) / Number(fewMs);
  return {
    what: `warm verify with ${large.members} members, ${large.departments} departments, ${large.tags} tags, against ${SMALL.members} members`,
    limit: `the same requests, p50 ≤ ${SAME_SHARE} ×`,
    measured: `${requests(many)} and ${requests(few)}, ${ratio.toFixed(2)} ×`,
    isMet: requests(many) === requests(few) && ratio <= SAME_SHARE,
  };
}

function report(rows: { size: Size; measured: Measured }[]): string {
  const table = (kind: keyof Measured) =>
    rows
      .map(({ size, measured }) => {
        const cost = measured[kind];
        const cells = [0.5, 0.9, 0.99, 1].map((share) => ms(quantile(cost.latenciesMs, share)));
        return `| ${size.members} members, ${size.departments} departments, ${size.tags} tags, ${size.grants} grants | ${requests(cost)} | ${cells.join(' | ')} |`;
      })
      .join('\n');
  const head = `| company | requests | median | 90 % | 99 % | worst |
|---|---|---|---|---|---|`;
  return `# Permissions under load, measured

\`npm run bench:permissions -- --grants ${large.grants} --members ${large.members} --departments ${large.departments} --tags ${large.tags} --samples ${samples}\` on ${machine()}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.
DynamoDB is the embedded one, in a process of its own; requests are counted on the wire. WeCom is simulated in the same process and responds at once; its calls are counted. ${samples} members spread over all of them, one after the other, each by a new instance; the two companies take turns. Grants name every tag; the first tag has every member, the others a hundred. A decision reads the grants of the member, of its department and all above it, of its tags and of everyone.

The latencies are those of this machine with DynamoDB in memory, and compare only with each other. They show that the size of the company changes neither the requests of a warm or cold verify nor their time. The first verify about a member also computes the member's groups, from one item with the ancestors of each department and from the tags' first items. A tag of more than 200 members costs one more batch, for the parts that the member would be in.

## A warm verify

${head}
${table('warm')}

## A cold verify: the first of an instance

${head}
${table('cold')}

## The first verify about a member

${head}
${table('first')}
`;
}

function requests({ requests: counts }: Cost): string {
  return Object.entries(counts)
    .map(([operation, count]) => `${Number(count.toFixed(3))} × ${operation}`)
    .join(', ');
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}
