import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { environment } from './publishedPackage.ts';

const run = promisify(execFile);

export interface RunningBin {
  url: string;
  pid: number;
  /** What it has printed so far. */
  printed: () => string;
  stop: () => Promise<number | null>;
}

/** Starts the installed bin by this Node.js and waits until it is ready. */
export async function startBin(
  folder: string,
  node: string,
  args: string[] = ['--port', '0'],
): Promise<RunningBin> {
  const bin = join(folder, 'node_modules/.bin/wecom-emulator');
  const child = spawn(node, [bin, ...args], { cwd: folder, env: { PATH: environment['PATH'] } });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.on('data', (chunk) => {
    printed += chunk;
  });
  while (!printed.includes('--help')) {
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (child.exitCode !== null) throw new Error(`the emulator ended: ${printed}`);
  }
  return {
    url: /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? '',
    pid: child.pid ?? 0,
    printed: () => printed,
    async stop() {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      return child.exitCode;
    },
  };
}

/** A version such as `v20.19.1`. */
export async function versionOf(node: string): Promise<string> {
  return (await run(node, ['--version'])).stdout.trim();
}
