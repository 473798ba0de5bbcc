import { type Item, isNumber, isText } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { personKey, subKey } from '../tableKeys.ts';
import { foldUserid, isUserid } from '../wecom/userid.ts';
import type { Origin } from './grant.ts';
import type { Placement } from './placement.ts';

/*
 * A `sub` of the OpenID provider names a person. It is the first userid that the person signed in under,
 * folded, and it stays when the userid changes. A later person under the same userid gets another `sub`.
 *
 *   the person of a userid   <corpId>#member#<userid>  person   sub, since, firstUserid
 *   the userid of a sub      <corpId>#sub#<sub>        sub      userid, signedOutAt
 *
 * The item of a `sub` is never deleted, so no `sub` is given to two people.
 */

/** More people than this under one userid are a mistake. */
const MAX_PEOPLE = 100;

interface Store {
  /** The permission table. */
  readonly table: Table;
  readonly corpId: string;
}

interface LeaverStore extends Store {
  /**
   * Called for each person who leaves, before what is stored of them changes. If it throws, the work can
   * be repeated.
   */
  readonly onLeave?: (sub: string) => Promise<void>;
}

/**
 * The `sub` of the member, made at the first sign-in.
 *
 * Each step is one conditional write, so two sign-ins at once get the same `sub`.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailable also if the userid has had more than a hundred people
 */
export async function subOf(store: Store, userid: string, now: number): Promise<string> {
  const member = foldUserid(userid);
  for (let people = 1; people <= MAX_PEOPLE; people += 1) {
    const known = await readPerson(store, member);
    if (known) return known.sub;
    await claim(store, nthSub(member, people), member, now);
  }
  throw new StoreUnavailable('No sub is left for the userid', { reason: 'too many' });
}

/** The `sub` of the nth person under a userid. No userid holds `~`, so it is no other member's. */
function nthSub(member: string, n: number): string {
  return n === 1 ? member : `${member}~${n}`;
}

async function claim({ table, corpId }: Store, sub: string, member: string, now: number) {
  const isNew = await table.update(
    subKey(corpId, sub),
    { expression: 'SET userid = :userid', values: { ':userid': member } },
    'attribute_not_exists(pk)',
  );
  // An earlier sign-in of this member may have died between the two steps.
  if (!isNew && (await personOf({ table, corpId }, sub)).userid !== member) return;
  await table.update(
    personKey(corpId, member),
    {
      expression: 'SET #sub = :sub, since = :now',
      names: { '#sub': 'sub' },
      values: { ':sub': sub, ':now': now },
    },
    'attribute_not_exists(pk)',
  );
}

/** Whether the text can be a `sub`: a folded userid, perhaps with `~` and a number. */
export function isSub(text: string): boolean {
  return isUserid(text.replace(/~\d{1,3}$/, '')) && foldUserid(text) === text;
}

/**
 * The `sub` of the person who has the userid, and of each person who first signed in under it and has
 * left. At most a hundred.
 *
 * @throws StoreUnavailable
 */
export async function subsOf(store: Store, userid: string): Promise<string[]> {
  const member = foldUserid(userid);
  const known = await knownSubOf(store, member);
  const subs = known === undefined ? [] : [known];
  for (let people = 1; people <= MAX_PEOPLE; people += 1) {
    const sub = nthSub(member, people);
    const item = await store.table.get(subKey(store.corpId, sub));
    if (item === undefined) break;
    if (item['userid'] === undefined) subs.push(sub);
  }
  return subs;
}

/** What is stored of the person behind a `sub`. */
export interface KnownPerson {
  /** The person's current userid; absent for a person who left. */
  readonly userid?: string;
  /** Seconds since the epoch: sign-ins up to then have ended. 0 if none was ended. */
  readonly signedOutAt: number;
}

/** @throws StoreUnavailable also for a `signedOutAt` that cannot be read: it may end any sign-in */
export async function personOf({ table, corpId }: Store, sub: string): Promise<KnownPerson> {
  return readKnownPerson(await table.get(subKey(corpId, sub)));
}

/** Reads the item of a `sub`. @throws as `personOf` */
export function readKnownPerson(item: Item | undefined): KnownPerson {
  const { userid, signedOutAt = 0 } = item ?? {};
  if (!isNumber(signedOutAt)) {
    throw new StoreUnavailable('A stored sign-out cannot be read', {
      reason: 'unknown format',
      key: `${item?.['pk']} ${item?.['sk']}`,
      advice: 'End the sessions of the person again: npm run sessions -- end sub:<sub>.',
    });
  }
  return { ...(isText(userid) && { userid }), signedOutAt };
}

/**
 * Ends every sign-in of the person: what was issued up to now no longer works. One conditional write,
 * however many sign-ins there are. It has no effect if everything up to `at` has ended already, so a
 * repetition does not end what began since.
 *
 * @param at when the sign-out was requested, in milliseconds since the epoch
 * @param now milliseconds since the epoch
 * @throws StoreUnavailable
 */
