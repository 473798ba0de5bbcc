import { type ChildProcess, spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** A bundled function, its environment and the requests to measure it with. */
export interface Contestant {
  readonly name: string;
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly event: (number: number) => APIGatewayProxyEventV2;
}

/** A Lambda execution environment: a new process that handles one request at a time. */
export interface Instance {
  /** Handles the events one after the other. @throws Error if a response is a 4xx or 5xx */
  invoke(events: readonly APIGatewayProxyEventV2[]): Promise<Measurement>;
  /** Handles one event, whatever the answer. The caller waits for the answer before the next event. */
  answer(event: APIGatewayProxyEventV2): Promise<Answer>;
  stop(): Promise<void>;
}

/** A function's response. */
export interface Answer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The responses to some requests, and what they cost. */
export interface Measurement {
  readonly bodies: readonly string[];
  readonly durationsMs: readonly number[];
  /** CPU of all these requests, garbage collection included. */
  readonly cpuMs: number;
  /** From the start of the process until the handler is loaded, and the CPU of that. */
  readonly initMs: number;
  readonly initCpuMs: number;
  /** From the start of the process until the last response, and the CPU of that. */
  readonly sinceStartMs: number;
  readonly cpuSinceStartMs: number;
  readonly peakKilobytes: number;
  /** URLs of the modules loaded so far; only with `trace`. */
  readonly loaded: readonly string[];
}

const RUNTIME = fileURLToPath(new URL('runtime.mjs', import.meta.url));

/** The variables that Lambda sets. There is no home directory. */
const LAMBDA = {
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  AWS_REGION: 'ap-southeast-1',
  AWS_DEFAULT_REGION: 'ap-southeast-1',
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
};

/**
 * Starts an instance.
 *
 * @param trace whether to record the modules that it loads
 * @param nodeOptions of the process, such as `--frozen-intrinsics`
 */
export function start(
  { file, environment }: Contestant,
  trace = false,
  nodeOptions: readonly string[] = [],
): Instance {
  const startedAt = performance.timeOrigin + performance.now();
  const child = spawn(
    process.execPath,
    [...nodeOptions, RUNTIME, pathToFileURL(file).href, ...(trace ? ['trace'] : [])],
    {
      cwd: dirname(file),
      env: { ...LAMBDA, LAMBDA_TASK_ROOT: dirname(file), ...environment },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  const handle = (events: readonly APIGatewayProxyEventV2[]) => {
    const message = nextMessage(child);
    child.send(events);
    return message;
  };
  return {
    async answer(event) {
      const [answer] = (await handle([event])).answers;
      if (answer === undefined) throw new Error(`${file} gave no answer`);
      return answer;
    },
    async invoke(events) {
      const { answers, answeredAt, initialisedAt, ...rest } = await handle(events);
      for (const { statusCode, body } of answers) {
        if (statusCode >= 400) throw new Error(`${file} answered ${statusCode} ${body}`);
      }
      return {
        ...rest,
        bodies: answers.map(({ body }) => body),
        initMs: initialisedAt - startedAt,
        sinceStartMs: answeredAt - startedAt,
      };
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const hasExited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await hasExited;
    },
  };
}

/** The message of runtime.mjs. Its times are milliseconds since the epoch. */
interface Message extends Omit<Measurement, 'bodies' | 'initMs' | 'sinceStartMs'> {
  readonly answers: readonly Answer[];
  readonly answeredAt: number;
  readonly initialisedAt: number;
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
