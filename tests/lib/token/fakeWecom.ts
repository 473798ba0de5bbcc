import type { Clock } from '../../../lib/clock.ts';
import type { Invocation } from '../../../lib/invocation.ts';
import { errcodeEntry } from '../../../lib/wecom/errcodes.ts';
import { WecomErrcode, WecomTransportError } from '../../../lib/wecom/errors.ts';
import type { WecomAnswer } from '../../../lib/wecom/read.ts';

/** One gettoken as WeCom saw it. */
export interface GetTokenCall {
  readonly at: number;
  readonly requestId: string;
  readonly secret: string;
  /** Until when the caller waits. */
  readonly until: number;
  /** When WeCom answered, whether the caller still waited or not. */
  doneAt?: number;
  /** 0 when it gave a token. */
  errcode?: number;
  /** The token that it gave. */
  token?: unknown;
}

/** How the next calls are answered: how long WeCom takes, and an answer in place of the real one. */
export interface GetTokenResponse {
  readonly milliseconds?: number;
  readonly errcode?: number;
  readonly answer?: WecomAnswer;
}

/** gettoken of a WeCom in virtual time. */
export interface FakeWecom {
  /** The one secret that is right. */
  secret: string;
  /** Whether gettoken returns the same token until it ends. */
  repeats: boolean;
  /** Of a token, in seconds. */
  lifetime: number;
  respond: (call: GetTokenCall) => GetTokenResponse;
  /** Called for each call as it comes in, before it is in `calls`. */
  onCall: (call: GetTokenCall) => void;
  readonly calls: GetTokenCall[];
  /** When gettoken last returned a token again. */
  readonly reissues: ReadonlyMap<string, number>;
  /** The most calls under way at the same time. */
  readonly peak: number;
  /** Revokes all tokens. */
  revoke(): void;
  /** Makes the API reject all tokens, which gettoken may return again. */
  refuse(): void;
  /** Makes the API accept them again. */
  accept(): void;
  /** How the API would treat this token now. */
  statusOf(token: string): 'valid' | 'expired' | 'revoked' | 'refused' | 'unknown';
  /** @param clock the caller's own */
  getToken(secret: string, invocation: Invocation, clock: Clock): Promise<WecomAnswer>;
}

/** As CALL_TIMEOUT_MS in lib/wecom/client.ts. */
const CALL_TIMEOUT_MS = 3_000;

export function createFakeWecom(clock: Clock): FakeWecom {
  const calls: GetTokenCall[] = [];
  const tokens = new Map<string, { expiresAt: number; revoked: boolean; refused: boolean }>();
  const reissues = new Map<string, number>();
  let underWay = 0;
  let peak = 0;

  function answerNow(secret: string, response: GetTokenResponse): WecomAnswer {
    const errcode = response.errcode ?? (secret === wecom.secret ? 0 : 40001);
    if (errcode !== 0) {
      throw new WecomErrcode('gettoken', errcode, 'refused', errcodeEntry(errcode));
    }
    if (response.answer) return response.answer;
    const now = clock.now();
    const last = [...tokens].at(-1);
    if (wecom.repeats && last && !last[1].revoked && last[1].expiresAt > now) {
      const left = Math.floor((last[1].expiresAt - now) / 1_000);
      if (left > 0) {
        reissues.set(last[0], now);
        return { access_token: last[0], expires_in: left };
      }
    }
    const value = `T${tokens.size + 1}`;
    const expiresAt = now + wecom.lifetime * 1_000;
    tokens.set(value, { expiresAt, revoked: false, refused: false });
    return { access_token: value, expires_in: wecom.lifetime };
  }

  async function serve(call: GetTokenCall, response: GetTokenResponse): Promise<WecomAnswer> {
    underWay += 1;
    peak = Math.max(peak, underWay);
    try {
      await clock.sleep(response.milliseconds ?? 100);
      const answer = answerNow(call.secret, response);
      call.errcode = 0;
      call.token = answer['access_token'];
      return answer;
    } catch (error) {
      if (error instanceof WecomErrcode) call.errcode = error.errcode;
      throw error;
    } finally {
      underWay -= 1;
      call.doneAt = clock.now();
    }
  }

  const wecom: FakeWecom = {
    secret: 'right',
    repeats: false,
    lifetime: 7_200,
    respond: () => ({}),
    onCall: () => {},
    calls,
    reissues,
    get peak() {
      return peak;
    },
    revoke() {
      for (const token of tokens.values()) token.revoked = true;
    },
    refuse() {
      for (const token of tokens.values()) token.refused = true;
    },
    accept() {
      for (const token of tokens.values()) token.refused = false;
    },
    statusOf(value) {
      const token = tokens.get(value);
      if (!token) return 'unknown';
      if (token.revoked) return 'revoked';
      if (token.expiresAt <= clock.now()) return 'expired';
      return token.refused ? 'refused' : 'valid';
    },
    async getToken(secret, invocation, own) {
      const timeoutMs = Math.min(CALL_TIMEOUT_MS, invocation.deadline - own.now());
      if (timeoutMs <= 0) throw new WecomTransportError('No time left to call WeCom');
      const now = clock.now();
      const call: GetTokenCall = {
        at: now,
        until: now + timeoutMs,
        requestId: invocation.requestId,
        secret,
      };
      wecom.onCall(call);
      calls.push(call);
      const served = serve(call, wecom.respond(call));
      served.catch(() => undefined);
      const heard = new AbortController();
      const gaveUp = own.sleep(timeoutMs, heard.signal).then(() => {
        if (!heard.signal.aborted) throw new WecomTransportError('WeCom did not answer in time');
        return served;
      });
      gaveUp.catch(() => undefined);
      try {
        return await Promise.race([served, gaveUp]);
      } finally {
        heard.abort();
      }
    },
  };
  return wecom;
}
