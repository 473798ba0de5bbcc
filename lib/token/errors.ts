import { WecomAuthError } from '../errors.ts';
import type { Breaker } from './tokenRecord.ts';

export type TokenUnavailableReason = Breaker['reason'] | 'waited-too-long';

/** There is no access_token to be had now. */
export class TokenUnavailable extends WecomAuthError {
  readonly code = 'ERR_TOKEN_UNAVAILABLE';
  readonly reason: TokenUnavailableReason;
  /** WeCom's errcode, -1 when there was none. */
  readonly errcode: number;
  readonly retryAfterSeconds: number;

  constructor(
    reason: TokenUnavailableReason,
    errcode: number,
    retryAfterMilliseconds: number,
    advice: string,
    options?: ErrorOptions,
  ) {
    const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMilliseconds / 1000));
    super(
      'There is no access_token to be had now',
      { reason, errcode, retryAfterSeconds, advice },
      options,
    );
    this.reason = reason;
    this.errcode = errcode;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
