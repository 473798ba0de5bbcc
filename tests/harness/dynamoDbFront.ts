import { createServer, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listen } from './listen.ts';

/** A proxy in front of the embedded DynamoDB that records, delays and fails requests. */
export interface DynamoDbFront {
  readonly url: string;
  /** The operations so far, such as `GetItem wecom-auth-local-cache`. */
  readonly requests: string[];
  /** The same requests with their inputs. */
  readonly inputs: DynamoDbInput[];
  /** Every stored access_token. None may be printed. */
  readonly accessTokens: ReadonlySet<string>;
  /** Makes every request fail, or every write; `undefined` ends it. */
  fail(how: Failure | undefined): void;
  /**
   * Delays responses; `0` ends it.
   * @param isLate takes a request in the form of `requests`; default: all requests
   */
  delay(milliseconds: number, isLate?: (request: string) => boolean): void;
  /** Keeps the next request that `isHeld` takes from being carried out, until it is released. */
  hold(isHeld: (request: DynamoDbInput) => boolean): Held;
  close(): Promise<void>;
}

/** `loses-answers`: every write is carried out, and its first answer is lost, so that AWS's client repeats it. */
export type Failure = 'throttled' | 'down' | 'hangs' | 'refuses-writes' | 'loses-answers';

export interface Held {
  /** Resolves when the request is here. */
  readonly reached: Promise<void>;
  release(): void;
}

export interface DynamoDbInput {
  readonly operation: string;
  /** As AWS's API has it, such as `UpdateExpression`. */
  readonly input: Readonly<Record<string, unknown>>;
}

const THROTTLED = JSON.stringify({
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'Slow down',
});

const DENIED = JSON.stringify({
  __type: 'com.amazon.coral.service#AccessDeniedException',
  message: 'Not authorized',
});

export async function startDynamoDbFront(target: string): Promise<DynamoDbFront> {
  const requests: string[] = [];
  const inputs: DynamoDbInput[] = [];
  const accessTokens = new Set<string>();
  let failure: Failure | undefined;
  let lateness = { milliseconds: 0, isLate: (_request: string) => true };
  /** The writes whose first answer was lost, by the id that all attempts of AWS's client have. */
  const lost = new Set<string>();
  const isFirstAttempt = ({ headers }: IncomingMessage): boolean => {
    const id = headers['amz-sdk-invocation-id'];
    // Otherwise only the first answer of all would be lost.
    if (typeof id !== 'string') throw new Error("AWS's client names no invocation");
    const isFirst = !lost.has(id);
    lost.add(id);
    return isFirst;
  };
  const timers = new Set<NodeJS.Timeout>();
  const holds = new Set<(request: DynamoDbInput) => Promise<void> | undefined>();

  const server = createServer(async (incoming, response) => {
    const body = await buffer(incoming);
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    const input = JSON.parse(body.toString() || '{}');
    const { TableName, RequestItems, Item } = input;
    inputs.push({ operation, input });
    const accessToken = Item?.token?.M?.value?.S;
    if (accessToken) accessTokens.add(accessToken);
    const name = `${operation} ${TableName ?? Object.keys(RequestItems ?? {}).join(',')}`;
    requests.push(name);
    for (const hold of holds) await hold({ operation, input });
    const wait = lateness.isLate(name) ? lateness.milliseconds : 0;
    if (failure === 'down') incoming.socket.destroy();
    if (failure === 'down' || failure === 'hangs') return;
    if (failure === 'throttled') {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(THROTTLED);
      return;
    }
    const isWrite = /^(Put|Update|Delete|Transact)/.test(operation);
    if (failure === 'refuses-writes' && isWrite) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(DENIED);
      return;
    }
    const onward = request(
      target,
      { method: incoming.method ?? 'POST', headers: incoming.headers },
      (answer) => {
        if (failure === 'loses-answers' && isWrite && isFirstAttempt(incoming)) {
          answer.resume();
          incoming.socket.destroy();
          return;
        }
        const timer = setTimeout(() => {
          timers.delete(timer);
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }, wait);
        timers.add(timer);
      },
    );
    onward.on('error', () => response.destroy());
    onward.end(body);
  });
  const { url, close } = await listen(server);

  return {
    url,
    requests,
    inputs,
    accessTokens,
    fail: (how) => {
      failure = how;
    },
    delay: (milliseconds, isLate = () => true) => {
      lateness = { milliseconds, isLate };
    },
    hold(isHeld) {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      const hold = (request: DynamoDbInput) => {
        if (!isHeld(request)) return;
        holds.delete(hold);
        reached.resolve();
        return released.promise;
      };
      holds.add(hold);
      return { reached: reached.promise, release: released.resolve };
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      return close();
    },
  };
}
