import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkFolder, type Row } from './part.ts';
import { rowsOf } from './runners.ts';
import { findingsOf, printedBy, runProgram } from './tools.ts';

const held: Row = { name: 'a program', version: '1.0', held: 3, failures: [] };
const failed: Row = { ...held, failures: ['a token: accepted'] };

describe('an outside program', () => {
  it('fails if it takes too long, ignores the end, and leaves a process with its output', async () => {
    const script = "trap '' TERM; sleep 5 & echo begun; sleep 5";
    const run = runProgram('sh', ['-c', script], { timeoutMs: 200 });
    await expect(run).rejects.toThrow('sh was ended by SIGKILL');
  });

  it('fails if it prints its findings and ends with an error, or prints nothing', async () => {
    const crashed = await runProgram('sh', ['-c', 'echo "{}"; echo broken >&2; exit 3']);
    expect(() => printedBy(crashed)).toThrow('broken');
    expect(() => printedBy({ exitCode: 0, stdout: '', stderr: '' })).toThrow('without output');
  });

  it('fails as a linter if it prints nothing, or ends with an error and finds nothing', () => {
    const read = (printed: string) => JSON.parse(printed) as string[];
    const found = (exitCode: number, stdout: string) =>
      findingsOf({ exitCode, stdout, stderr: '' }, read);
    expect(found(0, '[]')).toEqual([]);
    expect(found(1, '["a fault"]')).toEqual(['a fault']);
    expect(() => found(0, '')).toThrow('it ended with 0, without output');
    expect(() => found(3, '[]')).toThrow('it ended with 3');
  });
});

describe('a command of this repository', () => {
  /** @returns the path of a command that writes these rows, and ends with this code */
  function command(rows: readonly Row[], exitCode: number): string {
    const file = join(openWorkFolder(), 'command.mjs');
    writeFileSync(
      file,
      `import { writeFileSync } from 'node:fs';
writeFileSync(process.argv[3], '${JSON.stringify(rows)}');
process.exitCode = ${exitCode};`,
    );
    return file;
  }

  it('has failed if it ends with an error that no row explains', async () => {
    const file = command([held], 1);
    const rows = await rowsOf(file, (results: Row[]) => results);
    expect(rows).toMatchObject([held, { failures: ['it ended with 1, and names no failure'] }]);
  });

  it('has the rows that it wrote if they explain how it ended', async () => {
    const rows = (file: string) => rowsOf(file, (results: Row[]) => results);
    expect(await rows(command([held], 0))).toEqual([held]);
    expect(await rows(command([held, failed], 1))).toEqual([held, failed]);
  });
});
