/**
 * Every error that this code throws on purpose is a `WecomAuthError` with a stable `code`. Anything
 * else is a defect, and is answered and logged as one. http/errorAnswers.ts has the answer for each
 * code.
 *
 * An error never holds a secret, a token, a code, a ticket, a mobile or an e-mail: `details` are
 * written to the log as they are.
 *
 * Each class has its name as a literal, because the bundler renames classes.
 */
export type ErrorCode =
  | 'ERR_ABSENT'
  | 'ERR_CALLBACK_IN_PROGRESS'
  | 'ERR_CALLBACK_NOT_CONFIGURED'
  | 'ERR_CALLBACK_REFUSED'
  | 'ERR_CONFIGURATION'
  | 'ERR_CONFLICT'
  | 'ERR_EVENT_NOT_SENT'
  | 'ERR_FORBIDDEN'
  | 'ERR_HAND_OVER'
  | 'ERR_INVALID_REQUEST'
  | 'ERR_MEMBER_INACTIVE'
  | 'ERR_METHOD_NOT_ALLOWED'
  | 'ERR_NOT_A_MEMBER'
  | 'ERR_NOT_FOUND'
  | 'ERR_OPENID_REFUSED'
  | 'ERR_PARAMETER_UNAVAILABLE'
  | 'ERR_SIGN_IN_UNDER_WAY'
  | 'ERR_SIGN_OUT_INCOMPLETE'
  | 'ERR_STATE_REFUSED'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_TOKEN_UNAVAILABLE'
  | 'ERR_UNAUTHENTICATED'
  | 'ERR_UNCONFIRMED'
  | 'ERR_WECOM_BAD_BODY'
  | 'ERR_WECOM_BAD_STATUS'
  | 'ERR_WECOM_ERRCODE'
  | 'ERR_WECOM_TRANSPORT';

export type Details = Record<string, string | number | boolean | readonly string[] | undefined>;

export abstract class WecomAuthError extends Error {
  abstract override readonly name: string;
  abstract readonly code: ErrorCode;
  /** Facts for the operator's log line. */
  readonly details: Details;

  constructor(message: string, details: Details = {}, options?: ErrorOptions) {
    super(message, options);
    this.details = details;
  }
}

/** The request is invalid. `message` is Chinese and goes to the caller. */
export class InvalidRequest extends WecomAuthError {
  override readonly name = 'InvalidRequest';
  readonly code = 'ERR_INVALID_REQUEST';
  /** For the caller too, and not for the log: what an administrator wrote may be in it. */
  readonly problems: readonly RequestProblem[];

  constructor(message: string, problems: readonly RequestProblem[] = []) {
    super(message);
    this.problems = problems;
  }
}

/** One of several things that are wrong with a request. */
export interface RequestProblem {
  /** From 1. */
  readonly line?: number;
  readonly zh: string;
  readonly en: string;
}

/** The stage has no such path. */
export class NotFound extends WecomAuthError {
  override readonly name = 'NotFound';
  readonly code = 'ERR_NOT_FOUND';
}

/** The path exists, but not for this method. */
export class MethodNotAllowed extends WecomAuthError {
  override readonly name = 'MethodNotAllowed';
  readonly code = 'ERR_METHOD_NOT_ALLOWED';
  readonly allowed: readonly string[];

  constructor(allowed: readonly string[]) {
    super('The path takes another method');
    this.allowed = allowed;
  }
}

/** The request has no bearer token, or an invalid one. */
export class Unauthenticated extends WecomAuthError {
  override readonly name = 'Unauthenticated';
  readonly code = 'ERR_UNAUTHENTICATED';
  /** Whether the request has a token, which is then invalid. */
  readonly badToken: boolean;

  constructor(badToken: boolean) {
    super(badToken ? 'The bearer token is invalid' : 'There is no bearer token');
    this.badToken = badToken;
  }
}

/** The caller is authenticated, but may not do this. */
export class Forbidden extends WecomAuthError {
  override readonly name = 'Forbidden';
  readonly code = 'ERR_FORBIDDEN';
  /** `wecom` if the caller might be permitted, and WeCom could not be asked. */
  readonly fault: 'visitor' | 'wecom';

  constructor(message: string, details: Details = {}, fault: 'visitor' | 'wecom' = 'visitor') {
    super(message, details);
    this.fault = fault;
  }
}

/** The visitor has only an openid or external_userid, or is a member of a linked corp. */
export class NotAMember extends WecomAuthError {
  override readonly name = 'NotAMember';
  readonly code = 'ERR_NOT_A_MEMBER';

  constructor() {
    super('The visitor is not a member of the corp');
  }
}

/** A member whose status is not 1: disabled (2), not activated (4) or left (5) (document 90196). */
export class MemberInactive extends WecomAuthError {
  override readonly name = 'MemberInactive';
  readonly code = 'ERR_MEMBER_INACTIVE';

  constructor(details?: Details) {
    super('The member is not active', details);
  }
}

/** A setting is wrong, and only the operator can correct it. `details.advice` says how. */
export class ConfigurationError extends WecomAuthError {
  override readonly name = 'ConfigurationError';
  readonly code = 'ERR_CONFIGURATION';
}

/** DynamoDB did not answer, or refused. */
export class StoreUnavailable extends WecomAuthError {
  override readonly name = 'StoreUnavailable';
  readonly code = 'ERR_STORE_UNAVAILABLE';
}

/** SSM did not answer, or refused, and no earlier value is in memory. */
export class ParameterUnavailable extends WecomAuthError {
  override readonly name = 'ParameterUnavailable';
  readonly code = 'ERR_PARAMETER_UNAVAILABLE';
}

/**
 * Wraps the error of a request that can be repeated only for a limited time, or not at all. The
 * answer has no `Retry-After` that is longer. Status, body and log are those of `cause`.
 */
export class RetryWithin extends Error {
  override readonly name = 'RetryWithin';
  override readonly cause: unknown;
  /** How long the same request can still succeed; 0 if it cannot. */
  readonly seconds: number;

  constructor(cause: unknown, seconds: number) {
    super(`The same request can succeed for ${seconds} seconds`);
    this.cause = cause;
    this.seconds = seconds;
  }
}

/** Work could not be handed to the function that does it. */
export class HandOverFailed extends WecomAuthError {
  override readonly name = 'HandOverFailed';
  readonly code = 'ERR_HAND_OVER';
}
