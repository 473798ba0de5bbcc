import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What an exploration found. */
export interface Found {
  /** The property that was violated, if any. */
  readonly violation: string | undefined;
  /** Whether every state was explored. A violation ends the search. */
  readonly isWhole: boolean;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** How long the search took. */
  readonly seconds: number;
  /** What the model printed, each line once. */
  readonly lines: readonly string[];
}

/** The longest path of a search, which takes 75 bytes of memory a step. One that reaches it is not whole. */
const MAX_DEPTH = 5_000_000;
const MEMORY_MB = 12_000;
const TIMEOUT_MS = 30 * 60_000;
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

/** The C compiler, if the machine has one, and spin too. */
export function compilerOf(): string | undefined {
  const runs = (program: string, option: string) => spawnSync(program, [option]).status === 0;
  if (!runs('spin', '-V')) return undefined;
  return ['gcc', 'cc', 'clang'].find((compiler) => runs(compiler, '--version'));
}

/** The conditions of a model that can be weakened, by the names of their macros. */
export function mutationsOf(file: string): string[] {
  return [...new Set(readFileSync(file, 'utf8').match(/\bMUTATE_[A-Z_]+/g))].sort();
}

/**
 * Explores all states of a model with spin.
 *
 * @param definitions for the preprocessor, such as `-DINSTANCES=3`
 * @param flags for the C compiler, such as `-DPRINTF`, which lets the model print
 */
export function explore(
  file: string,
  definitions: readonly string[],
  compiler: string,
  flags: readonly string[] = [],
): Found {
  const folder = mkdtempSync(join(tmpdir(), 'models-'));
  try {
    run('spin', [...definitions, '-a', resolve(file)], folder);
    const search = ['-O1', '-w', '-DSAFETY', '-DNOFAIR', '-DCOLLAPSE', `-DMEMLIM=${MEMORY_MB}`];
    run(compiler, [...search, ...flags, '-o', 'pan', 'pan.c'], folder);
    return read(run(join(folder, 'pan'), [`-m${MAX_DEPTH}`], folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(program: string, parameters: readonly string[], cwd: string): string {
  const { status, signal, stdout, stderr, error } = spawnSync(program, parameters, {
    cwd,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${program} ended with ${status ?? signal}: ${stdout}${stderr}`);
  return stdout;
}

function read(output: string): Found {
  const numberIn = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? 0);
  const errors = /errors: (\d+)/.exec(output)?.[1];
  const isWhole = errors === '0' && !/too small|out of memory|not completed/i.test(output);
  return {
    violation: /^pan:\d+: (.*)$/m.exec(output)?.[1],
    isWhole,
    // spin writes large numbers as 2.1e+08.
    states: numberIn(/([\d.e+]+) states, stored/),
    transitions: numberIn(/([\d.e+]+) transitions/),
    depth: numberIn(/depth reached (\d+)/),
    seconds: numberIn(/elapsed time ([\d.e+]+) seconds/),
    lines: [...new Set(output.split('\n').map((line) => line.trim()))],
  };
}
