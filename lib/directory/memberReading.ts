import { isActive, type User } from '../wecom/api/getUser.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import type { MemberReading } from './membership.ts';

/*
 * What `user/get` says of a membership: to a sign-in, which asks for the member's sake, as well as
 * to a renewal, which asks for the membership's.
 */

/**
 * The member is unknown, not a userid's owner, disabled or out of the app's sight. Which of them
 * user/get uses for which case is only partly documented (documents 90196 and 90313).
 */
const GONE = [40003, 50002, 60011, 60021, 60030, 60111, 60120];

/** The reading that an answer of `user/get` is. An absent status is an active member's. */
export function readingOf(user: User, readAt: number): MemberReading {
  const active = isActive(user);
  return {
    state: active ? 'active' : 'gone',
    why: `status ${user.status ?? 1}`,
    departments: active ? user.department : [],
    readAt,
  };
}

/** The reading that an error of `user/get` is, if it says that the member is gone. */
export function goneReading(error: unknown, readAt: number): MemberReading | undefined {
  if (!(error instanceof WecomErrcode && GONE.includes(error.errcode))) return undefined;
  return { state: 'gone', why: `errcode ${error.errcode}`, departments: [], readAt };
}
