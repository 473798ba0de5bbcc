import type { AdapterPayload } from 'oidc-provider';
import type { TimeSource } from '../clock.ts';
import { type Item, isNumber, isText, type Value } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { readPartition } from '../permissions/partition.ts';
import { s256 } from '../signin/pkce.ts';
import { endedSessionKey, signInKey, signInPartition } from '../tableKeys.ts';

/*
 * Who is signed in where: one item for each person, session and client, in a partition of the person.
 * The item is the library's Grant, on which every code and token of the sign-in rests, so there is no
 * sign-in without it. The library's own list, in the session, loses one of two sign-ins that are made
 * at once.
 *
 *   <corpId>#sign-ins#<sub>   <session>#<sid>   payload, clientId, signedInAt, expiresAt,
 *                                               endedAt, toldBy, toldUntil
 *
 * A sign-in that ended keeps its item, without the payload, until its client has been told. A client
 * may stay signed in for longer than the session here, so items outlive the session.
 *
 * A session that the person signed out of leaves a mark. A request that was under way then may still
 * write the session or a sign-in of it, so both count only without the mark.
 *
 *   <corpId>#sign-ins#<sub>   ended#<session>   endedAt
 *
 * `session` is the hash of the session's uid. `sid` is the hash of the grant's id, by which the client
 * knows the sign-in. All times but `signedInAt` are in seconds since the epoch.
 */

/** A person's sign-in at one client. */
export interface SignIn {
  readonly sub: string;
  readonly session: string;
  readonly sid: string;
  readonly clientId: string;
  /** In milliseconds since the epoch. */
  readonly signedInAt: number;
  /** Whether its codes and tokens have ended. */
  readonly hasEnded: boolean;
  /** Whether it has ended and its client has yet to be told. Otherwise the client itself ended it. */
  readonly isToBeTold: boolean;
}

export interface SignInStore {
  /** The permission table. */
  readonly table: Table;
  readonly corpId: string;
  readonly clock: TimeSource;
}

/** A hundred sign-ins take 50 kB; this is 20 000. */
const PAGES = 10;
/** DynamoDB may delete an item this long after it expired. */
export const KEPT_SECONDS = 3_600;

/**
 * The id of a new grant. It names the item, so the adapter finds it by one read.
 *
 * @param sub last, because it may hold a dot
 */
export function newGrantId(sub: string, sessionUid: string): string {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  return `${s256(sessionUid)}.${random}.${sub}`;
}

/** The `sid` by which the client of a grant knows the sign-in. */
export function sidOf(grantId: string): string {
  return s256(grantId);
}

/** @returns nothing for an id that `newGrantId` did not make */
function keyOf(corpId: string, grantId: string) {
  const [, session, sub] = /^([\w-]{43})\.[\w-]{43}\.(.+)$/.exec(grantId) ?? [];
  return session && sub ? signInKey(corpId, sub, session, sidOf(grantId)) : undefined;
}

/** Reads the grant of a sign-in that has not ended. @throws StoreUnavailable */
export async function readGrant(
  { table, corpId, clock }: SignInStore,
  grantId: string,
): Promise<AdapterPayload | undefined> {
  const key = keyOf(corpId, grantId);
  const { payload, expiresAt, endedAt } = (key && (await table.get(key))) ?? {};
  if (!isNumber(expiresAt) || endedAt !== undefined) return undefined;
  if (expiresAt <= secondsOf(clock)) return undefined;
  const read = readPayload(payload);
  return read && { ...read, jti: grantId };
}

