import type { Clock } from '../clock.ts';
import type { Departments } from '../directory/departments.ts';
import type { ReadUser } from '../directory/memberSnapshot.ts';
import { MemberInactive, NotAMember, WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { isActive, type User } from '../wecom/api/getUser.ts';
import { getUserDetail, type UserDetail } from '../wecom/api/getUserDetail.ts';
import { getUserInfo, type Visitor } from '../wecom/api/getUserInfo.ts';
import type { WecomClient } from '../wecom/client.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import { isUserid } from '../wecom/userid.ts';

/** The member as the HTTP contract has it: six texts, `''` if WeCom gives nothing. */
export interface Member {
  readonly userid: string;
  readonly name: string;
  readonly mobile: string;
  readonly email: string;
  readonly department: string;
  readonly position: string;
}

export interface Person {
  readonly member: Member;
  /** The address that only the company can set. The member may have set `member.email`. */
  readonly companyEmail: string;
  /** Ids of the member's own departments. */
  readonly departments: readonly number[];
}

export interface SignInParts {
  /** One that adds the access_token. */
  readonly client: WecomClient;
  /** `user/get`. */
  readonly readUser: ReadUser;
  readonly departments: Pick<Departments, 'read'>;
  readonly clock: Clock;
}

/** The app may not read sensitive fields. */
const NO_SENSITIVE_FIELDS = 92001;

const NO_DETAIL: UserDetail = { mobile: '', email: '', biz_mail: '' };

/** How long a sign-in waits for the department's name: as for one call, see wecom/client.ts. */
const DEPARTMENT_NAME_MS = 3_000;

/**
 * Turns an authorization code into a member, in two steps. When the first one has succeeded, the code
 * is spent, and only the second one can be repeated.
 *
 * ```text
 *   code ─► auth/getuserinfo ─► userid ─────► user/get ───────────► department/get ─► member
 *                           └─► user_ticket ─► auth/getuserdetail ─────────────────┘
 *          redeemCode                          readMember
 * ```
 */
export class SignIn {
  readonly #parts: SignInParts;

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  /** Spends the code. @throws NotAMember, and what the call of WeCom throws */
  async redeemCode(code: string, invocation: Invocation): Promise<Visitor> {
    const visitor = await getUserInfo(this.#parts.client, code, invocation);
    if (!isUserid(visitor.userid)) throw new NotAMember();
    invocation.noteMember(visitor.userid);
    return visitor;
  }

  /**
   * Reads the member.
   *
   * @param visitor without a user_ticket, mobile and e-mail are only those of `user/get`
   * @throws MemberInactive, and what the calls of WeCom throw
   */
  async readMember(visitor: Visitor, invocation: Invocation): Promise<Member> {
    return (await this.readPerson(visitor, invocation)).member;
  }

  /**
   * Reads the member, and what the OpenID provider needs in addition.
   *
   * @throws MemberInactive, and what the calls of WeCom throw
   */
  async readPerson(visitor: Visitor, invocation: Invocation): Promise<Person> {
    const [user, detail] = await Promise.all([
      this.#parts.readUser(visitor.userid, invocation),
      visitor.user_ticket ? this.#sensitiveFields(visitor, invocation) : NO_DETAIL,
    ]);
    if (!isActive(user)) {
      throw new MemberInactive({ memberStatus: user.status });
    }
    const member = {
      userid: user.userid,
      name: user.name,
      mobile: detail.mobile || user.mobile,
      email: detail.email || user.email || detail.biz_mail || user.biz_mail,
      department: await this.#departmentName(user, invocation),
      position: user.position,
    };
    const companyEmail = detail.biz_mail || user.biz_mail;
    return { member, companyEmail, departments: user.department };
  }

  async #sensitiveFields(visitor: Visitor, invocation: Invocation): Promise<UserDetail> {
    const { client } = this.#parts;
    try {
      return await getUserDetail(client, visitor.user_ticket, visitor.userid, invocation);
    } catch (error) {
      if (!(error instanceof WecomErrcode && error.errcode === NO_SENSITIVE_FIELDS)) throw error;
      invocation.log.warn('The app may not read sensitive fields', { ...error.details });
      return NO_DETAIL;
    }
  }

  /**
   * The name of the main department, else of the first one, else the id as text. The sign-in never
   * fails because a department cannot be read.
   */
  async #departmentName(user: User, invocation: Invocation): Promise<string> {
    const main = user.main_department || user.department[0];
    const deadline = Math.min(invocation.deadline, this.#parts.clock.now() + DEPARTMENT_NAME_MS);
    for (const id of new Set([main, user.department[0]])) {
      if (id === undefined) continue;
      try {
        const { name } = await this.#parts.departments.read(id, { ...invocation, deadline });
        if (name) return name;
        invocation.log.info('WeCom does not show the name of the department', { departmentId: id });
      } catch (error) {
        if (!(error instanceof WecomAuthError)) throw error;
        invocation.log.warn('The department cannot be read', {
          departmentId: id,
          ...error.details,
        });
      }
    }
    return main === undefined ? '' : String(main);
  }
}
