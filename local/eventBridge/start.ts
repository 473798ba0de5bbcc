import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, startStandIn } from '../standIn.ts';
import {
  type BusEvent,
  EventBridgeError,
  isJson,
  type Json,
  problemOf,
  readEntries,
} from './entries.ts';

/** A stand-in for EventBridge's event buses. Its events are in memory only. */
export interface EventBridge {
  readonly url: string;
  /** The last 1000 events on any bus, in order; also at `GET /__events`. */
  readonly events: readonly BusEvent[];
  /** The operations of the last 1000 requests that were understood. */
  readonly requests: readonly string[];
  /** What goes wrong; a test sets it. */
  readonly faults: EventBridgeFaults;
  close(): Promise<void>;
}

export interface EventBridgeFaults {
  /** Every connection is reset. */
  isDown: boolean;
  /** So many PutEvents requests are refused with ThrottlingException. */
  throttled: number;
  /** Whether an entry is refused in a response of 200; called for each. */
  refuses: (entry: Json) => boolean;
}

export interface EventBridgeOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** The names of the buses that exist. */
  readonly buses: readonly string[];
}

const ACCOUNT = '123456789012';
const MAX_EVENTS = 1_000;
const MAX_BODY_BYTES = 1024 * 1024;

/** PutEvents and DescribeEventBus, with EventBridge's documented rules. */
export async function startEventBridge({
  port = 0,
  buses,
}: EventBridgeOptions): Promise<EventBridge> {
  const events: BusEvent[] = [];
  const requests: string[] = [];
  const faults: EventBridgeFaults = { isDown: false, throttled: 0, refuses: () => false };

  function putEvents(input: Json, region: string) {
    if (faults.throttled > 0) {
      faults.throttled -= 1;
      throw new EventBridgeError('ThrottlingException', 'Rate exceeded');
    }
    const results = readEntries(input).map((entry) => {
      const problem = problemOf(entry);
      if (problem) return { ErrorCode: problem.code, ErrorMessage: problem.message };
      if (faults.refuses(entry)) {
        return { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal Service Failure' };
      }
      const id = randomUUID();
      // AWS accepts events for a bus that does not exist, and drops them.
      if (buses.includes(nameOf(entry['EventBusName']))) keep(entry, id, region);
      return { EventId: id };
    });
    const FailedEntryCount = results.filter((result) => 'ErrorCode' in result).length;
    return { FailedEntryCount, Entries: results };
  }

  function keep(entry: Json, id: string, region: string): void {
    const at = typeof entry['Time'] === 'number' ? entry['Time'] * 1_000 : Date.now();
    events.push({
      version: '0',
      id,
      'detail-type': String(entry['DetailType']),
      source: String(entry['Source']),
      account: ACCOUNT,
      time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
      region,
      resources: (entry['Resources'] as string[] | undefined) ?? [],
      detail: JSON.parse(String(entry['Detail'])),
    });
    if (events.length > MAX_EVENTS) events.shift();
  }

  function describeEventBus(input: Json, region: string) {
    const name = nameOf(input['Name']);
    if (!buses.includes(name)) {
      throw new EventBridgeError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
    }
    return { Name: name, Arn: `arn:aws:events:${region}:${ACCOUNT}:event-bus/${name}` };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (faults.isDown) return void request.socket.resetAndDestroy();
    const body = await readBody(request, MAX_BODY_BYTES);
    if (request.method === 'GET' && request.url === '/__events') return send(response, 200, events);
    try {
      const { operation, input, region } = parse(request, body);
      requests.push(operation);
      if (requests.length > MAX_EVENTS) requests.shift();
      const run = { PutEvents: putEvents, DescribeEventBus: describeEventBus }[operation];
      send(response, 200, run(input, region));
    } catch (error) {
      const known =
        error instanceof EventBridgeError
          ? error
          : new EventBridgeError('InternalException', '', 500);
      send(response, known.status, { __type: known.type, message: known.message });
    }
  }

  const server = await startStandIn(answer, { port });

  return {
    url: server.url,
    events,
    requests,
    faults,
    close: server.close,
  };
}

/** A bus is named by its name or its ARN; without either it is the account's default bus. */
function nameOf(value: unknown): string {
  return String(value ?? 'default').replace(/^arn:[^/]*:event-bus\//, '');
}

/** @throws EventBridgeError if it is not a request of an SDK. The signature itself is not checked */
function parse(request: IncomingMessage, body: Buffer | undefined) {
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (request.method !== 'POST' || type !== 'application/x-amz-json-1.1') {
    throw new EventBridgeError('UnknownOperationException', '', 404);
  }
  const target = String(request.headers['x-amz-target'] ?? '');
  const operation = /^AWSEvents\.(PutEvents|DescribeEventBus)$/.exec(target)?.[1];
  if (operation === undefined) throw new EventBridgeError('UnknownOperationException');
  const { authorization = '' } = request.headers;
  const region = /^AWS4-HMAC-SHA256 Credential=[^/,]+\/\d{8}\/([\w-]+)\/events\/aws4_request/.exec(
    authorization,
  )?.[1];
  if (region === undefined) {
    throw new EventBridgeError(
      'MissingAuthenticationTokenException',
      'Missing Authentication Token',
    );
  }
  if (body === undefined) throw new EventBridgeError('RequestEntityTooLargeException', '', 413);
  let input: unknown;
  try {
    input = JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's message quotes what it read.
  }
  if (!isJson(input)) throw new EventBridgeError('SerializationException');
  return { operation: operation as 'PutEvents' | 'DescribeEventBus', input, region };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': randomUUID(),
  });
  response.end(JSON.stringify(body));
}