export async function signOutPerson(
  { table, corpId }: Store,
  sub: string,
  at: number,
  now: number,
): Promise<void> {
  await table.update(
    subKey(corpId, sub),
    {
      expression: 'SET signedOutAt = :now',
      values: {
        // The clock of the caller that chose `at` may be ahead.
        ':now': Math.floor(Math.max(now, at) / 1_000),
        ':at': Math.floor(at / 1_000),
        ':number': 'N',
      },
    },
    'attribute_exists(pk) AND (attribute_not_exists(signedOutAt) OR signedOutAt < :at OR NOT attribute_type(signedOutAt, :number))',
  );
}

/** The `sub` of the person who has the userid, if they ever signed in. @throws StoreUnavailable */
export async function knownSubOf(store: Store, userid: string): Promise<string | undefined> {
  return (await readPerson(store, foldUserid(userid)))?.sub;
}

/**
 * Moves the people behind these userids to their new userids, and parts those who left from theirs.
 *
 * It may be repeated, and run several times at once.
 *
 * @param placementOf where a thing belongs that is stored under the userid and was made for `origin`
 * @throws StoreUnavailable, and what `onLeave` throws
 */
export async function placePeople(
  store: LeaverStore,
  userids: Iterable<string>,
  placementOf: (userid: string, origin: Origin) => Promise<Placement>,
): Promise<void> {
  const moves: { from: string; to: string; person: Person }[] = [];
  for (const userid of userids) {
    const person = await readPerson(store, userid);
    if (person === undefined) continue;
    // From the first userid on, because earlier changes of this one concern other people.
    const placement = await placementOf(userid, { userid: person.firstUserid, at: person.since });
    if (placement.isSuspended) await retire(store, userid, person.sub);
    else if (placement.userid !== userid)
      moves.push({ from: userid, to: placement.userid, person });
  }
  // After all departures, because a new userid may have belonged to somebody who left. A person moves
  // only after whoever has the new userid has moved away.
  while (moves.length > 0) {
    const free = moves.findIndex(({ to }) => !moves.some(({ from }) => from === to));
    const [next] = moves.splice(Math.max(free, 0), 1);
    if (next) await move(store, next.from, next.to, next.person);
  }
}

/**
 * The person keeps their `sub`. If somebody signed in under the new userid before the event came, that
 * was the same person, and the older `sub` stays.
 */
async function move(store: LeaverStore, from: string, to: string, person: Person): Promise<void> {
  const { table, corpId } = store;
  const { sub, since, firstUserid } = person;
  const there = await readPerson(store, to);
  const isPlaced = await table.update(
    personKey(corpId, to),
    {
      expression: 'SET #sub = :sub, since = :since, firstUserid = :first',
      names: { '#sub': 'sub' },
      values: { ':sub': sub, ':since': since, ':first': firstUserid },
    },
    'attribute_not_exists(pk) OR #sub = :sub OR since > :since',
  );
  if (!isPlaced) return retire(store, from, sub);
  if (there && there.sub !== sub) {
    await store.onLeave?.(there.sub);
    await release(store, to, there.sub);
  }
  await table.update(
    subKey(corpId, sub),
    { expression: 'SET userid = :to', values: { ':to': to, ':from': from } },
    'userid = :from OR userid = :to',
  );
  await forgetUserid(store, from, sub);
}

/**
 * Parts a person who left from the userid. The next person who signs in under it gets another `sub`.
 *
 * @throws StoreUnavailable, and what `onLeave` throws
 */
export async function retire(store: LeaverStore, userid: string, sub: string): Promise<void> {
  await store.onLeave?.(sub);
  await release(store, userid, sub);
  await forgetUserid(store, userid, sub);
}

/** Marks the `sub` as that of somebody who left. */
async function release(store: Store, userid: string, sub: string): Promise<void> {
  await store.table.update(
    subKey(store.corpId, sub),
    {
      expression: 'REMOVE userid SET formerUserid = :userid',
      values: { ':userid': userid },
    },
    'userid = :userid',
  );
}

/** Deletes the item that says which person has the userid. */
async function forgetUserid({ table, corpId }: Store, userid: string, sub: string): Promise<void> {
  await table.delete(personKey(corpId, userid), {
    expression: '#sub = :sub',
    names: { '#sub': 'sub' },
    values: { ':sub': sub },
  });
}

interface Person {
  readonly sub: string;
  /** When they first signed in, in milliseconds since the epoch. */
  readonly since: number;
  /** The userid that they had then, folded. Stored only once they have another one. */
  readonly firstUserid: string;
}

async function readPerson({ table, corpId }: Store, userid: string): Promise<Person | undefined> {
  const item = await table.get(personKey(corpId, userid));
  if (item === undefined) return undefined;
  const { sub, since } = item;
  const firstUserid = 'firstUserid' in item ? item['firstUserid'] : userid;
  if (isText(sub) && isNumber(since) && isText(firstUserid)) return { sub, since, firstUserid };
  throw new StoreUnavailable('A stored person cannot be read', {
    reason: 'unknown format',
    key: `${item['pk']} ${item['sk']}`,
    advice: 'Delete the item from the permission table: the member gets another sub.',
  });
}
