import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import { readAnswer } from './answer.ts';
import { WecomBadBody, WecomBadStatus, WecomErrcode, WecomTransportError } from './errors.ts';
import type { WecomAnswer } from './read.ts';
import {
  ConnectionFailed,
  createTransport,
  type Transport,
  type TransportRequest,
} from './transport.ts';

export type { WecomAnswer } from './read.ts';

/** One call of WeCom's API. */
export interface WecomCall {
  /** Path below `/cgi-bin/`, such as `user/get`. */
  readonly api: string;
  readonly query: Readonly<Record<string, string>>;
  /** Sent as a JSON POST; without it the request is a GET. */
  readonly body?: Readonly<Record<string, string>>;
  /** Whether it may be sent again if the connection broke. A call that spends a code or ticket may not. */
  readonly idempotent: boolean;
  /** Default: 1 MiB, far more than an answer about one member or department. */
  readonly maxAnswerBytes?: number;
  /** For the call with its retries. Default: 3 000. */
  readonly timeoutMilliseconds?: number;
}

/**
 * Calls WeCom, within the call's time limit and never past the invocation's deadline.
 *
 * Ends in an answer or in exactly one of `WecomTransportError`, `WecomBadStatus`, `WecomBadBody`,
 * `WecomErrcode`.
 */
export type WecomClient = (call: WecomCall, invocation: Invocation) => Promise<WecomAnswer>;

const CALL_TIMEOUT_MS = 3_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
/** "System busy": WeCom asks for at most three retries (document 90313). */
const BUSY = -1;
const BUSY_PAUSES_MS = [100, 200, 400];
/** The caller's IP is not among 企业可信IP (document 90313). */
const CALLER_IP_REFUSED = 60020;

/**
 * Makes the client that sends all calls to WeCom. It repeats a call up to three times if WeCom is busy,
 * and an idempotent call once if its connection broke.
 *
 * @param baseUrl origin, with a path prefix if there is a proxy, without a trailing slash
 */
export function createWecomClient(baseUrl: string, clock: Clock): WecomClient {
  const transport = createTransport(baseUrl, clock);

  async function callOnce(call: WecomCall, deadline: number): Promise<WecomAnswer> {
    const left = deadline - clock.now();
    if (left <= 0) {
      const details = { api: call.api };
      throw new WecomTransportError('No time left to call WeCom', details, {
        mayHaveArrived: false,
      });
    }
    return readAnswer(call.api, await send(transport, call, left), secretsOf(call));
  }

  async function callWithRetries(call: WecomCall, deadline: number): Promise<WecomAnswer> {
    const pauses = [...BUSY_PAUSES_MS];
    let mayResend = call.idempotent;
    for (;;) {
      try {
        return await callOnce(call, deadline);
      } catch (error) {
        if (error instanceof WecomErrcode && error.errcode === BUSY) {
          const pause = pauses.shift();
          if (pause === undefined || clock.now() + pause >= deadline) throw error;
          await clock.sleep(pause);
        } else if (mayResend && error instanceof WecomTransportError && error.connectionBroke) {
          mayResend = false;
        } else {
          throw error;
        }
      }
    }
  }

  return async function client(call, invocation) {
    const start = clock.now();
    const { timeoutMilliseconds = CALL_TIMEOUT_MS } = call;
    try {
      return await callWithRetries(
        call,
        Math.min(start + timeoutMilliseconds, invocation.deadline),
      );
    } catch (error) {
      if (error instanceof WecomErrcode && error.errcode === CALLER_IP_REFUSED) {
        // Counted here, because some callers catch the error and continue.
        invocation.log.metric('CallerIpRefused', 'WeCom refused our IP', error.details);
      }
      throw error;
    } finally {
      invocation.waitedForWecom(clock.now() - start);
    }
  };
}

/**
 * Sends one request and returns the text of the answer.
 *
 * @throws WecomTransportError, WecomBadStatus, WecomBadBody when the answer is too long
 */
async function send(
  transport: Transport,
  call: WecomCall,
  timeoutMilliseconds: number,
): Promise<string> {
  const { api, query, body, maxAnswerBytes = MAX_ANSWER_BYTES } = call;
  const path = `/cgi-bin/${api}?${new URLSearchParams(query)}`;
  const request: TransportRequest = { path, body: body && JSON.stringify(body), maxAnswerBytes };
  const answer = await transport(request, timeoutMilliseconds).catch((error: unknown) => {
    throw error instanceof ConnectionFailed ? wecomErrorOf(error, request, api) : error;
  });
  if (answer.status !== 200) throw new WecomBadStatus(api, answer.status);
  return answer.text;
}

function wecomErrorOf(
  { why, code, reusedSocket, connected }: ConnectionFailed,
  { maxAnswerBytes }: TransportRequest,
  api: string,
) {
  if (why === 'too-long') {
    return new WecomBadBody('The answer is too long', { api, limit: maxAnswerBytes });
  }
  const connectionBroke = why === 'broken';
  return new WecomTransportError(
    connectionBroke ? 'The connection to WeCom failed' : 'WeCom did not answer in time',
    connectionBroke
      ? { api, cause: code, reusedSocket }
      : { api, phase: why === 'timeout' ? 'call' : 'connect' },
    { connectionBroke, mayHaveArrived: connected },
  );
}

/** An errmsg must not show these parameters. A userid or another id it may. */
const SECRET_PARAMETERS = ['access_token', 'corpsecret', 'code', 'user_ticket'];

function secretsOf({ query, body }: WecomCall): string[] {
  return Object.entries({ ...query, ...body })
    .filter(([name]) => SECRET_PARAMETERS.includes(name))
    .map(([, value]) => value);
}
