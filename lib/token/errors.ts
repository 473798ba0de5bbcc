import { type Details, WecomAuthError } from '../errors.ts';
import type { Breaker } from './tokenRecord.ts';

export type TokenUnavailableReason = Breaker['reason'] | 'waited-too-long';

/** There is no access_token to be had now. */
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
    retryAfterMilliseconds: number,
    details: Details,
    options?: ErrorOptions,
  ) {
    const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMilliseconds / 1_000));
    super(
      'There is no access_token to be had now',
      { ...details, cause: reason, errcode, retryAfterSeconds },
      options,
    );
    this.reason = reason;
    this.errcode = errcode;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export function waitedTooLong(): TokenUnavailable {
  return new TokenUnavailable('waited-too-long', -1, 1_000, {
    advice:
      'Another instance was renewing the access_token for as long as this request could wait. If it lasts, look for the gettoken errors of the other instances.',
  });
}

/** What to do about it is what the catalogue says of the errcode, and which parameter it is about. */
export async function stoppedBy(
  { reason, errcode, since, openUntil }: Breaker,
  now: number,
  parameter: string,
  cause?: unknown,
): Promise<TokenUnavailable> {
  return new TokenUnavailable(
    reason,
    errcode,
    openUntil - now,
    { parameter, since: new Date(since).toISOString(), ...(await advice(reason, errcode)) },
    { cause },
  );
}

async function advice(reason: Breaker['reason'], errcode: number): Promise<Details> {
  if (reason === 'refused' || reason === 'limited') {
    // The catalogue is long and a sign-in that works never needs it.
    const { errcodeEntry } = await import('../wecom/errcodes.ts');
    const { meaning, remedy } = errcodeEntry(errcode);
    return {
      meaning: meaning.en,
      advice: `${remedy.en} Writing the parameter, even with the same value, lets the very next sign-in try again.`,
      adviceZh: `${remedy.zh} 重新写入该参数（即使值相同）后，下一次登录会立即重试。`,
    };
  }
  if (reason === 'unreported') {
    return {
      advice:
        'Instances that renew the access_token end before they can say how it went. Look for crashes, time-outs and refused DynamoDB writes.',
    };
  }
  return { advice: 'WeCom gives no access_token. It is asked again by itself.' };
}
