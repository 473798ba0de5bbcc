import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../clock.ts';
import { watchIdleConnections } from '../idleConnections.ts';

/** One HTTP request to the transport's server. */
export interface TransportRequest {
  /** With its query; begins with `/`. */
  readonly path: string;
  /** JSON, sent by POST; without it the request is a GET. */
  readonly body?: string | undefined;
  readonly maxAnswerBytes: number;
}

/** An answer of any status. */
export interface TransportAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * @param timeoutMilliseconds until the last byte of the answer
 * @throws ConnectionFailed
 */
export type Transport = (
  request: TransportRequest,
  timeoutMilliseconds: number,
) => Promise<TransportAnswer>;

/** For the connection and its TLS handshake. */
const CONNECT_TIMEOUT_MS = 1_000;

/**
 * There is no complete answer. client.ts turns this into one of the errors of errors.ts. Node's message
 * is dropped, because it may contain the URL and with it a token.
 */
export class ConnectionFailed extends Error {
  override readonly name = 'ConnectionFailed';
  readonly why: 'connect-timeout' | 'timeout' | 'broken' | 'too-long';
  /** Node's or the system's code of a broken connection, such as `ECONNRESET`; otherwise `''`. */
  readonly code: string;
  /** Whether the connection had served a request before: the server may have closed it as idle. */
  readonly reusedSocket: boolean;
  /** Whether there was a connection, so that the request may have arrived. */
  readonly connected: boolean;

  constructor(
    why: ConnectionFailed['why'],
    { code = '', reusedSocket = false, connected = true } = {},
  ) {
    super(`No answer: ${why}`);
    this.why = why;
    this.code = code;
    this.reusedSocket = reusedSocket;
    this.connected = connected;
  }
}

/**
 * Sends requests to one server, over kept-alive connections.
 *
 * `node:http` and `node:https` rather than the global `fetch`, whose first use costs a cold start
 * 40 ms. Redirects are never followed, so only the configured server is ever contacted.
 *
 * @param origin such as `https://qyapi.weixin.qq.com`; a path prefix is put before every path
 */
export function createTransport(origin: string, clock: Clock): Transport {
  const secure = origin.startsWith('https:');
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const request = secure ? httpsRequest : httpRequest;
  const idle = watchIdleConnections(agent, clock);

  return function send({ path, body, maxAnswerBytes }, timeoutMilliseconds) {
    idle.closeStale();
    return new Promise((resolve, reject) => {
      const headers =
        body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const outgoing = request(
        origin + path,
        { method: body === undefined ? 'GET' : 'POST', agent, headers },
        (incoming) => {
          const text = readText(incoming, maxAnswerBytes);
          text.then((text) => resolve({ status: incoming.statusCode ?? 0, text }), fail);
        },
      );
      let connected = false;
      const timeout = () => fail(new ConnectionFailed('timeout', { connected }));
      const timers = [setTimeout(timeout, timeoutMilliseconds)];

      function fail(reason: unknown) {
        outgoing.destroy();
        reject(
          reason instanceof ConnectionFailed ? reason : broken(reason as NodeJS.ErrnoException),
        );
      }
      function broken({ code = 'unknown' }: NodeJS.ErrnoException) {
        const { reusedSocket } = outgoing;
        // The other idle connections are probably dead too, and a retry must not use one.
        if (reusedSocket) idle.closeAll();
        return new ConnectionFailed('broken', { code, reusedSocket, connected });
      }

      outgoing.on('error', fail);
      // Node would end such a request without an error.
      outgoing.on('upgrade', () => fail(new ConnectionFailed('broken', { code: 'upgrade' })));
      outgoing.on('close', () => timers.forEach(clearTimeout));
      outgoing.on('socket', (socket) => {
        connected = !socket.connecting;
        if (connected) return;
        const slow = () => fail(new ConnectionFailed('connect-timeout', { connected: false }));
        const timer = setTimeout(slow, CONNECT_TIMEOUT_MS);
        timers.push(timer);
        socket.once(secure ? 'secureConnect' : 'connect', () => {
          connected = true;
          clearTimeout(timer);
        });
      });
      outgoing.end(body);
    });
  };
}

function readText(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  // Not `for await`: a stream's iterator costs a sign-in some 3 % of its CPU.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else reject(new ConnectionFailed('too-long'));
    });
    incoming.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    incoming.on('error', reject);
  });
}
