import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Stryker } from '@stryker-mutator/core';

/*
 * npm run mutation                             every folder of FOLDERS
 * npm run mutation -- lib/callback lib/wecom   only these
 *
 * Writes to artifacts/mutation, for each folder, the surviving mutants as <folder>.html and JSON, and the
 * scores of all folders as scores.md; `npm run proof` publishes them. Results of earlier runs are reused for
 * unchanged code; delete the folder to run everything again.
 */

const REPORTS = 'artifacts/mutation';
const FOLDERS = [
  'lib/token',
  'lib/signin',
  'lib/session',
  'lib/permissions',
  'lib/callback',
  'lib/directory',
  'lib/wecom',
];
/** Data: its mutants are other texts and entries. tests/lib/wecom checks its form. */
const DATA = 'lib/wecom/errcodes.ts';

const wanted = process.argv.slice(2);
const wrong = wanted.filter((folder) => !FOLDERS.includes(folder));
if (wrong.length > 0) {
  console.error(`Not one of ${FOLDERS.join(', ')}: ${wrong.join(', ')}`);
  process.exit(2);
}

for (const folder of wanted.length > 0 ? wanted : FOLDERS) {
  process.env['MUTATED_FOLDER'] = folder;
  const mutants = await new Stryker({
    configFile: 'tests/mutation/stryker.config.json',
    mutate: [`${folder}/**/*.ts`, `!${DATA}`],
    incremental: true,
    incrementalFile: reportOf(folder, 'incremental.json'),
    jsonReporter: { fileName: reportOf(folder, 'json') },
    htmlReporter: { fileName: reportOf(folder, 'html') },
  }).runMutationTest();
  writeFileSync(reportOf(folder, 'row'), row(folder, mutants));
}
const scores = table();
writeFileSync(`${REPORTS}/scores.md`, scores);
console.log(scores);

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

function reportOf(folder: string, extension: string): string {
  return `${REPORTS}/${folder.replace('lib/', '')}.${extension}`;
}

/** A row of the table. The score is the share of mutants with a failed or timed-out test. */
function row(folder: string, mutants: readonly MutantResult[]): string {
  const count = (status: MutantResult['status']) =>
    mutants.filter((mutant) => mutant.status === status).length;
  const [killed, timeout] = [count('Killed'), count('Timeout')];
  const [survived, noCoverage] = [count('Survived'), count('NoCoverage')];
  const all = killed + timeout + survived + noCoverage;
  const score = all === 0 ? '–' : `${((100 * (killed + timeout)) / all).toFixed(1)} %`;
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const date = new Date().toISOString().slice(0, 10);
  const cells = [folder, score, killed, timeout, survived, noCoverage, commit, date];
  return `| ${cells.join(' | ')} |\n`;
}

function table(): string {
  const head =
    '| folder | score | killed | timed out | survived | not covered | commit | date |\n' +
    '|---|---|---|---|---|---|---|---|\n';
  const rows = FOLDERS.map((folder) => reportOf(folder, 'row')).filter(existsSync);
  return head + rows.map((file) => readFileSync(file, 'utf8')).join('');
}
