import { type Account, errors, type FindAccount, type KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { type KnownPerson, personOf, readKnownPerson } from '../permissions/person.ts';
import { s256 } from '../signin/pkce.ts';
import { endedSessionKey, subKey } from '../tableKeys.ts';
import { foldUserid } from '../wecom/userid.ts';
import { claimsOf, type Groups, readProfile } from './claims.ts';
import { itemOf, type StoredPerson } from './storedPerson.ts';

/** What the provider asks about members. */
export interface Members {
  /** See `readStoredPerson`. */
  find(sub: string): Promise<StoredPerson>;
  /**
   * Whether the member may now do what needs the permission; asks WeCom where that is due. `gone`: has
   * left, is disabled or outside the app's visible range. `unknown`: nothing is stored that may still
   * serve, and WeCom cannot be asked. `pending`: the member's own grants are being suspended or moved,
   * which takes about a second.
   */
  decide(
    userid: string,
    permission: string,
    invocation: Invocation,
  ): Promise<'permitted' | 'refused' | 'gone' | 'unknown' | 'pending'>;
}

export interface AccountsParts {
  readonly corpId: string;
  readonly cacheTable: Table;
  readonly permissionTable: Table;
  readonly members: Members;
  /** Signs out a person who is found to be gone, in the background. */
  readonly signOut: (sub: string, invocation: Invocation) => void;
  readonly invocationOf: (context: KoaContextWithOIDC) => Invocation;
  /** Stores the paths of the person's departments, for a client whose `groups` has them. Asks WeCom. */
  readonly storeDepartmentPaths: (sub: string, invocation: Invocation) => Promise<void>;
  readonly clock: Clock;
}

/** How long a refresh waits for WeCom if a stored membership, at most a day old, can serve. */
const REFRESH_ASKING_MS = 2_000;

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
   * For a code or an access token only what is stored is read, so they never wait for WeCom. For a
   * refresh token the membership and the client's permission are checked again. Without a token the
   * browser is there, and `mayUse` decides: even a person who left has an account here, because the
   * library answers 500 to a session without one.
   *
   * @throws StoreUnavailable, TemporarilyUnavailable
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

  /**
   * Whether the person of the browser's session may use the client.
   *
   * @throws StoreUnavailable, TemporarilyUnavailable
   */
  mayUse = async (context: KoaContextWithOIDC): Promise<boolean> => {
    const sub = context.oidc.session?.accountId;
    if (sub === undefined) return false;
    const { userid } = await this.#personOf(context, sub);
    if (userid === undefined) return false;
    const invocation = this.#invocationOf(context);
    if (!(await this.#isPermitted(context, sub, userid, invocation))) return false;
    const hasPaths = context.oidc.client?.['group_paths'] === true;
    if (hasPaths) await this.#parts.storeDepartmentPaths(sub, invocation);
    return true;
  };

  /** @param askingMs how long WeCom may be asked; absent: as long as the request lasts */
  #invocationOf(context: KoaContextWithOIDC, askingMs = Number.POSITIVE_INFINITY): Invocation {
    const { invocationOf, clock } = this.#parts;
    const invocation = invocationOf(context);
    const deadline = Math.min(invocation.deadline, clock.now() + askingMs);
    return { ...invocation, deadline };
  }

  /**
   * Whether a session has ended: the person was signed out in the second of the sign-in or later, or
   * signed out of this very session. One read.
   *
   * @param signedInAt seconds since the epoch
   * @throws StoreUnavailable
   */
  hasEnded = async (sub: string, signedInAt: number, sessionUid: string): Promise<boolean> =>
    (await this.#readEnded(sub, signedInAt, sessionUid)).hasEnded;

  /** The same for the browser's session. Keeps the person for `mayUse`. @throws StoreUnavailable */
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
    const person = readKnownPerson(itemOf(items, keys[0]));
    const isMarked = itemOf(items, keys[1]) !== undefined;
    return { person, hasEnded: isMarked || signedInAt <= person.signedOutAt };
  }

  /** One read for each request, although the library calls `hasEndedMeanwhile` and `mayUse`. */
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
    const permission = textOf(client?.['permission']);
    if (permission === undefined) return false;
    invocation.note({ client: client?.clientId });
    invocation.noteMember(userid);
    const decision = await members.decide(userid, permission, invocation);
    if (decision === 'unknown') {
      throw temporarilyUnavailable('WeCom cannot be asked about the person now');
    }
    if (decision === 'pending') {
      throw temporarilyUnavailable('The permissions of the person are being moved');
    }
    if (decision === 'gone') signOut(sub, invocation);
    return decision === 'permitted';
  }

  #account(context: KoaContextWithOIDC, sub: string, userid: string, groups: Groups): Account {
    const { corpId, cacheTable, invocationOf } = this.#parts;
    return {
      accountId: sub,
      async claims() {
        const empty = { name: '', companyEmail: '', mobile: '', department: '', position: '' };
        const stored = (await readProfile(cacheTable, corpId, sub)) ?? { userid, ...empty };
        // The stored userid has WeCom's spelling, unless it was changed since the sign-in.
        const profile = foldUserid(stored.userid) === userid ? stored : { ...stored, userid };
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

/**
 * The answer to a program while it cannot be known what the person may do: 503 at the token endpoint, where relying parties
 * take `invalid_grant` for the end of the session, and by a redirect at the authorization endpoint
 * (RFC 6749 §4.1.2.1).
 */
function temporarilyUnavailable(description: string): errors.TemporarilyUnavailable {
  const error = new errors.TemporarilyUnavailable(description);
  return Object.assign(error, { statusCode: 503 });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/**
 * When the person signed in, in seconds since the epoch, as the token has it. A rotated refresh token
 * keeps the time of the sign-in.
 */
function signedInAt(token: object): number {
  const { authTime, iat } = token as { authTime?: unknown; iat?: unknown };
  if (typeof authTime === 'number') return authTime;
  return typeof iat === 'number' ? iat : 0;
}
