import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { replacePart } from './harness/generatedPart.ts';

/*
 * npm run proof   writes into docs/proof.md the results that are on this machine, and leaves the others
 *
 * It measures nothing. The page names the commands that do.
 */

const PAGE = 'docs/proof.md';

/** @returns a table, or nothing where there are no results */
const parts: Readonly<Record<string, () => string | undefined>> = {
  mutation() {
    const rows = globSync('artifacts/mutation/*.row').sort();
    if (rows.length === 0) return undefined;
    return [
      '| folder | score | killed | timed out | survived | not covered | commit | date |',
      '| --- | --- | --- | --- | --- | --- | --- | --- |',
      ...rows.map((file) => readFileSync(file, 'utf8').trim()),
    ].join('\n');
  },

  coverage() {
    const file = 'coverage/coverage-summary.json';
    if (!existsSync(file)) return undefined;
    const { total } = JSON.parse(readFileSync(file, 'utf8')) as { total: Record<string, Covered> };
    return [
      '| what | covered | of | share | commit | date |',
      '| --- | --- | --- | --- | --- | --- |',
      ...['lines', 'branches', 'functions'].map((what) => {
        const { covered = 0, total: all = 0, pct = 0 } = total[what] ?? {};
        return row(what, covered, all, `${pct} %`, ...madeAt(file, ['functions', 'lib', 'tests']));
      }),
    ].join('\n');
  },

  conformance() {
    const file = 'artifacts/conformance.json';
    if (!existsSync(file)) return undefined;
    const results = JSON.parse(readFileSync(file, 'utf8')) as { outcome: string }[];
    const count = (outcome: string) => results.filter((each) => each.outcome === outcome).length;
    return [
      '| checks | passed | observed | failed | skipped | commit | date |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      row(
        results.length,
        ...['passed', 'observed', 'failed', 'skipped'].map(count),
        ...madeAt(file, ['packages/emulator']),
      ),
    ].join('\n');
  },
};

interface Covered {
  readonly covered?: number;
  readonly total?: number;
  readonly pct?: number;
}

/**
 * @param measured files or folders
 * @returns the last commit that changed them before the result was written, and the day
 */
function madeAt(file: string, measured: readonly string[]): [commit: string, date: string] {
  const at = statSync(file).mtime.toISOString();
  const given = ['log', '-1', `--before=${at}`, '--format=%h', '--', ...measured];
  return [execFileSync('git', given, { encoding: 'utf8' }).trim(), at.slice(0, 10)];
}

function row(...cells: (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

for (const [name, make] of Object.entries(parts)) {
  const table = make();
  if (table === undefined) {
    console.log(`${name}: no results on this machine`);
    continue;
  }
  replacePart(PAGE, name, `\n${table}\n`);
  console.log(`${name}: written`);
}
