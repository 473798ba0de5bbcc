import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** Where the parts of the one-machine stack listen. */
export interface Addresses {
  readonly api: string;
  readonly site: string;
  readonly gateway: string;
  readonly wecom: string;
  readonly ssm: string;
  readonly invocation: string;
  readonly eventBridge: string;
  readonly sqs: string;
}

export interface LoadedStack {
  readonly addresses: Addresses;
  /** Resolves if the stack ends before `stop` is called. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 90_000;
const POLL_MS = 250;
const STOP_TIMEOUT_MS = 15_000;

/** The ports relative to PORT, as docs/local.md lists them. */
export function addressesOf(port: number): Addresses {
  const at = (offset: number) => `http://127.0.0.1:${port + offset}`;
  return {
    api: at(0),
    site: `http://localhost:${port}`,
    gateway: at(1),
    wecom: at(500),
    ssm: at(502),
    invocation: at(504),
    eventBridge: at(505),
    sqs: at(506),
  };
}

/** Runs `npm start` with new data, on ports and in a folder of its own (`.local/<port>`). */
export async function startStack(
  port: number,
  environment: NodeJS.ProcessEnv,
): Promise<LoadedStack> {
  const child = spawn(process.execPath, ['local/start.ts', '--fresh'], {
    env: { ...environment, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // The functions' log. It is in .local/<port> too.
  createInterface({ input: child.stdout }).on('line', () => undefined);
  const ended = once(child, 'exit').then(([code]) => `npm start ended with ${code}`);
  const addresses = addressesOf(port);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const isReady = fetch(`${addresses.api}/.well-known/jwks.json`).then(
      ({ ok }) => ok,
      () => false,
    );
    const state = await Promise.race([isReady, ended]);
    if (state === true) break;
    if (typeof state === 'string') throw new Error(state);
    if (Date.now() > deadline) {
      await stop(child);
      throw new Error('npm start did not respond in time');
    }
    await delay(POLL_MS);
  }
  return { addresses, ended, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
