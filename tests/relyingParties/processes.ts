import { execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:http';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Listening, listen } from '../harness/listen.ts';

const BUILD_TIMEOUT_MS = 20 * 60_000;
const START_TIMEOUT_MS = 60_000;
const PAUSE_MS = 100;

/** @returns the path of the first program that is installed */
export function installed(...programs: string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return programs
    .flatMap((program) =>
      program.startsWith('/') ? [program] : folders.map((folder) => join(folder, program)),
    )
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** @returns a message if none of the programs is installed */
export function missingProgram(...programs: string[]): string | undefined {
  return installed(...programs) ? undefined : `${programs[0]} is not installed`;
}

/** Runs a build step. @throws Error with the end of its output */
export async function build(
  command: string,
  parameters: readonly string[],
  options: { readonly cwd?: string; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { cwd, environment } = options;
  try {
    const { stdout } = await promisify(execFile)(command, parameters, {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, ...environment },
      timeout: BUILD_TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${parameters.join(' ')} failed:\n${tail(stdout + stderr)}`);
  }
}

export interface Server {
  readonly pid: number;
  /** The output so far. */
  log(): string;
  close(): Promise<void>;
}

/**
 * Starts a server and waits until it responds.
 *
 * @param options `url`: responds with any status when the server is ready
 * @throws Error with the end of its output
 */
export async function startServer(
  command: string,
  parameters: readonly string[],
  options: {
    readonly url: string;
    readonly environment?: NodeJS.ProcessEnv;
    readonly cwd?: string;
  },
): Promise<Server> {
  const { url, environment, cwd } = options;
  const child = spawn(command, parameters, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  const printed: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk) => printed.push(String(chunk)));
  }
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      hasEnded = true;
      resolve();
    };
    child.once('exit', end).once('error', (error) => {
      printed.push(String(error));
      end();
    });
  });
  const close = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!hasEnded && Date.now() < deadline) {
    if (await responds(url)) return { pid: child.pid ?? 0, log: () => printed.join(''), close };
    await sleep(PAUSE_MS);
  }
  await close();
  throw new Error(`${command} did not start:\n${tail(printed.join(''))}`);
}

async function responds(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { redirect: 'manual' })).body?.cancel();
    return true;
  } catch {
    return false;
  }
}

/** Starts an application behind a proxy. It responds with the headers of the request. */
export async function startUpstream(): Promise<Listening> {
  const server = createServer(({ headers }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(headers));
  });
  return listen(server);
}

function tail(text: string): string {
  return text.split('\n').slice(-40).join('\n');
}
