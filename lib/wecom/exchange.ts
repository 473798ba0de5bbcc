import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import { WecomBadBody, WecomBadStatus, WecomErrcode, WecomTransportError } from './errors.ts';

/** One call of WeCom's API. */
export interface WecomCall {
  /** Path below `/cgi-bin/`, such as `user/get`. */
  api: string;
  query: Record<string, string>;
  /** Sent as a JSON POST; without it the call is a GET. */
  body?: Record<string, string>;
  /** May be sent again when a connection broke. A call that spends a code or a ticket may not. */
  idempotent: boolean;
}

/** An answer whose errcode is 0 or absent. */
export type WecomAnswer = Record<string, unknown>;

export type Exchange = (call: WecomCall, invocation: Invocation) => Promise<WecomAnswer>;

const CONNECT_MILLISECONDS = 1_000;
const CALL_MILLISECONDS = 3_000;
/** The largest answer we read is tag/get of a tag with some ten thousand members. */
const BODY_BYTES = 2 * 1024 * 1024;
/** "System busy": at most three more tries, says WeCom (document 90313). */
const BUSY = -1;
const BUSY_RETRY_MILLISECONDS = [100, 200, 400];
/** The caller's IP is not among 企业可信IP (document 90313). */
const CALLER_IP_REFUSED = 60020;
/** Codes and tokens are far longer; what is shorter is an id, or a word that an errmsg may well use. */
const SHORTEST_SECRET = 16;
/** A Lambda may have been frozen for minutes; a socket that idle is likely dead. */
const IDLE_SOCKET_MILLISECONDS = 10_000;

/**
 * The one place that talks to WeCom. Every call ends in an answer or in exactly one of
 * `WecomTransportError`, `WecomBadStatus`, `WecomBadBody`, `WecomErrcode`.
 *
 * `node:http` and `node:https` rather than the global `fetch`, whose first use costs a cold start
 * 40 ms. Redirects are never followed, so only the configured host is ever contacted.
 *
 * @param baseUrl origin, with a path prefix if there is a proxy, without a trailing slash
 */
export function createExchange(baseUrl: string, clock: Clock): Exchange {
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

  function send(call: WecomCall, milliseconds: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const body = call.body === undefined ? undefined : JSON.stringify(call.body);
      const outgoing = request(
        `${baseUrl}/cgi-bin/${call.api}?${new URLSearchParams(call.query)}`,
        {
          method: body === undefined ? 'GET' : 'POST',
          agent: connections(),
          headers:
            body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (incoming) => readText(call.api, incoming).then(resolve, fail),
      );
      const timers = [setTimeout(() => fail(timeout('call')), milliseconds)];

      // Node's own messages can hold the URL, and with it the token: only the error's code is kept.
      function fail(reason: unknown) {
        outgoing.destroy();
        if (reason instanceof WecomBadStatus || reason instanceof WecomBadBody) reject(reason);
        else reject(reason instanceof WecomTransportError ? reason : broken(reason));
      }
      function timeout(phase: string) {
        return new WecomTransportError('WeCom did not answer in time', { api: call.api, phase });
      }
      function broken(reason: unknown) {
        const cause = (reason as NodeJS.ErrnoException).code ?? 'unknown';
        return new WecomTransportError('The connection to WeCom failed', {
          api: call.api,
          cause,
          reusedSocket: outgoing.reusedSocket,
        });
      }

      outgoing.on('error', fail);
      outgoing.on('close', () => timers.forEach(clearTimeout));
      outgoing.on('socket', (socket) => {
        if (!socket.connecting) return;
        const timer = setTimeout(() => fail(timeout('connect')), CONNECT_MILLISECONDS);
        timers.push(timer);
        socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(timer));
      });
      outgoing.end(body);
    });
  }

  async function attempt(call: WecomCall, deadline: number): Promise<WecomAnswer> {
    const left = deadline - clock.now();
    if (left <= 0) {
      throw new WecomTransportError('No time left to ask WeCom', { api: call.api });
    }
    return readAnswer(call, await send(call, left));
  }

  return async function exchange(call, invocation) {
    const start = clock.now();
    const deadline = Math.min(start + CALL_MILLISECONDS, invocation.deadline);
    let resent = !call.idempotent;
    let busy = 0;
    try {
      for (;;) {
        try {
          return await attempt(call, deadline);
        } catch (error) {
          if (error instanceof WecomErrcode && error.errcode === BUSY) {
            const pause = BUSY_RETRY_MILLISECONDS[busy++];
            if (pause === undefined || clock.now() + pause >= deadline) throw error;
            await clock.sleep(pause);
          } else if (error instanceof WecomTransportError && error.details['cause'] && !resent) {
            resent = true;
          } else {
            if (error instanceof WecomErrcode && error.errcode === CALLER_IP_REFUSED) {
              // Here and not where it ends: much of what asks WeCom goes on without the answer.
              invocation.log.metric('CallerIpRefused', 'WeCom refused our IP', error.details);
            }
            throw error;
          }
        }
      }
    } finally {
      invocation.waitedForWecom(clock.now() - start);
    }
  };
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

async function readAnswer(call: WecomCall, text: string): Promise<WecomAnswer> {
  const { api } = call;
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // The parser's own message quotes the body: dropped.
    throw new WecomBadBody('The answer is not JSON', { api, characters: text.length });
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new WecomBadBody('The answer is not a JSON object', { api });
  }
  const { errcode = 0, errmsg = '' } = answer as WecomAnswer;
  // Some endpoints leave errcode out on success; proxies have been seen to quote it.
  const number = typeof errcode === 'string' && /^-?\d{1,9}$/.test(errcode) ? +errcode : errcode;
  if (!Number.isInteger(number)) {
    throw new WecomBadBody('The errcode is not a number', { api });
  }
  if (number !== 0) {
    // The catalogue is long and a sign-in that works never needs it.
    const { errcodeEntry } = await import('./errcodes.ts');
    const said = withoutQuotes(String(errmsg), call);
    throw new WecomErrcode(api, number as number, said, errcodeEntry(number as number));
  }
  return answer as WecomAnswer;
}

/** WeCom is known to quote a wrong userid; a token, a code or a ticket must not come into the log so. */
function withoutQuotes(errmsg: string, { query, body }: WecomCall): string {
  const sent = [...Object.values(query), ...Object.values(body ?? {})];
  return sent
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .reduce((text, value) => text.replaceAll(value, '…'), errmsg);
}
