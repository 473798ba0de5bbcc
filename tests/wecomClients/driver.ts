import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const CALL_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 5_000;
/** Starts each line of a driver that is an answer. */
const MARK = '@@';

/** How to start a client's driver: a program that calls the client as an application does. */
export interface DriverProgram {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly directory: string;
}

/** What a client returned: a value, that it has no such call, or what it raised. */
export type Answer =
  | { readonly value: Readonly<Record<string, unknown>> }
  | { readonly absent: true }
  | { readonly error: string };

export interface Driver {
  /** @throws Error if the driver ends or does not answer within 30 s */
  call(name: string, parameters: object): Promise<Answer>;
  /** What it has printed besides answers. */
  printed(): string;
  close(): Promise<void>;
}

/** Starts a driver. It reads a JSON line for each call, and prints a JSON line for each answer. */
export function startDriver(program: DriverProgram, environment: NodeJS.ProcessEnv): Driver {
  const { command, parameters, directory } = program;
  const child = spawn(command, parameters, {
    cwd: directory,
    env: { ...process.env, ...environment },
  });
  const others: string[] = [];
  const answers: Answer[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith(MARK)) answers.push(JSON.parse(line.slice(MARK.length)));
    else others.push(line);
    child.emit('line');
  });
  child.stderr.on('data', (chunk) => others.push(String(chunk)));
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').catch((error: unknown) => others.push(String(error)));
  const printed = () => others.join('\n').slice(-4_000);
  return {
    async call(name, parameters) {
      child.stdin.write(`${JSON.stringify({ call: name, with: parameters })}\n`);
      const deadline = AbortSignal.timeout(CALL_TIMEOUT_MS);
      for (;;) {
        const answer = answers.shift();
        if (answer) return answer;
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`the driver ended: ${printed()}`);
        }
        const line = once(child, 'line', { signal: deadline }).catch(() => {
          // A late answer must not be taken for that of the next call.
          child.kill('SIGKILL');
          throw new Error(`no answer within ${CALL_TIMEOUT_MS / 1_000} s`);
        });
        await Promise.race([line, ended]);
      }
    },
    printed,
    async close() {
      child.stdin.end();
      await Promise.race([ended, sleep(END_TIMEOUT_MS)]);
      child.kill('SIGKILL');
    },
  };
}
