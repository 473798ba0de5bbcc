import type { Account, FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { useridOf } from '../permissions/person.ts';
import { claimsOf, type Groups, readProfile } from './claims.ts';

/** What the provider asks about members. */
export interface Members {
  /** The groups of an active member as stored; nothing for one who left, is disabled, or is not stored. */
  groupsOf(userid: string): Promise<Groups | undefined>;
  /** Whether the member may now do what needs the permission; asks WeCom where that is due. */
  isPermitted(userid: string, permission: string, invocation: Invocation): Promise<boolean>;
}

export interface AccountsParts {
  readonly corpId: string;
  readonly cacheTable: Table;
  readonly permissionTable: Table;
  readonly members: Members;
  readonly invocationOf: (context: KoaContextWithOIDC) => Invocation;
}

/** The permission that a client needs where it names none. */
const DEFAULT_PERMISSION = 'access';

/** The people behind `sub`, for the provider. */
export class Accounts {
  readonly #parts: AccountsParts;

  constructor(parts: AccountsParts) {
    this.#parts = parts;
  }

  /**
   * The library's `findAccount`.
   *
   * A code or an access token rests on what is stored, so it never waits for WeCom. A refresh token
   * outlives much: the membership is looked at anew, with the client's permission. While the browser
   * is there, `mayUse` decides, and here even a person who left has an account, because the library
   * answers 500 where a session has none.
   *
   * @throws StoreUnavailable
   */
  find: FindAccount = async (context, sub, token) => {
    const { members, corpId, permissionTable } = this.#parts;
    const userid = await useridOf({ table: permissionTable, corpId }, sub);
    if (token === undefined) return this.#account(context, sub, userid);
    if (userid === undefined) return undefined;
    if (token.kind === 'RefreshToken' && !(await this.#isPermitted(context, userid)))
      return undefined;
    const groups = await members.groupsOf(userid);
    return groups && this.#account(context, sub, userid, groups);
  };

  /** Whether the person of the browser's session may use the client. @throws StoreUnavailable */
  mayUse = async (context: KoaContextWithOIDC): Promise<boolean> => {
    const { corpId, permissionTable } = this.#parts;
    const sub = context.oidc.session?.accountId;
    if (sub === undefined) return false;
    const userid = await useridOf({ table: permissionTable, corpId }, sub);
    return userid !== undefined && this.#isPermitted(context, userid);
  };

  #isPermitted(context: KoaContextWithOIDC, userid: string): Promise<boolean> {
    const { members, invocationOf } = this.#parts;
    const permission = context.oidc.client?.['permission'];
    return members.isPermitted(
      userid,
      typeof permission === 'string' ? permission : DEFAULT_PERMISSION,
      invocationOf(context),
    );
  }

  #account(
    context: KoaContextWithOIDC,
    sub: string,
    userid: string | undefined,
    known?: Groups,
  ): Account {
    const { corpId, cacheTable, members, invocationOf } = this.#parts;
    return {
      accountId: sub,
      async claims() {
        if (userid === undefined) return { sub };
        const [profile, groups = known] = await Promise.all([
          readProfile(cacheTable, corpId, sub),
          known ?? members.groupsOf(userid),
        ]);
        const { client } = context.oidc;
        const { claims, omittedGroups } = claimsOf(
          sub,
          profile ?? {
            userid,
            name: '',
            companyEmail: '',
            mobile: '',
            department: '',
            position: '',
          },
          groups ?? { departments: [], tags: [] },
          {
            emailDomain: textOf(client?.['email_domain']),
            groupPaths: client?.['group_paths'] === true,
          },
        );
        if (omittedGroups > 0) {
          invocationOf(context).log.warn('A person has more groups than a token holds', {
            omittedGroups,
          });
        }
        return { ...claims, sub };
      },
    };
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