/** What the library stored. @returns nothing if it cannot be read, so that it counts as absent */
export function readPayload(stored: unknown): AdapterPayload | undefined {
  try {
    const read: unknown = isText(stored) ? JSON.parse(stored) : undefined;
    const isObject = typeof read === 'object' && read !== null && !Array.isArray(read);
    return isObject ? (read as AdapterPayload) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes the grant of a sign-in.
 *
 * @param expiresIn in seconds
 * @returns false for a sign-in that has ended: it stays so
 * @throws StoreUnavailable
 */
export async function writeGrant(
  { table, corpId, clock }: SignInStore,
  grantId: string,
  { jti: _, ...payload }: AdapterPayload,
  expiresIn: number,
): Promise<boolean> {
  const key = keyOf(corpId, grantId);
  if (key === undefined) return false;
  const expiresAt = secondsOf(clock) + expiresIn;
  return table.update(
    key,
    {
      expression:
        'SET payload = :payload, clientId = :client, signedInAt = if_not_exists(signedInAt, :at), expiresAt = :expires, #ttl = :ttl',
      names: { '#ttl': 'ttl' },
      values: {
        ':payload': JSON.stringify(payload),
        ':client': payload.clientId ?? '',
        ':at': clock.now(),
        ':expires': expiresAt,
        ':ttl': expiresAt + KEPT_SECONDS,
      },
    },
    'attribute_not_exists(endedAt)',
  );
}

/** Ends a grant, and with it every code and token that rests on it. @throws StoreUnavailable */
export async function endGrant(store: SignInStore, grantId: string): Promise<void> {
  const key = keyOf(store.corpId, grantId);
  if (key) await end(store, key);
}

/** Ends a sign-in, as `endGrant`, and notes that its client has to be told. @throws StoreUnavailable */
export async function endSignIn(store: SignInStore, signIn: SignIn): Promise<void> {
  if (signIn.hasEnded) return;
  // Expired from the start, so that any run may claim it.
  const toBeTold = { toldBy: 'nobody', toldUntil: secondsOf(store.clock) };
  await end(store, keyOfSignIn(store, signIn), toBeTold);
}

/**
 * Ends a session: marks it, then ends its sign-ins. A sign-in that is written at the same time is
 * either among them, or the request that wrote it finds the mark.
 *
 * @param sessionSeconds how long a session may last
 * @returns the sign-ins, also those that had ended before
 * @throws StoreUnavailable
 */
export async function endSession(
  store: SignInStore,
  sub: string,
  session: string,
  sessionSeconds: number,
): Promise<SignIn[]> {
  const { table, corpId, clock } = store;
  const now = secondsOf(clock);
  await table.update(endedSessionKey(corpId, sub, session), {
    expression: 'SET endedAt = :now, #ttl = :ttl',
    names: { '#ttl': 'ttl' },
    values: { ':now': now, ':ttl': now + sessionSeconds + KEPT_SECONDS },
  });
  const signIns = await listSignIns(store, sub, session);
  await Promise.all(signIns.map((each) => endSignIn(store, each)));
  return signIns;
}

/**
 * Ends a sign-in that this request has just written. An older one stays for the sign-out under way,
 * which also tells its client.
 *
 * @param since when the request began to write, in milliseconds since the epoch
 * @throws StoreUnavailable
 */
export async function takeBack(store: SignInStore, grantId: string, since: number): Promise<void> {
  const key = keyOf(store.corpId, grantId);
  if (key === undefined) return;
  const now = secondsOf(store.clock);
  await store.table.update(
    key,
    {
      expression: 'SET endedAt = :now, expiresAt = :now, #ttl = :ttl REMOVE payload',
      names: { '#ttl': 'ttl' },
      values: { ':now': now, ':ttl': now + KEPT_SECONDS, ':since': since },
    },
    'signedInAt >= :since',
  );
}

/** How long a run has the right to tell a client: longer than that takes, also if the run dies. */
const CLAIM_SECONDS = 30;

/**
 * Ends a sign-in, and gives one of several runs the right to tell its client: one conditional write.
 *
 * @param by the id of the work; a repeated run of it gets the right again
 * @returns false if other work has the right, or the client was told
 * @throws StoreUnavailable
 */
export async function claimTelling(
  store: SignInStore,
  signIn: SignIn,
  by: string,
): Promise<boolean> {
  const now = secondsOf(store.clock);
  return store.table.update(
    keyOfSignIn(store, signIn),
    {
      expression:
        'SET endedAt = if_not_exists(endedAt, :now), toldBy = :by, toldUntil = :until REMOVE payload',
      values: { ':now': now, ':by': by, ':until': now + CLAIM_SECONDS },
    },
    'attribute_exists(pk) AND (attribute_not_exists(toldBy) OR toldBy = :by OR toldUntil <= :now)',
  );
}

/** @param more attributes to set */
async function end(
  { table, clock }: SignInStore,
  key: Key,
  more: Record<string, Value> = {},
): Promise<void> {
  const set = Object.entries({ endedAt: secondsOf(clock), ...more });
  await table.update(
    key,
    {
      expression: `SET ${set.map(([name]) => `${name} = :${name}`).join(', ')} REMOVE payload`,
      values: Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
    },
    'attribute_exists(pk) AND attribute_not_exists(endedAt)',
  );
}

/** Deletes a sign-in whose client was told, or takes no logout tokens. @throws StoreUnavailable */
export async function deleteSignIn(store: SignInStore, signIn: SignIn): Promise<void> {
  await store.table.delete(keyOfSignIn(store, signIn));
}

/**
 * The sign-ins of a person, also those that have ended. The oldest is as old as a refresh token may be.
 *
 * @param session only those of one session
 * @throws StoreUnavailable also if there are more than ten pages
 */
export async function listSignIns(
  { table, corpId, clock }: SignInStore,
  sub: string,
  session?: string,
): Promise<SignIn[]> {
  const items = await readPartition(table, signInPartition(corpId, sub), {
    ...(session !== undefined && { prefix: `${session}#` }),
    pages: PAGES,
  });
  return items.filter((item) => isKept(item, clock)).map((item) => readSignIn(sub, item));
}

/**
 * The same, page by page, however many there are.
 *
 * @throws StoreUnavailable
 */
export async function* eachSignIn(
  { table, corpId, clock }: SignInStore,
  sub: string,
  session?: string,
): AsyncGenerator<SignIn, undefined> {
  let after: Key | undefined;
  do {
    const page = await table.query(signInPartition(corpId, sub), {
      ...(session !== undefined && { prefix: `${session}#` }),
      ...(after && { after }),
    });
    for (const item of page.items) if (isKept(item, clock)) yield readSignIn(sub, item);
    after = page.next;
  } while (after !== undefined);
}

/** Whether the item is a sign-in that has not expired. The mark of a session has no `expiresAt`. */
function isKept({ expiresAt }: Item, clock: TimeSource): boolean {
  return isNumber(expiresAt) && expiresAt > secondsOf(clock);
}

function readSignIn(sub: string, { sk, clientId, signedInAt, endedAt, toldBy }: Item): SignIn {
  const [session = '', sid = ''] = String(sk).split('#');
  return {
    sub,
    session,
    sid,
    clientId: isText(clientId) ? clientId : '',
    signedInAt: isNumber(signedInAt) ? signedInAt : 0,
    hasEnded: endedAt !== undefined,
    isToBeTold: toldBy !== undefined,
  };
}

function keyOfSignIn({ corpId }: SignInStore, { sub, session, sid }: SignIn) {
  return signInKey(corpId, sub, session, sid);
}

function secondsOf(clock: TimeSource): number {
  return Math.floor(clock.now() / 1_000);
}
