import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { readBody, startStandIn } from '../standIn.ts';

/** A stand-in for one SQS queue that a Lambda function reads. Its messages are in memory only. */
export interface Sqs {
  readonly url: string;
  readonly queueUrl: string;
  /** Messages whose function failed in every run, in order; also at `GET /__dead-letters`. */
  readonly deadLetters: readonly DeadLetter[];
  /** The operations of the last 1000 requests that were understood. */
  readonly requests: readonly string[];
  readonly faults: SqsFaults;
  /** Resolves when every accepted message is processed or a dead letter. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** What goes wrong; a test sets it. */
export interface SqsFaults {
  /** Every connection is reset. */
  isDown: boolean;
  /** Every message is refused in a response of 200. */
  refuses: boolean;
}

export interface DeadLetter {
  readonly body: string;
  /** The error of the last run. */
  readonly problem: string;
  readonly at: string;
}

export interface SqsOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  readonly queue: string;
  /** serverless-offline's Lambda port, which runs functions synchronously. */
  readonly lambdaUrl: string;
  /** The function that reads the queue, ten messages at a time. It reports the messages that failed. */
  readonly function: string;
  /** Before each further run. */
  readonly pausesMs?: readonly number[];
  readonly onDeadLetter?: (letter: DeadLetter) => void;
}

interface Message {
  readonly messageId: string;
  readonly body: string;
  receives: number;
}

/** The function of a stack that is starting is not there yet. */
const RETRY_PAUSES_MS = [1_000, 2_000, 4_000, 8_000];
/** Longer than any function's timeout. */
const RUN_TIMEOUT_MS = 70_000;
const ACCOUNT = '000000000000';
const BATCH = 10;
/** What every region accepts for all messages of a request together. */
const MAX_BYTES = 256 * 1024;
const MAX_BODY_BYTES = 4 * MAX_BYTES;
const MAX_WAITING = 1_000;
const MAX_KEPT = 1_000;
/** The characters that a message may not hold (Amazon SQS API reference, SendMessage). */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

