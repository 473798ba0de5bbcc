import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A stand-in for AWS Lambda's asynchronous invocation. It lives in memory and ends with the process. */
export interface AsyncInvocation {
  readonly url: string;
  /** Events whose function failed in every run, the oldest first; also at `GET /__dead-letters`. */
  readonly deadLetters: readonly DeadLetter[];
  /** Resolves when every event that was accepted is done or dead. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface DeadLetter {
  readonly function: string;
  readonly event: string;
  /** How the last run failed. */
  readonly problem: string;
  readonly at: string;
}

export interface AsyncInvocationOptions {
  /** Absent or 0: any free one. */
  readonly port?: number;
  /** Where functions are run and waited for: serverless-offline's Lambda port. */
  readonly lambdaUrl: string;
  /** Names of the functions that exist. */
  readonly functions: readonly string[];
  /** Before the second and the third run. AWS waits one minute and two. */
  readonly pausesMs?: readonly number[];
  readonly onDeadLetter?: (letter: DeadLetter) => void;
}

const PAUSES_MS = [1_000, 2_000];
/** Longer than any function's timeout. */
const RUN_MS = 70_000;
/** The most that AWS takes for an asynchronous invocation. */
const EVENT_BYTES = 1024 * 1024;
const WAITING = 1_000;
const LETTERS = 100;

/**
 * Accepts events at Lambda's own `Invoke` API, answers 202 at once, and runs the function: twice more
 * where it fails, and then the event is a dead letter. serverless-offline accepts such an invocation
 * too, and neither repeats nor keeps it.
 */
export async function startAsyncInvocation(
  options: AsyncInvocationOptions,
): Promise<AsyncInvocation> {
  const { lambdaUrl, functions, pausesMs = PAUSES_MS, onDeadLetter } = options;
  const deadLetters: DeadLetter[] = [];
  const underWay = new Set<Promise<void>>();
  const closing = new AbortController();

  async function deliver(name: string, event: string): Promise<void> {
    let problem = '';
    for (const pauseMs of [0, ...pausesMs]) {
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal: closing.signal });
      const failed = await run(name, event);
      if (failed === undefined) return;
      problem = failed;
    }
    const letter = { function: name, event, problem, at: new Date().toISOString() };
    deadLetters.push(letter);
    if (deadLetters.length > LETTERS) deadLetters.shift();
    onDeadLetter?.(letter);
  }

  /** @returns how the run failed, if it did */
  async function run(name: string, event: string): Promise<string | undefined> {
    try {
      const response = await fetch(`${lambdaUrl}/2015-03-31/functions/${name}/invocations`, {
        method: 'POST',
        headers: { 'x-amz-invocation-type': 'RequestResponse' },
        body: event,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(RUN_MS)]),
      });
      const text = await response.text();
      const failed = !response.ok || response.headers.has('x-amz-function-error');
      return failed ? `HTTP ${response.status} ${text.slice(0, 200)}` : undefined;
    } catch (error) {
      return error instanceof Error ? `${error.name} ${error.message}` : 'unknown';
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (request.method === 'GET' && request.url === '/__dead-letters') {
      return send(response, 200, deadLetters);
    }
    const name = /^\/2015-03-31\/functions\/([\w-]+)\/invocations$/.exec(request.url ?? '')?.[1];
    const refuse = (status: number, type: string) =>
      send(response, status, { Type: 'User', Message: type }, { 'x-amzn-errortype': type });
    if (request.method !== 'POST' || name === undefined) {
      return refuse(404, 'UnknownOperationException');
    }
    if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
      return refuse(403, 'MissingAuthenticationTokenException');
    }
    if (!functions.includes(name)) return refuse(404, 'ResourceNotFoundException');
    if (request.headers['x-amz-invocation-type'] !== 'Event') {
      return refuse(400, 'InvalidParameterValueException');
    }
    if (body === undefined) return refuse(413, 'RequestTooLargeException');
    if (!isJson(body)) return refuse(400, 'InvalidRequestContentException');
    if (underWay.size >= WAITING) return refuse(429, 'TooManyRequestsException');
    // The stand-in closing ends it.
    const delivered = deliver(name, body)
      .catch(() => undefined)
      .finally(() => underWay.delete(delivered));
    underWay.add(delivered);
    response.writeHead(202, { 'x-amzn-requestid': randomUUID() }).end();
  }

  const server = createServer((request, response) => {
    // Browsers name the page's origin; SDKs send none. No page may run functions.
    if (request.headers.origin !== undefined) {
      response.writeHead(403, { connection: 'close' }).end();
      return;
    }
    answer(request, response).catch(() => request.socket.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deadLetters,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async close() {
      closing.abort();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** @returns nothing for one that is too long, which is read to its end all the same */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= EVENT_BYTES) chunks.push(chunk);
    if (length > 64 * EVENT_BYTES) throw new Error('request body without end');
  }
  return length > EVENT_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
