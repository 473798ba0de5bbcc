import { MemberInactive, NotAMember } from '../errors.ts';
import { SignInUnderWay, StateRefused } from '../signin/errors.ts';
import { TokenUnavailable } from '../token/errors.ts';
import {
  WecomBadBody,
  WecomBadStatus,
  WecomErrcode,
  WecomTransportError,
} from '../wecom/errors.ts';
import { LIMIT_MILLISECONDS } from '../wecom/withRateLimit.ts';
import { type Answer, failure } from './answer.ts';

/** For an unreachable or busy WeCom: it is asked again at once, a person tries after a breath. */
const BUSY_SECONDS = 5;
/** For the second of two equal sign-ins, while the first one goes on. */
const UNDER_WAY_SECONDS = 2;

/**
 * The status table of a sign-in. The client learns WeCom's errcode where WeCom refused the visitor,
 * and nothing of our own troubles.
 *
 * @param message the route's own words for "it did not work"
 */
export function signInErrorAnswer(error: unknown, message: string): Answer | undefined {
  const busy = (code: number, seconds: number) =>
    failure(503, code, message, { 'retry-after': String(seconds) });

  if (error instanceof NotAMember) return failure(403, -1, '非企业成员');
  if (error instanceof MemberInactive) return failure(403, -1, '成员未激活、已禁用或已退出企业');
  // One answer for whatever is wrong with a state: the log tells them apart.
  if (error instanceof StateRefused) return failure(401, -1, '登录状态无效或已过期，请重新登录');
  if (error instanceof SignInUnderWay) return busy(-1, UNDER_WAY_SECONDS);
  if (error instanceof WecomTransportError || error instanceof WecomBadBody) {
    return busy(-1, BUSY_SECONDS);
  }
  if (error instanceof WecomBadStatus) {
    const passing = error.status >= 500 || error.status === 429;
    return passing ? busy(-1, BUSY_SECONDS) : undefined;
  }
  if (error instanceof TokenUnavailable) {
    // A wrong secret, or one that SSM does not give, is for the operator to mend.
    if (error.reason === 'refused' || error.reason === 'no-secret') return undefined;
    return busy(error.errcode, error.retryAfterSeconds);
  }
  if (error instanceof WecomErrcode) {
    switch (error.entry.reaction) {
      case 'refuse':
      case 'renew-token':
        return failure(401, error.errcode, error.errmsg || error.entry.meaning.zh);
      case 'retry-later':
        return busy(
          error.errcode,
          error.errcode === -1 ? BUSY_SECONDS : LIMIT_MILLISECONDS / 1_000,
        );
      case 'misconfigured':
        return undefined;
    }
  }
  return undefined;
}
