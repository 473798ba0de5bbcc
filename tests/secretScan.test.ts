import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Without comments and empty lines. */
const lines = readFileSync('.gitleaks.toml', 'utf8')
  .split('\n')
  .filter((line) => !/^\s*(#|$)/.test(line));
const TEXT = /^ {2}'''\^([0-9A-Za-z]+)\$''',$/;
const allowed = lines.flatMap((line) => TEXT.exec(line)?.[1] ?? []);

describe('what the scan for secrets allows', () => {
  it('is three texts, whole, and no folder, rule or commit', () => {
    expect(lines.filter((line) => !TEXT.test(line))).toEqual([
      '[extend]',
      'useDefault = true',
      '[[allowlists]]',
      'description = "Keys that everybody knows"',
      'regexTarget = "secret"',
      'regexes = [',
      ']',
    ]);
    expect(allowed).toHaveLength(3);
  });

  it('is nothing else: no line and no finding is marked in the repository', () => {
    const mark = ['gitleaks', 'allow'].join(':');
    // `git grep` ends with 1 if it finds nothing.
    expect(spawnSync('git', ['grep', '--quiet', mark]).status).toBe(1);
    expect(existsSync('.gitleaksignore')).toBe(false);
  });

  it.each(allowed)('is in a file: %s', (text) => {
    const found = ['grep', '--files-with-matches', text, '--', 'tests', 'docs'];
    expect(execFileSync('git', found, { encoding: 'utf8' })).not.toBe('');
  });
});
