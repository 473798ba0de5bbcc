import { type ChildProcess, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** One execution environment: a fresh process that handles one request at a time. */
export interface Instance {
  /** Handles the events one after the other. @throws Error when an answer is not a 200 */
  invoke(events: readonly APIGatewayProxyEventV2[]): Promise<Served>;
  stop(): Promise<void>;
}

/** Times in milliseconds. */
export interface Served {
  readonly bodies: readonly string[];
  readonly durations: readonly number[];
  /** CPU of all these requests together, garbage collection included. */
  readonly cpu: number;
  /** From the start of the process until the handler was loaded, and the CPU of that. */
  readonly init: number;
  readonly initCpu: number;
  /** From the start of the process until the last answer, and the CPU of that. */
  readonly sinceStart: number;
  readonly cpuSinceStart: number;
  readonly peakKilobytes: number;
  /** URLs of the modules loaded so far; only with `trace`. */
  readonly loaded: readonly string[];
}

export interface InstanceOptions {
  readonly trace?: boolean;
}

const RUNTIME = fileURLToPath(new URL('runtime.mjs', import.meta.url));

/** What Lambda itself sets. There is no home directory. */
const LAMBDA = {
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  AWS_REGION: 'ap-southeast-1',
  AWS_DEFAULT_REGION: 'ap-southeast-1',
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
};

export function startInstance(
  file: string,
  environment: Readonly<Record<string, string>>,
  { trace = false }: InstanceOptions = {},
): Instance {
  const startedAt = performance.timeOrigin + performance.now();
  const child = spawn(
    process.execPath,
    [RUNTIME, pathToFileURL(file).href, ...(trace ? ['trace'] : [])],
    {
      cwd: dirname(file),
      env: { ...LAMBDA, LAMBDA_TASK_ROOT: dirname(file), ...environment },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  return {
    async invoke(events) {
      const answer = nextMessage(child);
      child.send(events);
      const { answers, answeredAt, initialisedAt, totalCpu, ...rest } = await answer;
      for (const { statusCode, body } of answers) {
        if (statusCode !== 200) throw new Error(`${file} answered ${statusCode} ${body}`);
      }
      return {
        ...rest,
        bodies: answers.map(({ body }) => body),
        init: initialisedAt - startedAt,
        sinceStart: answeredAt - startedAt,
        cpuSinceStart: totalCpu,
      };
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** What runtime.mjs sends. */
interface Message extends Omit<Served, 'bodies' | 'init' | 'sinceStart' | 'cpuSinceStart'> {
  readonly answers: readonly { statusCode: number; body: string }[];
  readonly answeredAt: number;
  readonly initialisedAt: number;
  readonly totalCpu: number;
}

function nextMessage(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the instance ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as Message);
    });
  });
}
