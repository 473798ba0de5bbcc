import type { Account, FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import type { Key, Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { type KnownPerson, personOf, readKnownPerson } from '../permissions/person.ts';
import { s256 } from '../signin/pkce.ts';
import { endedSessionKey, keyText, subKey } from '../tableKeys.ts';
import { claimsOf, type Groups, readProfile } from './claims.ts';
import type { StoredPerson } from './storedPerson.ts';

/** What the provider asks about members. */
export interface Members {
  /** See `readStoredPerson`. */
  find(sub: string): Promise<StoredPerson>;
  /**
   * Whether the member may now do what needs the permission; asks WeCom where that is due. `gone`: has
   * left, is disabled or out of the app's sight.
   */
  decide(
    userid: string,
    permission: string,
    invocation: Invocation,
  ): Promise<'permitted' | 'refused' | 'gone'>;
}

export interface AccountsParts {
  readonly corpId: string;
  readonly cacheTable: Table;
  readonly permissionTable: Table;
  readonly members: Members;
  /** Called for a person who is found to be gone: whatever they are signed in to ends. */
  readonly signOut: (sub: string, invocation: Invocation) => void;
  readonly invocationOf: (context: KoaContextWithOIDC) => Invocation;
}

/** The permission that a client needs where it names none. */
const DEFAULT_PERMISSION = 'access';

/** The people behind `sub`, for the provider. */
export class Accounts {
  readonly #parts: AccountsParts;
  readonly #people = new WeakMap<object, { sub: string; person: Promise<KnownPerson> }>();

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
    const { members } = this.#parts;
    if (token === undefined) {
      const { userid } = await this.#personOf(context, sub);
      return this.#account(context, sub, userid);
    }
    if (token.kind === 'RefreshToken') {
      const { userid } = await this.#personOf(context, sub);
      if (userid === undefined || !(await this.#isPermitted(context, sub, userid)))
        return undefined;
    }
    const { person, groups } = await members.find(sub);
    if (groups === undefined || signedInAt(token) <= person.signedOutAt) return undefined;
    return this.#account(context, sub, person.userid, groups);
  };

  /** Whether the person of the browser's session may use the client. @throws StoreUnavailable */
  mayUse = async (context: KoaContextWithOIDC): Promise<boolean> => {
    const sub = context.oidc.session?.accountId;
    if (sub === undefined) return false;
    const { userid } = await this.#personOf(context, sub);
    return userid !== undefined && this.#isPermitted(context, sub, userid);
  };

  /**
   * Whether a session has ended: the person was signed out in the second of the sign-in or later, or
   * signed out of this very session. One read.
   *
   * @throws StoreUnavailable
   */
  hasEnded = async (sub: string, signedInAt: number, sessionUid: string): Promise<boolean> => {
    const { corpId, permissionTable } = this.#parts;
    const person = subKey(corpId, sub);
    const mark = endedSessionKey(corpId, sub, s256(sessionUid));
    const items = await permissionTable.batchGet([person, mark]);
    const itemOf = (key: Key) => items.find((item) => keyText(item) === keyText(key));
    return itemOf(mark) !== undefined || signedInAt <= readKnownPerson(itemOf(person)).signedOutAt;
  };

  /** One read for a request: the library asks for the account, and then whether it may use the client. */
  #personOf({ req }: KoaContextWithOIDC, sub: string): Promise<KnownPerson> {
    const known = this.#people.get(req);
    if (known?.sub === sub) return known.person;
    const { corpId, permissionTable } = this.#parts;
    const person = personOf({ table: permissionTable, corpId }, sub);
    this.#people.set(req, { sub, person });
    return person;
  }

  async #isPermitted(context: KoaContextWithOIDC, sub: string, userid: string): Promise<boolean> {
    const { members, invocationOf, signOut } = this.#parts;
    const permission = context.oidc.client?.['permission'];
    const invocation = invocationOf(context);
    const decision = await members.decide(
      userid,
      typeof permission === 'string' ? permission : DEFAULT_PERMISSION,
      invocation,
    );
    if (decision === 'gone') signOut(sub, invocation);
    return decision === 'permitted';
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
        const [profile, groups] = await Promise.all([
          readProfile(cacheTable, corpId, sub),
          known ?? members.find(sub).then((found) => found.groups),
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

/**
 * When the person signed in to what a token rests on, in seconds since the epoch. A rotated refresh
 * token keeps the time of the sign-in.
 */
function signedInAt(token: object): number {
  const { authTime, iat } = token as { authTime?: unknown; iat?: unknown };
  if (typeof authTime === 'number') return authTime;
  return typeof iat === 'number' ? iat : 0;
}
