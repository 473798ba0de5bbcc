import type { Absent, Conflict, Unconfirmed } from '../administration/errors.ts';
import type {
  CallbackInProgress,
  CallbackNotConfigured,
  CallbackRefused,
} from '../callback/errors.ts';
import {
  type ConfigurationError,
  type ErrorCode,
  type Forbidden,
  type HandOverFailed,
  type InvalidRequest,
  type MemberInactive,
  type MethodNotAllowed,
  type NotAMember,
  type NotFound,
  type ParameterUnavailable,
  type RequestProblem,
  RetryWithin,
  type StoreUnavailable,
  type Unauthenticated,
  WecomAuthError,
} from '../errors.ts';
import type { EventNotSent } from '../events/errors.ts';
import type { SignOutIncomplete } from '../openid/errors.ts';
import type { OpenidRefused } from '../openid/refusal.ts';
import type { SignInUnderWay, StateRefused } from '../signin/errors.ts';
import type { TokenUnavailable } from '../token/errors.ts';
import type {
  WecomBadBody,
  WecomBadStatus,
  WecomErrcode,
  WecomTransportError,
} from '../wecom/errors.ts';
import type { Answer, RequestFault } from './answer.ts';

export interface ErrorAnswer extends Answer {
  readonly fault: RequestFault;
}

/** What a route adds to the table below. */
export interface ErrorWording {
  /** The message, in Chinese, for every error that the caller cannot correct. */
  readonly failureMessage: string;
  /**
   * Whether the answer has WeCom's errcode, and a Retry-After if WeCom is busy: true for sign-in. On
   * other routes an error of WeCom is answered with 500.
   */
  readonly reportsWecom?: boolean;
}

/**
 * Every error that has a row in `rowOf`. An ErrorCode without a class here does not compile, see
 * `AllCodes`.
 */
type KnownError =
  | Absent
  | CallbackInProgress
  | CallbackNotConfigured
  | CallbackRefused
  | ConfigurationError
  | Conflict
  | EventNotSent
  | Forbidden
  | HandOverFailed
  | InvalidRequest
  | MemberInactive
  | MethodNotAllowed
  | NotAMember
  | NotFound
  | OpenidRefused
  | ParameterUnavailable
  | SignInUnderWay
  | SignOutIncomplete
  | StateRefused
  | StoreUnavailable
  | TokenUnavailable
  | Unauthenticated
  | Unconfirmed
  | WecomBadBody
  | WecomBadStatus
  | WecomErrcode
  | WecomTransportError;
type AllCodes<Known extends ErrorCode = KnownError['code']> = [ErrorCode] extends [Known]
  ? KnownError
  : never;

/** One row of the table. */
interface Row {
  readonly status: number;
  /** Absent: the visitor's. */
  readonly fault?: RequestFault;
  /** The body's code; absent: -1. */
  readonly code?: number;
  /** The body's message; absent: the route's failure message. */
  readonly message?: string;
  /** Seconds; absent: trying again later does not help. */
  readonly retryAfter?: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** What `x-error-code` says beyond the code. */
  readonly reason?: string;
  readonly problems?: readonly RequestProblem[];
}

/** While WeCom is busy or unreachable. Our calls were repeated already. */
const BUSY_SECONDS = 5;
/** WeCom's limits by the minute end after 60 s (document 90454). */
const LIMITED_SECONDS = 60;
/** For the second of two equal sign-ins, while the first one is still being answered. */
const UNDER_WAY_SECONDS = 2;
/** For a push that another instance is working on. */
const IN_PROGRESS_SECONDS = 1;

/**
 * The answer to an error, the same on every route: status, body, `x-error-code`, `Retry-After`, and
 * whose fault it is. Anything that is not one of our errors is a defect: 500.
 */
export function errorAnswer(thrown: unknown, wording: ErrorWording): ErrorAnswer {
  const limited = thrown instanceof RetryWithin;
  const error = limited ? thrown.cause : thrown;
  const retrySeconds = limited ? thrown.seconds : Number.POSITIVE_INFINITY;
  const known = error instanceof WecomAuthError;
  const row: Row = known
    ? rowOf(error as unknown as AllCodes, wording)
    : { status: 500, fault: 'wecom-auth' };
  const { status, fault = 'visitor', code = -1, retryAfter, reason } = row;
  const { message = wording.failureMessage, problems = [] } = row;
  const errorCode = known ? error.code : 'ERR_UNEXPECTED';
  return {
    status,
    fault,
    body: { code, message, ...(problems.length > 0 && { problems }) },
    headers: {
      'x-error-code': reason ? `${errorCode}/${reason}` : errorCode,
      ...(retryAfter !== undefined &&
        retryAfter < retrySeconds && { 'retry-after': String(retryAfter) }),
      ...row.headers,
    },
  };
}

