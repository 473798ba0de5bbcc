import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { installOnce } from '../harness/installOnce.ts';
import { build, missingProgram } from '../relyingParties/processes.ts';

/** What is installed. Git ignores it; it may be deleted at any time. */
const KEPT_IN = '.local/interop';

/** The longest that one program may run. */
const PROGRAM_TIMEOUT_MS = 10 * 60_000;

const COMMAND_TIMEOUT_MS = 60 * 60_000;

/** Parts have folders of the same name, such as `go`. */
const keptIn = (folder: string) => join(KEPT_IN, dirname(folder));

/** @returns why this machine cannot install programs in Python; undefined if it can */
export function missingPython(): string | undefined {
  // Debian has it in the package python3-venv.
  const hasVenv = spawnSync('python3', ['-c', 'import ensurepip']).status === 0;
  return (
    missingProgram('python3') ?? (hasVenv ? undefined : 'python3 cannot make a virtual environment')
  );
}

/**
 * Installs the `requirements.txt` of a folder of tests/interop.
 *
 * @returns the path of its copy; programs are in `venv/bin`
 */
export function installPython(folder: string): Promise<string> {
  return installOnce(join(import.meta.dirname, folder), keptIn(folder), async (directory) => {
    await build('python3', ['-m', 'venv', join(directory, 'venv')]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    const requirements = ['--requirement', join(directory, 'requirements.txt')];
    await build(join(directory, 'venv/bin/python'), [...pip, ...requirements]);
  });
}

/**
 * Builds the program of a folder with a `go.mod`.
 *
 * @param what `tool` for the tools that the `go.mod` names, in place of the folder's own program
 * @returns the path of its copy; programs are in `bin`
 */
export function installGo(folder: string, what: '.' | 'tool' = '.'): Promise<string> {
  return installOnce(join(import.meta.dirname, folder), keptIn(folder), async (directory) => {
    await build('go', ['build', '-o', 'bin/', what], { cwd: directory });
  });
}

/** Installs the `package-lock.json` of a folder. @returns the path of its copy */
export function installNode(folder: string): Promise<string> {
  return installOnce(join(import.meta.dirname, folder), keptIn(folder), async (directory) => {
    await build('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory });
  });
}

/** Builds a folder with a `pom.xml`. @returns its copy; `java -cp 'lib/*:target/classes'` runs it there */
export function installMaven(folder: string): Promise<string> {
  return installOnce(join(import.meta.dirname, folder), keptIn(folder), async (directory) => {
    const maven = ['--batch-mode', '--quiet', 'compile', 'dependency:copy-dependencies'];
    await build('mvn', [...maven, '-DoutputDirectory=lib'], { cwd: directory });
  });
}

/**
 * @param file of tests/interop
 * @param pattern its first group is the version
 */
export function pinnedVersion(file: string, pattern: RegExp): string {
  const found = pattern.exec(readFileSync(join(import.meta.dirname, file), 'utf8'))?.[1];
  if (found === undefined) throw new Error(`tests/interop/${file} does not match ${pattern}`);
  return found;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program until it ends, for ten minutes at most.
 *
 * @throws Error if it cannot be started, or was ended by a signal, also because it took too long
 */
export async function runProgram(
  command: string,
  parameters: readonly string[],
  options: {
    readonly cwd?: string;
    readonly input?: string;
    readonly environment?: NodeJS.ProcessEnv;
    readonly timeoutMs?: number;
  } = {},
): Promise<Ended> {
  const { cwd, input = '', environment, timeoutMs = PROGRAM_TIMEOUT_MS } = options;
  const child = spawn(command, parameters, {
    env: { ...process.env, ...environment },
    timeout: timeoutMs,
    // A program may ignore SIGTERM.
    killSignal: 'SIGKILL',
    ...(cwd !== undefined && { cwd }),
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('close', resolve).once('error', reject);
    // Without `close`, because what it started may keep its output open.
    child.once('exit', (_, signal) => {
      if (signal === null) return;
      reject(new Error(`${basename(command)} was ended by ${signal}`));
      child.stdout.destroy();
      child.stderr.destroy();
    });
  });
  // A program that ends without reading its input has an exit code that says so.
  child.stdin.on('error', () => {}).end(input);
  const [exitCode, stdout, stderr] = await Promise.all([
    ended,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { exitCode, stdout, stderr };
}

/** @returns what a program printed. @throws Error if it failed, or printed nothing */
export function printedBy(ended: Ended): string {
  if (ended.exitCode !== 0 || ended.stdout === '') throw failureOf(ended);
  return ended.stdout;
}

/**
 * @param read what a linter printed
 * @returns its findings
 * @throws Error if it printed nothing, or failed without a finding
 */
export function findingsOf(ended: Ended, read: (printed: string) => string[]): string[] {
  if (ended.stdout === '') throw failureOf(ended);
  const findings = read(ended.stdout);
  if (findings.length === 0 && ended.exitCode !== 0) throw failureOf(ended);
  return findings;
}

function failureOf({ exitCode, stdout, stderr }: Ended): Error {
  const printed = stdout === '' ? 'without output' : 'after it printed its results';
  return new Error(stderr || `it ended with ${exitCode}, ${printed}`);
}

/**
 * Runs a command of this repository, whose output is shown on standard error.
 *
 * @returns its exit code; null if it was ended, because it took longer than an hour
 */
export async function runLong(
  command: string,
  parameters: readonly string[],
): Promise<number | null> {
  const child = spawn(command, parameters, {
    stdio: ['ignore', 2, 2],
    timeout: COMMAND_TIMEOUT_MS,
  });
  return new Promise((resolve, reject) => {
    child.once('close', resolve).once('error', reject);
  });
}
