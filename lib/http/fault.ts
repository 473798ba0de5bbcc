import { type ErrorCode, WecomAuthError } from '../errors.ts';
import { TokenUnavailable } from '../token/errors.ts';
import type { Fault } from '../wecom/errcodes.ts';
import { WecomErrcode } from '../wecom/errors.ts';

/** Whose fault a request's end is; `aws` is DynamoDB or SSM, `wecom-auth` a defect of ours. */
export type RequestFault = 'none' | 'aws' | Fault;

/** The closed union of codes, so that a new error cannot be forgotten here. */
const FAULTS: Record<ErrorCode, RequestFault> = {
  ERR_CALLBACK_IN_PROGRESS: 'wecom-auth',
  ERR_CALLBACK_NOT_CONFIGURED: 'operator',
  ERR_CALLBACK_REFUSED: 'visitor',
  ERR_CONFIGURATION: 'operator',
  ERR_FORBIDDEN: 'visitor',
  ERR_INVALID_REQUEST: 'visitor',
  ERR_MEMBER_INACTIVE: 'visitor',
  ERR_NOT_A_MEMBER: 'visitor',
  ERR_PARAMETER_UNAVAILABLE: 'aws',
  ERR_SIGN_IN_UNDER_WAY: 'visitor',
  ERR_STATE_REFUSED: 'visitor',
  ERR_STORE_UNAVAILABLE: 'aws',
  ERR_TOKEN_UNAVAILABLE: 'wecom-auth',
  ERR_UNAUTHENTICATED: 'visitor',
  ERR_WECOM_BAD_BODY: 'wecom',
  ERR_WECOM_BAD_STATUS: 'wecom',
  ERR_WECOM_ERRCODE: 'wecom',
  ERR_WECOM_TRANSPORT: 'wecom',
};

/**
 * @param status of the answer
 * @param trouble what was thrown; a refusal without it is one that the handler itself answered
 */
export function faultOf(status: number, trouble: unknown): RequestFault {
  if (trouble === undefined) return status < 400 ? 'none' : 'visitor';
  if (trouble instanceof WecomErrcode) return trouble.entry.fault;
  if (trouble instanceof TokenUnavailable) return tokenFault(trouble);
  return trouble instanceof WecomAuthError ? FAULTS[trouble.code] : 'wecom-auth';
}

function tokenFault({ reason, code }: TokenUnavailable): RequestFault {
  switch (reason) {
    case 'refused':
    case 'limited':
      return 'operator';
    case 'no-secret':
      return 'aws';
    case 'unreachable':
      return 'wecom';
    default:
      return FAULTS[code];
  }
}
