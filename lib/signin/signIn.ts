import type { Departments } from '../directory/departments.ts';
import type { ReadUser } from '../directory/observedUser.ts';
import { MemberInactive, NotAMember, WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { isActive, type User } from '../wecom/api/getUser.ts';
import { getUserDetail, type UserDetail } from '../wecom/api/getUserDetail.ts';
import { getUserInfo, type Visitor } from '../wecom/api/getUserInfo.ts';
import type { WecomClient } from '../wecom/client.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import { isUserid } from '../wecom/userid.ts';

/** The member as the contract shows it: six texts, `''` where WeCom gives nothing. */
export interface Member {
  readonly userid: string;
  readonly name: string;
  readonly mobile: string;
  readonly email: string;
  readonly department: string;
  readonly position: string;
}

export interface SignIn {
  /** Spends the code. */
  withCode(code: string, invocation: Invocation): Promise<Member>;
  /**
   * The member who has just signed in, once more, when the code is already spent. Of mobile and
   * e-mail only what `user/get` itself gives: the ticket for them went with the code.
   */
  again(userid: string, invocation: Invocation): Promise<Member>;
}

/** The app has no right to sensitive fields: then they are empty, and the sign-in goes on. */
const NO_SENSITIVE_FIELDS = 92001;

const NOTHING: UserDetail = { mobile: '', email: '', biz_mail: '' };

/**
 * Turns an authorization code into the member behind it.
 *
 * ```text
 *   code ─► auth/getuserinfo ─► userid ─────► user/get ───────────► department/get ─► member
 *                           └─► user_ticket ─► auth/getuserdetail ─────────────────┘
 * ```
 *
 * @param client one that adds the access_token
 * @param readUser `user/get`
 */
export function createSignIn(
  client: WecomClient,
  readUser: ReadUser,
  departments: Departments,
): SignIn {
  return {
    async withCode(code, invocation) {
      const visitor = await getUserInfo(client, code, invocation);
      if (!isUserid(visitor.userid)) {
        throw new NotAMember('The visitor is not a member of the corp');
      }
      return member(visitor, invocation);
    },
    again: (userid, invocation) => member({ userid, user_ticket: '' }, invocation),
  };

  async function member(visitor: Visitor, invocation: Invocation): Promise<Member> {
    const [user, detail] = await Promise.all([
      readUser(visitor.userid, invocation),
      visitor.user_ticket ? sensitiveFields(visitor, invocation) : NOTHING,
    ]);
    if (!isActive(user)) {
      throw new MemberInactive('The member is not active', { memberStatus: user.status });
    }
    return {
      userid: user.userid,
      name: user.name,
      mobile: detail.mobile || user.mobile,
      email: detail.email || user.email || detail.biz_mail || user.biz_mail,
      department: await departmentName(user, invocation),
      position: user.position,
    };
  }

  async function sensitiveFields(
    { user_ticket, userid }: Visitor,
    invocation: Invocation,
  ): Promise<UserDetail> {
    try {
      return await getUserDetail(client, user_ticket, userid, invocation);
    } catch (error) {
      if (!(error instanceof WecomErrcode && error.errcode === NO_SENSITIVE_FIELDS)) throw error;
      invocation.log.warn('The app may not read sensitive fields', { ...error.details });
      return NOTHING;
    }
  }

  /** A department that cannot be read never fails the sign-in: its id stands for its name. */
  async function departmentName(user: User, invocation: Invocation): Promise<string> {
    const main = user.main_department || user.department[0];
    for (const id of new Set([main, user.department[0]])) {
      if (id === undefined) continue;
      try {
        const { name } = await departments.read(id, invocation);
        if (name) return name;
      } catch (error) {
        if (!(error instanceof WecomAuthError)) throw error;
        invocation.log.warn('The department cannot be read: its id stands for its name', {
          departmentId: id,
          ...error.details,
        });
      }
    }
    return main === undefined ? '' : String(main);
  }
}
