import type { Parameter } from '../parameters/parameter.ts';

/** What is true of one kind of token alone: the access_token, or a ticket of the JS-SDK. */
export interface TokenKind {
  /** The endpoint that issues it, below `/cgi-bin/`. It is in every log line about it. */
  readonly api: string;
  /** The field of the answer that holds it. */
  readonly field: 'access_token' | 'ticket';
  /** Whether WeCom limits its calls by the hour, so that the breaker counts every one of them. */
  readonly isLimitedByHour: boolean;
  /**
   * An instance reads the record again after this, because nobody tells it that the token is revoked.
   * Infinity where WeCom does: it rejects an access_token.
   */
  readonly recheckMs: number;
  /** Whether nobody can sign in without it: then its breaker rings an alarm. */
  readonly isForSignIn: boolean;
}

/** What a token is fetched with: the app's secret; for a ticket the access_token. */
export interface Credential extends Pick<Parameter, 'read'> {
  /** The parameter in SSM, if it is one. */
  readonly name?: string;
}

export const ACCESS_TOKEN: TokenKind = {
  api: 'gettoken',
  field: 'access_token',
  isLimitedByHour: false,
  recheckMs: Number.POSITIVE_INFINITY,
  isForSignIn: true,
};