function rowOf(error: KnownError, { reportsWecom = false }: ErrorWording): Row {
  switch (error.code) {
    case 'ERR_INVALID_REQUEST':
      return { status: 400, message: error.message, problems: error.problems };
    case 'ERR_UNAUTHENTICATED': {
      // Without a token the challenge names no error (RFC 6750 §3.1).
      const challenge = error.badToken ? 'Bearer error="invalid_token"' : 'Bearer';
      const headers = { 'www-authenticate': challenge };
      return { status: 401, message: '未登录或登录已失效', headers };
    }
    case 'ERR_FORBIDDEN':
      return { status: 403, fault: error.fault, message: '没有权限' };
    case 'ERR_NOT_FOUND':
      return { status: 404, message: '接口不存在' };
    case 'ERR_METHOD_NOT_ALLOWED': {
      const headers = { allow: error.allowed.join(', ') };
      return { status: 405, message: '请求方法不支持', headers };
    }

    case 'ERR_ABSENT':
      return { status: 404, message: '不存在，或企业微信没有向本应用展示', reason: error.what };
    case 'ERR_CONFLICT':
      return { status: 409, message: '有人同时作了修改，请刷新后重试', reason: error.what };
    case 'ERR_UNCONFIRMED':
      return { status: 409, message: UNCONFIRMED[error.what], reason: error.what };

    case 'ERR_NOT_A_MEMBER':
      return { status: 403, message: '非企业成员' };
    case 'ERR_MEMBER_INACTIVE':
      return { status: 403, message: '成员未激活、已禁用或已退出企业' };
    case 'ERR_STATE_REFUSED': {
      const message = '登录状态无效或已过期，请重新登录';
      return { status: 401, message, reason: error.refusal };
    }
    case 'ERR_SIGN_IN_UNDER_WAY':
      return { status: 503, retryAfter: UNDER_WAY_SECONDS };

    // The body is the library's, see openidServer.ts.
    case 'ERR_OPENID_REFUSED': {
      const { fault, refusal: reason, retryAfterSeconds: retryAfter } = error;
      return { status: 400, fault, reason, retryAfter };
    }

    // Every failed check of a callback gets the same answer, so that a caller cannot tell which one
    // failed. WeCom delivers a push again after any 5xx.
    case 'ERR_CALLBACK_REFUSED':
      return { status: 403, message: '回调验证失败' };
    case 'ERR_CALLBACK_NOT_CONFIGURED':
      // Anybody can send it.
      return { status: 404, message: '回调未配置' };
    case 'ERR_CALLBACK_IN_PROGRESS':
      return { status: 503, fault: 'wecom-auth', retryAfter: IN_PROGRESS_SECONDS };

    case 'ERR_CONFIGURATION':
    case 'ERR_SIGN_OUT_INCOMPLETE':
      return { status: 500, fault: 'operator' };

    case 'ERR_TOKEN_UNAVAILABLE': {
      const fault = TOKEN_FAULTS[error.reason] ?? 'wecom-auth';
      // The operator has to correct the secret, or to make it readable in SSM.
      const hopeless = error.reason === 'refused' || error.reason === 'no-secret';
      if (hopeless || !reportsWecom) return { status: 500, fault };
      return { status: 503, fault, code: error.errcode, retryAfter: error.retryAfterSeconds };
    }
    case 'ERR_WECOM_TRANSPORT':
    case 'ERR_WECOM_BAD_BODY':
      return busy('wecom', reportsWecom);
    case 'ERR_WECOM_BAD_STATUS': {
      const passing = error.status >= 500 || error.status === 429;
      return busy('wecom', reportsWecom && passing);
    }
    case 'ERR_WECOM_ERRCODE': {
      const { errcode, errmsg, entry } = error;
      if (!reportsWecom) return { status: 500, fault: entry.fault };
      if (error.refusesVisitor) {
        const message = errmsg || entry.meaning.zh;
        return { status: 401, fault: entry.fault, code: errcode, message };
      }
      const waits = entry.reaction === 'retry-later';
      return busy(entry.fault, waits, errcode, errcode === -1 ? BUSY_SECONDS : LIMITED_SECONDS);
    }
    // What is left, without labels: they would be bytes of every cold start.
    default:
      error satisfies EventNotSent | HandOverFailed | ParameterUnavailable | StoreUnavailable;
      return { status: 500, fault: 'aws' };
  }
}

const UNCONFIRMED: Record<Unconfirmed['what'], string> = {
  'locks-out-everyone': '此后将没有人能管理权限，需要确认',
  'locks-out-you': '此后你自己将不能管理权限，需要确认',
  'old-secret': '上一次更换的旧 secret 仍然有效，需要确认',
  'widens-everyone': '这会放宽全体成员的权限，需要确认',
};

/** 503 where WeCom is to be tried again, otherwise 500 without WeCom's errcode. */
function busy(fault: RequestFault, passing: boolean, code = -1, retryAfter = BUSY_SECONDS): Row {
  return passing ? { status: 503, fault, code, retryAfter } : { status: 500, fault };
}

/** Of the others, such as a holder that died, it is a defect of ours. */
const TOKEN_FAULTS: Partial<Record<TokenUnavailable['reason'], RequestFault>> = {
  refused: 'operator',
  limited: 'operator',
  'no-secret': 'aws',
  unreachable: 'wecom',
  // Tickets that do not last: as many were fetched as WeCom's limit leaves room for.
  closed: 'wecom',
};
