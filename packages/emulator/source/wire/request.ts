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
  /** Empty where `form` has the content. */
  body: string;
  /** The bytes of a multipart form. */
  form?: Buffer;
}

/** An image of 2 MB in a message of webhook/send, as base64. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** Above the 20 MB of the largest file that WeCom takes (document 90253), so that more has its errcode. */
const MAX_FORM_BYTES = 32 * 1024 * 1024;

/** Connections that have carried a request. */
const used = new WeakSet<object>();

/** Reads the whole request. Returns undefined when the body is larger than 3 MB, a form than 32 MB. */
export async function readRequest(message: IncomingMessage): Promise<Incoming | undefined> {
  const isReused = used.has(message.socket);
  used.add(message.socket);
  const isForm = /^multipart\/form-data\b/i.test(message.headers['content-type'] ?? '');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > (isForm ? MAX_FORM_BYTES : MAX_BODY_BYTES)) return undefined;
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
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
    body: isForm ? '' : bytes.toString('utf8'),
    ...(isForm && { form: bytes }),
  };
}
