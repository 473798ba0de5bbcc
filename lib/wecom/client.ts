import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import { readAnswer, type WecomAnswer } from './answer.ts';
import { WecomErrcode, WecomTransportError } from './errors.ts';
import { createWecomTransport, type WecomRequest } from './transport.ts';

export type { WecomAnswer } from './answer.ts';

/** One call of WeCom's API. */
export interface WecomCall extends WecomRequest {
  /** May be sent again when a connection broke. A call that spends a code or a ticket may not. */
  readonly idempotent: boolean;
}

/**
 * Asks WeCom, for three seconds at most and never past the invocation's deadline.
 *
 * Ends in an answer or in exactly one of `WecomTransportError`, `WecomBadStatus`, `WecomBadBody`,
 * `WecomErrcode`.
 */
export type WecomClient = (call: WecomCall, invocation: Invocation) => Promise<WecomAnswer>;

const CALL_MILLISECONDS = 3_000;
/** "System busy": at most three more tries, says WeCom (document 90313). */
const BUSY = -1;
const BUSY_PAUSES = [100, 200, 400];
/** The caller's IP is not among 企业可信IP (document 90313). */
const CALLER_IP_REFUSED = 60020;

/**
 * The one place that talks to WeCom, and decides what is asked again: a busy WeCom three times, and
 * an idempotent call once when its connection broke.
 *
 * @param baseUrl origin, with a path prefix if there is a proxy, without a trailing slash
 */
export function createWecomClient(baseUrl: string, clock: Clock): WecomClient {
  const transport = createWecomTransport(baseUrl, clock);

  async function ask(call: WecomCall, deadline: number): Promise<WecomAnswer> {
    const left = deadline - clock.now();
    if (left <= 0) throw new WecomTransportError('No time left to ask WeCom', { api: call.api });
    const sent = [...Object.values(call.query), ...Object.values(call.body ?? {})];
    return readAnswer(call.api, await transport(call, left), sent);
  }

  async function persist(call: WecomCall, deadline: number): Promise<WecomAnswer> {
    const pauses = [...BUSY_PAUSES];
    let mayResend = call.idempotent;
    for (;;) {
      try {
        return await ask(call, deadline);
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
    try {
      return await persist(call, Math.min(start + CALL_MILLISECONDS, invocation.deadline));
    } catch (error) {
      if (error instanceof WecomErrcode && error.errcode === CALLER_IP_REFUSED) {
        // Here and not where it ends: much of what asks WeCom goes on without the answer.
        invocation.log.metric('CallerIpRefused', 'WeCom refused our IP', error.details);
      }
      throw error;
    } finally {
      invocation.waitedForWecom(clock.now() - start);
    }
  };
}