export async function startSqs(options: SqsOptions): Promise<Sqs> {
  const { queue, lambdaUrl, pausesMs = RETRY_PAUSES_MS, onDeadLetter } = options;
  const deadLetters: DeadLetter[] = [];
  const requests: string[] = [];
  const faults: SqsFaults = { isDown: false, refuses: false };
  const underWay = new Set<Promise<void>>();
  const closing = new AbortController();
  let waiting = 0;

  /** Delivers a batch until each message of it is processed, or was received too often. */
  async function deliver(batch: readonly Message[]): Promise<void> {
    let left = batch;
    let problem = '';
    for (const pauseMs of [0, ...pausesMs]) {
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal: closing.signal });
      const outcome = await run(left);
      left = left.filter(({ messageId }) => outcome.failed.includes(messageId));
      if (left.length === 0) return;
      problem = outcome.problem;
    }
    for (const { body } of left) {
      const letter = { body, problem, at: new Date().toISOString() };
      deadLetters.push(letter);
      if (deadLetters.length > MAX_KEPT) deadLetters.shift();
      onDeadLetter?.(letter);
    }
  }

  async function run(batch: readonly Message[]): Promise<{ failed: string[]; problem: string }> {
    const all = batch.map(({ messageId }) => messageId);
    for (const message of batch) message.receives += 1;
    const Records = batch.map(({ messageId, body, receives }) => ({
      messageId,
      receiptHandle: randomUUID(),
      body,
      attributes: { ApproximateReceiveCount: String(receives) },
      messageAttributes: {},
      md5OfBody: md5(body),
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:local:${ACCOUNT}:${queue}`,
      awsRegion: 'local',
    }));
    try {
      const address = `${lambdaUrl}/2015-03-31/functions/${options.function}/invocations`;
      const response = await fetch(address, {
        method: 'POST',
        headers: { 'x-amz-invocation-type': 'RequestResponse' },
        body: JSON.stringify({ Records }),
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(RUN_TIMEOUT_MS)]),
      });
      const text = await response.text();
      if (!response.ok || response.headers.has('x-amz-function-error')) {
        return { failed: all, problem: `HTTP ${response.status} ${text.slice(0, 200)}` };
      }
      const { batchItemFailures = [] } = (JSON.parse(text) ?? {}) as {
        batchItemFailures?: { itemIdentifier: string }[];
      };
      const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      // AWS takes a name that it does not know for a failure of the whole batch.
      const isKnown = failed.every((each) => all.includes(each));
      return { failed: isKnown ? failed : all, problem: 'the function reported it' };
    } catch (error) {
      const problem = error instanceof Error ? `${error.name} ${error.message}` : 'unknown';
      return { failed: all, problem };
    }
  }

  function sendMessageBatch(input: Json) {
    const entries = input['Entries'];
    if (input['QueueUrl'] !== sqs.queueUrl) throw new SqsError('QueueDoesNotExist');
    if (!Array.isArray(entries) || entries.length === 0) {
      throw new SqsError('EmptyBatchRequest');
    }
    if (entries.length > BATCH) throw new SqsError('TooManyEntriesInBatchRequest');
    const ids = entries.map((entry) => String(entry?.Id));
    if (new Set(ids).size !== ids.length) throw new SqsError('BatchEntryIdsNotDistinct');
    if (!ids.every((id) => /^[\w-]{1,80}$/.test(id))) throw new SqsError('InvalidBatchEntryId');
    const bodies = entries.map((entry) => entry?.MessageBody as unknown);
    const bytes = bodies.reduce<number>((sum, body) => sum + Buffer.byteLength(String(body)), 0);
    if (bytes > MAX_BYTES) throw new SqsError('BatchRequestTooLong');
    const Successful: object[] = [];
    const Failed: object[] = [];
    const accepted: Message[] = [];
    for (const [at, body] of bodies.entries()) {
      const Id = ids[at];
      const fail = (Code: string) => Failed.push({ Id, Code, SenderFault: true });
      if (faults.refuses) fail('InternalError');
      else if (typeof body !== 'string' || body === '') fail('MissingParameter');
      else if (FORBIDDEN.test(body)) fail('InvalidMessageContents');
      else {
        const messageId = randomUUID();
        accepted.push({ messageId, body, receives: 0 });
        Successful.push({ Id, MessageId: messageId, MD5OfMessageBody: md5(body) });
      }
    }
    if (waiting + accepted.length > MAX_WAITING) throw new SqsError('RequestThrottled');
    if (accepted.length > 0) {
      waiting += accepted.length;
      // The stand-in closing ends it.
      const delivered = deliver(accepted)
        .catch(() => undefined)
        .finally(() => {
          waiting -= accepted.length;
          underWay.delete(delivered);
        });
      underWay.add(delivered);
    }
    return { Successful, Failed };
  }

  function getQueueUrl(input: Json) {
    if (input['QueueName'] !== queue) throw new SqsError('QueueDoesNotExist');
    return { QueueUrl: sqs.queueUrl };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (faults.isDown) return void request.socket.resetAndDestroy();
    const body = await readBody(request, MAX_BODY_BYTES);
    if (request.method === 'GET' && request.url === '/__dead-letters') {
      return send(response, 200, deadLetters);
    }
    try {
      const { operation, input } = parse(request, body);
      requests.push(operation);
      if (requests.length > MAX_KEPT) requests.shift();
      const output = operation === 'SendMessageBatch' ? sendMessageBatch : getQueueUrl;
      send(response, 200, output(input));
    } catch (error) {
      const known = error instanceof SqsError ? error : new SqsError('InternalError', 500);
      send(response, known.status, { __type: `com.amazonaws.sqs#${known.type}`, message: '' });
    }
  }

  const server = await startStandIn(answer, options);
  const url = server.url;

  const sqs: Sqs = {
    url,
    queueUrl: `${url}/${ACCOUNT}/${queue}`,
    deadLetters,
    requests,
    faults,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async close() {
      closing.abort();
      await server.close();
    },
  };
  return sqs;
}

type Json = Readonly<Record<string, unknown>>;

/** An error response of the service. */
class SqsError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, status = 400) {
    super(type);
    this.type = type;
    this.status = status;
  }
}

/** @throws SqsError if it is not a request of an SDK. The signature itself is not checked */
function parse(request: IncomingMessage, body: Buffer | undefined) {
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (request.method !== 'POST' || type !== 'application/x-amz-json-1.0') {
    throw new SqsError('UnsupportedOperation', 404);
  }
  const target = String(request.headers['x-amz-target'] ?? '');
  const operation = /^AmazonSQS\.(SendMessageBatch|GetQueueUrl)$/.exec(target)?.[1];
  if (operation === undefined) throw new SqsError('UnsupportedOperation');
  const signed = /^AWS4-HMAC-SHA256 Credential=[^/,]+\/\d{8}\/[\w-]+\/sqs\/aws4_request/;
  if (!signed.test(request.headers.authorization ?? '')) {
    throw new SqsError('MissingAuthenticationToken', 403);
  }
  if (body === undefined) throw new SqsError('RequestEntityTooLarge', 413);
  let input: unknown;
  try {
    input = JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's message quotes what it read.
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new SqsError('SerializationException');
  }
  return { operation, input: input as Json };
}

/** SQS tells it, and the SDK compares. */
function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-requestid': randomUUID(),
  });
  response.end(JSON.stringify(body));
}
