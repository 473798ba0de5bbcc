import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import {
  type ExperimentOptions,
  runExperiment,
} from '../../tests/lib/token/processes/experiment.ts';
import { type Budget, keepBudgets } from '../measure/budget.ts';

/*
 * Counts gettoken calls and measures waits when many callers need a token just after its expiry:
 * wecom-auth and a plain "fetch when missing" cache in one run.
 *
 *   npm run bench:token [-- <processes> <callers>]
 */

const [processes = 50, callers = 20] = process.argv.slice(2).map(Number);

const runs: [string, ExperimentOptions][] = [
  ['wecom-auth', { cache: 'wecom-auth', processes, callers }],
  ['fetch when missing', { cache: 'fetch-when-missing', processes, callers }],
  [
    'wecom-auth, the holder killed in its gettoken',
    { cache: 'wecom-auth', processes, callers, kill: true },
  ],
  [
    'fetch when missing, one process killed',
    { cache: 'fetch-when-missing', processes, callers, kill: true },
  ],
];

const rows: string[] = [];
const budgets: Budget[] = [];
for (const [name, options] of runs) {
  const result = await runExperiment(options);
  const { gettokenCalls, tokens, failures, waits, afterLease, callers: lived } = result;
  const milliseconds = (value = 0) => `${value.toFixed(0)} ms`;
  rows.push(
    `| ${[
      name,
      processes,
      lived,
      gettokenCalls,
      lived - failures.length,
      tokens,
      milliseconds(waits[Math.floor(waits.length / 2)]),
      milliseconds(waits.at(-1)),
      afterLease === undefined ? '' : milliseconds(afterLease),
    ].join(' | ')} |`,
  );
  if (name === 'wecom-auth') {
    budgets.push({
      what: `gettoken for ${lived} callers on ${processes} fresh instances at expiry`,
      limit: '1',
      measured: `${gettokenCalls}, ${failures.length} callers without a token`,
      isMet: gettokenCalls === 1 && failures.length === 0,
    });
  }
  console.log(rows.at(-1));
  for (const failure of new Set(failures)) console.log(`  ${failure}`);
}

const version = (name: string) => createRequire(import.meta.url)(`${name}/package.json`).version;
const text = `# One access_token for many processes

All callers of all processes need a token at the same time, just after its expiry. Every process is connected to DynamoDB and has an
empty memory. gettoken takes 100 ms, or 2.5 s if its caller is killed (SIGKILL) during the call. A lease ends 8 s after its claim.
The plain cache fetches the token if it finds none, without waiting for other callers. Callers of a killed process are not counted. Written by \`npm run bench:token\`.

| cache | processes | callers | gettoken calls | callers with a token | different tokens | p50 wait | max wait | last after the lease's end |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

A wait starts with the start signal. It includes the contention of ${processes} processes for ${availableParallelism()} cores, which they share with the servers.

${cpus()[0]?.model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB; Node ${process.versions.node}, dynalite ${version('dynalite')}.
`;
writeFileSync(new URL('../token.md', import.meta.url), text);
keepBudgets('token-run', budgets);
