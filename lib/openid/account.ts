import type { Account, FindAccount, KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../clock.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { type KnownPerson, personOf, readKnownPerson } from '../permissions/person.ts';
import { s256 } from '../signin/pkce.ts';
import { endedSessionKey, keyText, subKey } from '../tableKeys.ts';
import { foldUserid } from '../wecom/userid.ts';
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
  /** Reads the names of the person's groups for a client that asks for them; asks WeCom. */
  readonly readGroupPaths: (sub: string, invocation: Invocation) => Promise<void>;
  readonly clock: Clock;
}

/** A refresh waits no longer for WeCom where a stored membership can serve: for up to a day. */
const REFRESH_ASKING_MS = 2_000;

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
    // No claims are asked for while the browser is there.
    if (token === undefined) return { accountId: sub, claims: async () => ({ sub }) };
    if (token.kind === 'RefreshToken') {
      const { person, groups } = await members.find(sub);
      const { userid } = person;
      if (userid === undefined) return undefined;
      const invocation = this.#invocationOf(context, groups ? REFRESH_ASKING_MS : undefined);
      if (!(await this.#isPermitted(context, sub, userid, invocation))) return undefined;
    }
    const { person, groups } = await members.find(sub);
    const { userid, signedOutAt } = person;
    if (userid === undefined || groups === undefined) return undefined;
    const invocation = this.#invocationOf(context);
    invocation.note({ client: context.oidc.client?.clientId });
    invocation.noteMember(userid);
    if (signedInAt(token) <= signedOutAt) return undefined;
    return this.#account(context, sub, userid, groups);
  };

  /** Whether the person of the browser's session may use the client. @throws StoreUnavailable */
  mayUse = async (context: KoaContextWithOIDC): Promise<boolean> => {
    const sub = context.oidc.session?.accountId;
    if (sub === undefined) return false;
    const { userid } = await this.#personOf(context, sub);
    if (userid === undefined) return false;
    const invocation = this.#invocationOf(context);
    if (!(await this.#isPermitted(context, sub, userid, invocation))) return false;
    const asksForPaths = context.oidc.client?.['group_paths'] === true;
    if (asksForPaths) await this.#parts.readGroupPaths(sub, invocation);
    return true;
  };

  /** @param milliseconds that WeCom may be asked for; absent: as long as the request lasts */
  #invocationOf(context: KoaContextWithOIDC, milliseconds = Number.POSITIVE_INFINITY): Invocation {
    const { invocationOf, clock } = this.#parts;
    const invocation = invocationOf(context);
    const deadline = Math.min(invocation.deadline, clock.now() + milliseconds);
    return { ...invocation, deadline };
  }

  /**
   * Whether a session has ended: the person was signed out in the second of the sign-in or later, or
   * signed out of this very session. One read.
   *
   * @throws StoreUnavailable
   */
  hasEnded = async (sub: string, signedInAt: number, sessionUid: string): Promise<boolean> =>
    (await this.#readEnded(sub, signedInAt, sessionUid)).hasEnded;

  /** The same of the browser's session, which keeps the person for `mayUse`. @throws StoreUnavailable */
  hasEndedMeanwhile = async ({ req, oidc }: KoaContextWithOIDC): Promise<boolean> => {
    const { accountId: sub = '', loginTs = 0, uid = '' } = oidc.session ?? {};
    const { hasEnded, person } = await this.#readEnded(sub, loginTs, uid);
    this.#people.set(req, { sub, person: Promise.resolve(person) });
    return hasEnded;
  };

  async #readEnded(sub: string, signedInAt: number, sessionUid: string) {
    const { corpId, permissionTable } = this.#parts;
    const keys = [subKey(corpId, sub), endedSessionKey(corpId, sub, s256(sessionUid))] as const;
    const items = await permissionTable.batchGet(keys);
    const itemOf = (key: Key) => items.find((item) => keyText(item) === keyText(key));
    const person = readKnownPerson(itemOf(keys[0]));
    return { person, hasEnded: itemOf(keys[1]) !== undefined || signedInAt <= person.signedOutAt };
  }

  /** One read for a request: the library asks for the account, and then whether it may use the client. */
  #personOf({ req }: KoaContextWithOIDC, sub: string): Promise<KnownPerson> {
    const known = this.#people.get(req);
    if (known?.sub === sub) return known.person;
    const { corpId, permissionTable } = this.#parts;
    const person = personOf({ table: permissionTable, corpId }, sub);
    this.#people.set(req, { sub, person });
    return person;
  }

  async #isPermitted(
    context: KoaContextWithOIDC,
    sub: string,
    userid: string,
    invocation: Invocation,
  ): Promise<boolean> {
    const { members, signOut } = this.#parts;
    const { client } = context.oidc;
    const permission = client?.['permission'];
    invocation.note({ client: client?.clientId });
    invocation.noteMember(userid);
    const decision = await members.decide(
      userid,
      typeof permission === 'string' ? permission : DEFAULT_PERMISSION,
      invocation,
    );
    if (decision === 'gone') signOut(sub, invocation);
    return decision === 'permitted';
  }

  #account(context: KoaContextWithOIDC, sub: string, userid: string, groups: Groups): Account {
    const { corpId, cacheTable, invocationOf } = this.#parts;
    return {
      accountId: sub,
      async claims() {
        const nothing = { name: '', companyEmail: '', mobile: '', department: '', position: '' };
        const kept = (await readProfile(cacheTable, corpId, sub)) ?? { userid, ...nothing };
        // Renamed since the sign-in; otherwise the kept one has WeCom's own spelling.
        const profile = foldUserid(kept.userid) === userid ? kept : { ...kept, userid };
        const { client } = context.oidc;
        const { claims, omittedGroups } = claimsOf(sub, profile, groups, {
          emailDomain: textOf(client?.['email_domain']),
          groupPaths: client?.['group_paths'] === true,
        });
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
