import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const text = (file: string) => readFileSync(file, 'utf8');
const { version } = JSON.parse(text('package.json'));

describe('the version of package.json', () => {
  it('is that of package-lock.json and of docs/openapi.yaml', () => {
    expect(JSON.parse(text('package-lock.json')).version).toBe(version);
    expect(parse(text('docs/openapi.yaml')).info.version).toBe(version);
  });

  it('is the newest of the changelog, with its date', () => {
    const [, newest, date] = /^## \[([^\]]+)\] - (.+)$/m.exec(text('CHANGELOG.md')) ?? [];
    expect([newest, date]).toEqual([version, expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/)]);
  });
});

describe.each(['packages/client', 'packages/emulator'])('%s', (folder) => {
  it('has its version as the newest of its changelog, with its date', () => {
    const { version: own } = JSON.parse(text(`${folder}/package.json`));
    expect(text(`${folder}/CHANGELOG.md`)).toMatch(
      new RegExp(`^## \\[${own.replaceAll('.', '\\.')}\\] - \\d{4}-\\d{2}-\\d{2}$`, 'm'),
    );
  });
});
