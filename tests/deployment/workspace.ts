import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type Answers, answering } from '../harness/answering.ts';

const NOT_LINKED = ['.esbuild', '.git', '.local', '.serverless', 'artifacts', 'coverage'];
/** These are changed, so the repository's own are copied. */
const COPIED = ['serverless.yml', 'stages'];
const COMMAND_TIMEOUT_MS = 5 * 60_000;

/** A command of the repository that has ended. */
export interface Ended {
  readonly exitCode: number | null;
  /** Both outputs, without colours. */
  readonly printed: string;
}

/** A directory like the repository, with stage files of its own. */
export interface Workspace {
  setStage(stage: string, parameters: object): void;
  /** Runs `npm run <script> -- <args>`. @param answers are typed as each question is printed */
  npm(script: string, args: readonly string[], answers?: Answers): Promise<Ended>;
  /** Runs the Serverless Framework. */
  serverless(args: readonly string[]): Promise<Ended>;
  close(): void;
}

export function openWorkspace(environment: Readonly<Record<string, string>>): Workspace {
  const directory = `.local/deployment-${process.pid}`;
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync('.')) {
    if (COPIED.includes(name)) cpSync(name, join(directory, name), { recursive: true });
    else if (!NOT_LINKED.includes(name)) symlinkSync(resolve(name), join(directory, name));
  }
  // Which profile or endpoint the shell names must not matter, and neither must its language.
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS_|npm_)/.test(name));
  const variables = {
    ...Object.fromEntries(own),
    ...environment,
    NO_COLOR: '1',
    LC_ALL: 'en_US.UTF-8',
  };
  const run = (command: string, args: readonly string[], answers: Answers = []) =>
    answering(
      spawn(command, args, { cwd: directory, env: variables, timeout: COMMAND_TIMEOUT_MS }),
      answers,
    );
  return {
    setStage(stage, parameters) {
      writeFileSync(join(directory, `stages/${stage}.yml`), stringify(parameters));
    },
    npm: (script, args, answers) => run('npm', ['run', '-s', script, '--', ...args], answers),
    serverless: (args) =>
      run(process.execPath, ['node_modules/serverless/bin/serverless.js', ...args]),
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}
