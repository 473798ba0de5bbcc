import {
  createServer,
  request as forward,
  type IncomingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Listening, listen } from '../harness/listen.ts';

/** A request as it reached the sign-in API. */
export interface Received {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** The network in front of the sign-in API: records requests, and breaks on demand. */
export interface Front extends Listening {
  /** Where requests go; undefined: the connection is reset. */
  target: string | undefined;
  /** Answers requests for `/api/…` instead of the API. */
  fault: ((response: ServerResponse) => void) | undefined;
  readonly received: Received[];
  /** @returns how many requests had this in their path */
  count(part: string): number;
}

export async function startFront(): Promise<Front> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    received.push({ method, path, headers });
    const body = await buffer(request);
    if (front.target === undefined) return request.socket.resetAndDestroy();
    if (front.fault && path.startsWith('/api/')) return front.fault(response);
    // Java asks for HTTP/2 by `upgrade`, which is for one connection only.
    const { connection: _connection, upgrade: _upgrade, ...kept } = headers;
    const forwarded = forward(front.target + path, { method, headers: kept }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    forwarded.end(body);
  });
  const front: Front = {
    ...(await listen(server)),
    target: undefined,
    fault: undefined,
    received,
    count: (part) => received.filter(({ path }) => path.includes(part)).length,
  };
  return front;
}
