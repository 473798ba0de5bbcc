import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const text = (file: string) => readFileSync(file, 'utf8');
const { version } = JSON.parse(text('package.json'));
const A_DATE = expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/);

/** The first version of a changelog, and what stands for its date. */
function newestOf(changelog: string): (string | undefined)[] {
  const [, newest, date] = /^## \[([^\]]+)\] - (.+)$/m.exec(text(changelog)) ?? [];
  return [newest, date];
}

describe('the version of package.json', () => {
  it('is that of package-lock.json and of docs/openapi.yaml', () => {
    expect(JSON.parse(text('package-lock.json')).version).toBe(version);
    expect(parse(text('docs/openapi.yaml')).info.version).toBe(version);
  });

  it('is the newest of the changelog, with its date', () => {
    expect(newestOf('CHANGELOG.md')).toEqual([version, A_DATE]);
  });
});

describe.each(['packages/client', 'packages/emulator'])('%s', (folder) => {
  it('has its version as the newest of its changelog, with its date', () => {
    const { version: own } = JSON.parse(text(`${folder}/package.json`));
    expect(newestOf(`${folder}/CHANGELOG.md`)).toEqual([own, A_DATE]);
  });
});
