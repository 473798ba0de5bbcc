import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../clock.ts';
import { WecomBadBody, WecomBadStatus, WecomTransportError } from './errors.ts';

/** One HTTP request to WeCom. */
export interface WecomRequest {
  /** Path below `/cgi-bin/`, such as `user/get`. */
  readonly api: string;
  readonly query: Record<string, string>;
  /** Sent as a JSON POST; without it the request is a GET. */
  readonly body?: Record<string, string>;
}

/**
 * Sends one request and gives the text of the answer.
 *
 * @param milliseconds until it must have come, whole
 * @throws WecomTransportError, WecomBadStatus; WecomBadBody when it is longer than 2 MB
 */
export type Transport = (request: WecomRequest, milliseconds: number) => Promise<string>;

const CONNECT_MILLISECONDS = 1_000;
/** The largest answer we read is tag/get of a tag with some ten thousand members. */
const BODY_BYTES = 2 * 1024 * 1024;
/** A Lambda may have been frozen for minutes; a socket that idle is likely dead. */
const IDLE_SOCKET_MILLISECONDS = 10_000;

/**
 * HTTP to one host, on connections that are kept. Redirects are never followed, so only this host
 * is ever contacted.
 *
 * `node:http` and `node:https` rather than the global `fetch`, whose first use costs a cold start
 * 40 ms.
 *
 * @param baseUrl origin, with a path prefix if there is a proxy, without a trailing slash
 */
export function createTransport(baseUrl: string, clock: Clock): Transport {
  const secure = baseUrl.startsWith('https:');
  const newAgent = () =>
    secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const request = secure ? httpsRequest : httpRequest;
  let agent = newAgent();
  let lastUse = clock.now();

  function connections() {
    if (clock.now() - lastUse > IDLE_SOCKET_MILLISECONDS) {
      agent.destroy();
      agent = newAgent();
    }
    lastUse = clock.now();
    return agent;
  }

  return function transport({ api, query, body }, milliseconds) {
    return new Promise((resolve, reject) => {
      const url = `${baseUrl}/cgi-bin/${api}?${new URLSearchParams(query)}`;
      const json = body && JSON.stringify(body);
      const outgoing = request(
        url,
        { agent: connections(), ...(json === undefined ? {} : jsonPost(json)) },
        (incoming) => readText(api, incoming).then(resolve, fail),
      );

      function fail(reason: unknown) {
        outgoing.destroy();
        reject(isOurs(reason) ? reason : broken(reason));
      }
      // Node's own messages can hold the URL, and with it the token: only the error's code is kept.
      function broken(reason: unknown) {
        const cause = (reason as NodeJS.ErrnoException).code ?? 'unknown';
        const { reusedSocket } = outgoing;
        const details = { api, cause, reusedSocket };
        return new WecomTransportError('The connection to WeCom failed', details, true);
      }
      function failAfter(limit: number, phase: 'connect' | 'call') {
        const late = () =>
          fail(new WecomTransportError('WeCom did not answer in time', { api, phase }));
        const timer = setTimeout(late, limit);
        outgoing.on('close', () => clearTimeout(timer));
        return timer;
      }

      failAfter(milliseconds, 'call');
      outgoing.on('error', fail);
      outgoing.on('socket', (socket) => {
        if (!socket.connecting) return;
        const timer = failAfter(CONNECT_MILLISECONDS, 'connect');
        socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(timer));
      });
      outgoing.end(json);
    });
  };
}

function jsonPost(json: string) {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(json),
  };
  return { method: 'POST', headers };
}

function isOurs(reason: unknown): boolean {
  return (
    reason instanceof WecomTransportError ||
    reason instanceof WecomBadStatus ||
    reason instanceof WecomBadBody
  );
}

function readText(api: string, incoming: IncomingMessage): Promise<string> {
  if (incoming.statusCode !== 200) {
    incoming.resume();
    return Promise.reject(new WecomBadStatus(api, incoming.statusCode ?? 0));
  }
  // Not `for await`: a stream's iterator costs a sign-in some 3 % of its CPU.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES) chunks.push(chunk);
      else reject(new WecomBadBody('The answer is too long', { api, limit: BODY_BYTES }));
    });
    incoming.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    incoming.on('error', reject);
  });
}
