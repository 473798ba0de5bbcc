import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const lines = readFileSync('.gitleaks.toml', 'utf8').split('\n');
const allowed = lines.flatMap((line) => /^ {2}'''(.*)''',$/.exec(line)?.[1] ?? []);

describe('what the scan for secrets allows', () => {
  it('is three texts, whole, and no folder, rule or commit', () => {
    const settings = lines.filter((line) => /^(\[|\w+ =)/.test(line));
    expect(settings.map((line) => line.replace(/ = .*/, ''))).toEqual([
      '[extend]',
      'useDefault',
      '[[allowlists]]',
      'description',
      'regexTarget',
      'regexes',
    ]);
    expect(allowed).toHaveLength(3);
    for (const text of allowed) expect(text).toMatch(/^\^[0-9A-Za-z]+\$$/);
  });

  it.each(allowed)('is in a file: %s', (text) => {
    const found = ['grep', '--files-with-matches', text.slice(1, -1), '--', 'tests', 'docs'];
    expect(execFileSync('git', found, { encoding: 'utf8' })).not.toBe('');
  });
});
