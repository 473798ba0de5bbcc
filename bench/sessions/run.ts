import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { performance } from 'node:perf_hooks';
import { type Ending, endOnePerson } from './endOnePerson.ts';
import { type Leaving, leave, WAYS } from './leave.ts';

/*
 * npm run bench:sessions [-- --quick]
 *
 * Measures the cost of ending one person's sign-ins among few and among many, and the time until each of
 * three applications is notified that a person left. Writes bench/sessions.md. Takes five minutes, because
 * one application is down for a minute and AWS repeats after one and two minutes. `--quick` skips these
 * and writes nothing.
 */

const REPORT = 'bench/sessions.md';
const isQuick = process.argv.includes('--quick');
const start = performance.now();

const endings = [
  await endOnePerson({ people: 2, each: 5 }),
  await endOnePerson({ people: 2_000, each: 5 }),
];
const leavings: Leaving[] = [];
for (const way of WAYS.filter(({ isSlow }) => !isSlow || !isQuick)) leavings.push(await leave(way));

const text = `# Ending sessions, measured

\`npm run bench:sessions\` on ${cpus().length} × ${cpus()[0]?.model.replace(/ \d+-Core.*/, '')}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}. DynamoDB is the embedded one; functions, WeCom emulator and applications are on the same machine, over HTTP. Took ${Math.round((performance.now() - start) / 1_000)} s.

## One person among few and many

Ends five sign-ins of one person and notifies their applications.

| sessions in the table | requests | time |
|---|---|---|
${endings.map(endingRow).join('\n')}

## A person who leaves

The time from the change in WeCom to the first refusal of each kind, and to the logout token at each of three applications. The local stand-in invokes the functions, and repeats after one and two minutes as AWS does. Cold starts are not included.

| how | userinfo refuses | refresh refuses | \`prompt=none\` refuses | first application | second | third | responses with 5xx |
|---|---|---|---|---|---|---|---|
${leavings.map(leavingRow).join('\n')}
`;
console.log(text);
if (!isQuick) writeFileSync(REPORT, text);
process.exitCode = leavings.every(({ serverErrors }) => serverErrors === 0) ? 0 : 1;

function endingRow({ sessions, requests, milliseconds }: Ending): string {
  const list = Object.entries(requests).map(([name, count]) => `${count} × ${name}`);
  return `| ${sessions} | ${list.join(', ')} | ${milliseconds.toFixed(0)} ms |`;
}

function leavingRow({ name, refusals, told, serverErrors }: Leaving): string {
  const cells = [refusals.userinfo, refusals.refresh, refusals.silent, ...told].map(shown);
  return `| ${name} | ${cells.join(' | ')} | ${serverErrors} |`;
}

function shown(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return 'not notified; a dead letter';
  return milliseconds < 1_000
    ? `${milliseconds.toFixed(0)} ms`
    : `${(milliseconds / 1_000).toFixed(1)} s`;
}
