import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { readBody, startStandIn } from '../standIn.ts';

/** A stand-in for AWS Lambda's asynchronous invocation. Its events are in memory only. */
export interface AsyncInvocation {
  readonly url: string;
  /** Events whose function failed in every run, in order; also at `GET /__dead-letters`. */
  readonly deadLetters: readonly DeadLetter[];
  /** Resolves when every accepted event is processed or a dead letter. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface DeadLetter {
  readonly function: string;
  readonly event: string;
  /** The error of the last run. */
  readonly problem: string;
  readonly at: string;
}

export interface AsyncInvocationOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** serverless-offline's Lambda port, which runs functions synchronously. */
  readonly lambdaUrl: string;
  /** The names of the functions. */
  readonly functions: readonly string[];
  /** Before the second and the third run. AWS waits one minute and two. */
  readonly pausesMs?: readonly number[];
  readonly onDeadLetter?: (letter: DeadLetter) => void;
}

const RETRY_PAUSES_MS = [1_000, 2_000];
/** Longer than any function's timeout. */
const RUN_TIMEOUT_MS = 70_000;
/** AWS's limit for an asynchronous invocation. */
const MAX_EVENT_BYTES = 1024 * 1024;
const MAX_WAITING = 1_000;
const MAX_DEAD_LETTERS = 100;

/**
 * Accepts events at Lambda's `Invoke` API, responds with 202 at once, and runs the function. After two failed
 * retries the event becomes a dead letter. serverless-offline accepts such an invocation too, but does not
 * retry or keep it.
 */
export async function startAsyncInvocation(
  options: AsyncInvocationOptions,
): Promise<AsyncInvocation> {
  const { lambdaUrl, functions, pausesMs = RETRY_PAUSES_MS, onDeadLetter } = options;
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
    if (deadLetters.length > MAX_DEAD_LETTERS) deadLetters.shift();
    onDeadLetter?.(letter);
  }

  /** @returns the error of the run, if any */
  async function run(name: string, event: string): Promise<string | undefined> {
    try {
      const response = await fetch(`${lambdaUrl}/2015-03-31/functions/${name}/invocations`, {
        method: 'POST',
        headers: { 'x-amz-invocation-type': 'RequestResponse' },
        body: event,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(RUN_TIMEOUT_MS)]),
      });
      const text = await response.text();
      const failed = !response.ok || response.headers.has('x-amz-function-error');
      return failed ? `HTTP ${response.status} ${text.slice(0, 200)}` : undefined;
    } catch (error) {
      return error instanceof Error ? `${error.name} ${error.message}` : 'unknown';
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await readBody(request, MAX_EVENT_BYTES))?.toString('utf8');
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
    if (underWay.size >= MAX_WAITING) return refuse(429, 'TooManyRequestsException');
    // The stand-in closing ends it.
    const delivered = deliver(name, body)
      .catch(() => undefined)
      .finally(() => underWay.delete(delivered));
    underWay.add(delivered);
    response.writeHead(202, { 'x-amzn-requestid': randomUUID() }).end();
  }

  const server = await startStandIn(answer, options);

  return {
    url: server.url,
    deadLetters,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async close() {
      closing.abort();
      await server.close();
    },
  };
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
