import type { IncomingMessage } from 'node:http';

/** What the emulator reads of a request; headers other than these never influence an API answer. */
export interface Incoming {
  method: string;
  scheme: 'http' | 'https';
  path: string;
  query: URLSearchParams;
  /** The query as sent, without the question mark. */
  rawQuery: string;
  headers: IncomingMessage['headers'];
  /** The address of the socket's other end; X-Forwarded-For is ignored, as WeCom ignores it. */
  ip: string;
  /** Whether the connection carried another request before this one. */
  isReused: boolean;
  body: string;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** Connections that have carried a request. */
const used = new WeakSet<object>();

/** Reads the whole request. Returns undefined when the body is larger than 1 MB. */
export async function readRequest(message: IncomingMessage): Promise<Incoming | undefined> {
  const isReused = used.has(message.socket);
  used.add(message.socket);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  const rawQuery = mark < 0 ? '' : target.slice(mark + 1);
  return {
    method: message.method ?? 'GET',
    scheme: 'encrypted' in message.socket ? 'https' : 'http',
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(rawQuery),
    rawQuery,
    headers: message.headers,
    ip: (message.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    isReused,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
