import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, totalmem } from 'node:os';
import {
  type ExperimentOptions,
  runExperiment,
} from '../../tests/lib/token/processes/experiment.ts';

/*
 * How many gettoken calls, and how long a wait, when the token has expired and everybody comes at
 * once: wecom-auth beside a plain "fetch when missing" cache, in one run.
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
  console.log(rows.at(-1));
  for (const failure of new Set(failures)) console.log(`  ${failure}`);
}

const version = (name: string) => createRequire(import.meta.url)(`${name}/package.json`).version;
const text = `# One access_token for many processes

All callers of all processes ask at the same moment, just after the token has expired; every process is connected to DynamoDB
and has nothing in its memory. gettoken takes 100 ms, and 2.5 s where its caller is killed (SIGKILL) in the middle of it; a lease
runs 8 s from its claim. A plain cache fetches the token when it finds none, and nobody waits for anybody. Callers of a killed
process are not counted. Written by \`npm run bench:token\`.

| cache | processes | callers | gettoken calls | callers with a token | different tokens | p50 wait | max wait | last after the lease's end |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

A wait holds everything from the start signal on, also that ${processes} processes share ${availableParallelism()} cores with the servers they talk to.

${cpus()[0]?.model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB; Node ${process.versions.node}, dynalite ${version('dynalite')}.
`;
writeFileSync(new URL('../token.md', import.meta.url), text);
