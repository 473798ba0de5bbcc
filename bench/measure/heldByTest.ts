import { spawnSync } from 'node:child_process';

const VITEST = 'node_modules/vitest/vitest.mjs';

/**
 * Runs the tests of a file whose title has a text, and prints their outcomes.
 *
 * @returns whether at least one ran and none failed; Vitest itself succeeds also where no title has the text
 */
export function heldByTest(file: string, title: string): boolean {
  const options = ['--coverage.enabled=false', '--reporter=tap-flat'];
  const { status, stdout } = spawnSync(
    process.execPath,
    [VITEST, 'run', ...options, file, '-t', title],
    { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' },
  );
  console.log(stdout);
  return status === 0 && stdout.split('\n').some((line) => /^ok (?!.*# SKIP)/.test(line));
}
