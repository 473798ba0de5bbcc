import { type Details, WecomAuthError } from '../errors.ts';
import type { Breaker } from './tokenStore.ts';

export type TokenUnavailableReason = Breaker['reason'] | 'waited-too-long';

/** There is no access_token now, or no ticket: `details.api` says which. */
export class TokenUnavailable extends WecomAuthError {
  override readonly name = 'TokenUnavailable';
  readonly code = 'ERR_TOKEN_UNAVAILABLE';
  readonly reason: TokenUnavailableReason;
  /** WeCom's errcode, -1 when there was none. */
  readonly errcode: number;
  readonly retryAfterSeconds: number;

  constructor(
    reason: TokenUnavailableReason,
    errcode: number,
    retryAfterMs: number,
    details: Details,
    options?: ErrorOptions,
  ) {
    const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
    super(
      'WeCom has given no token that is good now',
      { ...details, cause: reason, errcode, retryAfterSeconds },
      options,
    );
    this.reason = reason;
    this.errcode = errcode;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** @param api see TokenKind */
export function waitedTooLong(api: string): TokenUnavailable {
  return new TokenUnavailable('waited-too-long', -1, 1_000, {
    api,
    advice: `Another instance was renewing the token for as long as this request could wait. If it lasts, look for the ${api} errors of the other instances.`,
  });
}
