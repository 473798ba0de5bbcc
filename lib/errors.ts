/**
 * The one error hierarchy. Every error that this code raises on purpose is a `WecomAuthError`
 * with a stable `code`; what is not one is a defect, and is answered and logged as such.
 *
 * An error never holds a secret, a token, a code, a ticket, a mobile or an e-mail: `details` is
 * written to the log as it is.
 */
export type ErrorCode =
  | 'ERR_CALLBACK_IN_PROGRESS'
  | 'ERR_CALLBACK_NOT_CONFIGURED'
  | 'ERR_CALLBACK_REFUSED'
  | 'ERR_CONFIGURATION'
  | 'ERR_FORBIDDEN'
  | 'ERR_INVALID_REQUEST'
  | 'ERR_MEMBER_INACTIVE'
  | 'ERR_NOT_A_MEMBER'
  | 'ERR_PARAMETER_UNAVAILABLE'
  | 'ERR_SIGN_IN_UNDER_WAY'
  | 'ERR_STATE_REFUSED'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_TOKEN_UNAVAILABLE'
  | 'ERR_UNAUTHENTICATED'
  | 'ERR_WECOM_BAD_BODY'
  | 'ERR_WECOM_BAD_STATUS'
  | 'ERR_WECOM_ERRCODE'
  | 'ERR_WECOM_TRANSPORT';

export type Details = Record<string, string | number | boolean | readonly string[] | undefined>;

export abstract class WecomAuthError extends Error {
  abstract readonly code: ErrorCode;
  /** Facts for the operator's log line. */
  readonly details: Details;

  constructor(message: string, details: Details = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.details = details;
  }
}

/** The caller sent something that cannot be right. `message` is Chinese and goes to the caller. */
export class InvalidRequest extends WecomAuthError {
  readonly code = 'ERR_INVALID_REQUEST';
}

/** Nobody, or not provably somebody, is asking. */
export class Unauthenticated extends WecomAuthError {
  readonly code = 'ERR_UNAUTHENTICATED';
  /** Whether a token was given, and proves nothing. */
  readonly badToken: boolean;

  constructor(badToken: boolean) {
    super(badToken ? 'The bearer token proves nothing' : 'There is no bearer token');
    this.badToken = badToken;
  }
}

/** The caller is who they say, and may not do this. */
export class Forbidden extends WecomAuthError {
  readonly code = 'ERR_FORBIDDEN';
}

/** WeCom knows the visitor only by openid or external_userid, or as a member of a linked corp. */
export class NotAMember extends WecomAuthError {
  readonly code = 'ERR_NOT_A_MEMBER';
}

/** A member whose status is not 1: disabled (2), not activated (4) or left (5) (document 90196). */
export class MemberInactive extends WecomAuthError {
  readonly code = 'ERR_MEMBER_INACTIVE';
}

/** Our own settings are wrong: only the operator can mend it. `details.advice` says how. */
export class ConfigurationError extends WecomAuthError {
  readonly code = 'ERR_CONFIGURATION';
}

/** DynamoDB did not answer, or refused. */
export class StoreUnavailable extends WecomAuthError {
  readonly code = 'ERR_STORE_UNAVAILABLE';
}

/** SSM did not answer, or refused, and nothing remembered can serve instead. */
export class ParameterUnavailable extends WecomAuthError {
  readonly code = 'ERR_PARAMETER_UNAVAILABLE';
}
