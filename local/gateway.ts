import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { KnownSites } from './otherSites.ts';

export interface OfflineGateway {
  /** Resolves with a reason if the gateway ends before `close` is called. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

export interface OfflineGatewayOptions {
  readonly port: number;
  readonly lambdaPort: number;
  readonly environment: NodeJS.ProcessEnv;
  /** For the framework's own files and the bundles. */
  readonly directory: string;
  readonly knownSites: KnownSites;
  /** Gets each line that a function or serverless-offline prints. */
  readonly onLine: (line: string) => void;
}

/** Time between SIGTERM and SIGKILL. */
const STOP_TIMEOUT_MS = 3_000;

/**
 * Runs serverless-offline: the functions bundled as they are packaged, behind an HTTP API with the routes
 * of serverless.yml. Only this machine reaches its ports, and no page of another website
 * (gatewayGuard.ts). Resolves when the API is ready.
 */
export async function startOfflineGateway(options: OfflineGatewayOptions): Promise<OfflineGateway> {
  const environment = {
    ...options.environment,
    ESBUILD_WORK_FOLDER: `${options.directory}/esbuild`,
    GUARD_GATEWAY_PORT: String(options.port),
    // The framework keeps settings and caches in the home of the user. There may be none that can be written.
    HOME: options.directory,
    USERPROFILE: options.directory,
    GUARD_KNOWN_SITES: JSON.stringify(options.knownSites),
  };
  const child = spawn(
    process.execPath,
    [
      ...['--import', './local/endWithParent.ts', '--import', './local/gatewayGuard.ts'],
      'node_modules/serverless/bin/serverless.js',
      'offline',
      'start',
      ...['--stage', 'local', '--host', '127.0.0.1'],
      ...['--httpPort', String(options.port), '--lambdaPort', String(options.lambdaPort)],
    ],
    // Its own process group, so that Ctrl-C reaches only this process, which stops all parts in order.
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  // The group does not get our signals. If this process is killed, endWithParent.ts ends the group.
  const kill = () => signal(child, 'SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  let stopping = false;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      if (!stopping) resolve(`serverless-offline ended (${signal ?? `exit code ${code}`})`);
    });
  });
  const printed: string[] = [];
  const ready = new Promise<void>((resolve) => {
    const read = (line: string) => {
      if (printed.length < 200) printed.push(line);
      if (line.startsWith('Server ready')) resolve();
      options.onLine(line);
    };
    createInterface({ input: child.stdout }).on('line', read);
    createInterface({ input: child.stderr }).on('line', read);
  });
  const failed = await Promise.race([ready.then(() => undefined), ended]);
  if (failed) throw new Error(`${failed}\n${printed.join('\n')}`);

  return {
    ended,
    async close() {
      stopping = true;
      await stop(child);
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const hasExited = new Promise((resolve) => child.once('exit', resolve));
  signal(child, 'SIGTERM');
  const timer = setTimeout(() => signal(child, 'SIGKILL'), STOP_TIMEOUT_MS);
  await hasExited;
  clearTimeout(timer);
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // It has already ended.
  }
}
