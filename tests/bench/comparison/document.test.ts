import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The commit, the date and the two loads of the run that a document shows. */
function runOf(file: string): string[] {
  const [, run = ''] = /<!-- run -->\n(.*)\n/.exec(readFileSync(file, 'utf8')) ?? [];
  return run.match(/\d{4}-\d\d-\d\d|\b[0-9a-f]{7,40}(-dirty)?\b|\d+\.\d\b/g) ?? [];
}

it('the comparison in both languages is of one run, and of a commit', () => {
  const [date, commit, ...more] = runOf('docs/comparison.md');
  expect(date).toMatch(/^\d{4}/);
  expect(commit).toMatch(/^[0-9a-f]{7,}$/);
  expect(runOf('docs/zh-CN/comparison.md')).toEqual([date, commit, ...more]);
});
