import { type Item, isNumber, isText } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { personKey, subKey } from '../tableKeys.ts';
import { foldUserid, isUserid } from '../wecom/userid.ts';
import type { Origin } from './grant.ts';
import type { Placement } from './placement.ts';

/*
 * Who a `sub` of the OpenID provider names: a person, whatever userid WeCom gives them. It is the
 * first userid that the person signed in under, folded, and it stays when the userid changes. A later
 * person under the same userid gets another one.
 *
 *   the person of a userid   <corpId>#member#<userid>  person   sub, since, firstUserid
 *   the userid of a sub      <corpId>#sub#<sub>        sub      userid, signedOutAt
 *
 * The item of a `sub` is never deleted, so no `sub` is given to two people.
 */

/** More people than this under one userid are a mistake. */
const MAX_PEOPLE = 100;

/** @param corpId and table: the permission table, here and below */
interface Store {
  readonly table: Table;
  readonly corpId: string;
}

interface LeaverStore extends Store {
  /**
   * Told of each person who leaves, before anything is forgotten of them. If it throws, all of it can
   * be repeated.
   */
  readonly onLeave?: (sub: string) => Promise<void>;
}

/**
 * The `sub` of the member, made at the first sign-in.
 *
 * Each step is one conditional write, so two sign-ins at once get the same.
 *
 * @param now milliseconds since the epoch
 * @throws StoreUnavailable
 */
export async function subOf(store: Store, userid: string, now: number): Promise<string> {
  const member = foldUserid(userid);
  for (let people = 1; people <= MAX_PEOPLE; people += 1) {
    const known = await readPerson(store, member);
    if (known) return known.sub;
    // A userid cannot hold `~`, so this is no other member's sub.
    const sub = people === 1 ? member : `${member}~${people}`;
    await claim(store, sub, member, now);
  }
  throw new StoreUnavailable('No sub is left for the userid', { reason: 'too many' });
}

async function claim({ table, corpId }: Store, sub: string, member: string, now: number) {
  const isNew = await table.update(
    subKey(corpId, sub),
    { expression: 'SET userid = :userid', values: { ':userid': member } },
    'attribute_not_exists(pk)',
  );
  // A sign-in may have ended between the two steps.
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
 * Every `sub` of somebody with this userid: whoever has it now, and those who left after they first
 * signed in under it. At most a hundred.
 *
 * @throws StoreUnavailable
 */
export async function subsOf(store: Store, userid: string): Promise<string[]> {
  const member = foldUserid(userid);
  const known = await knownSubOf(store, member);
  const subs = known === undefined ? [] : [known];
  for (let people = 1; people <= MAX_PEOPLE; people += 1) {
    const sub = people === 1 ? member : `${member}~${people}`;
    const item = await store.table.get(subKey(store.corpId, sub));
    if (item === undefined) break;
    if (item['userid'] === undefined) subs.push(sub);
  }
  return subs;
}

/** What is known of the person behind a `sub`. */
export interface KnownPerson {
  /** The userid that the person has now; absent for a person who left. */
  readonly userid?: string;
  /** Sign-ins up to this second of the epoch have ended; 0 if none was ended. */
  readonly signedOutAt: number;
}

/** @throws StoreUnavailable also for a `signedOutAt` that cannot be read: it may have ended anything */
export async function personOf({ table, corpId }: Store, sub: string): Promise<KnownPerson> {
  return readKnownPerson(await table.get(subKey(corpId, sub)));
}

/** Reads the item of a `sub`, as `personOf`. */
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
 * Ends every sign-in of the person, wherever it is kept: what was issued up to now does not work any
 * more. One conditional write, however many sign-ins there are.
 *
 * @param at when it was asked for, in milliseconds since the epoch: if everything up to then has ended,
 *   by this sign-out or another, nothing that began since ends
 * @param now the same
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
        // The clock of whoever asked may be ahead.
        ':now': Math.floor(Math.max(now, at) / 1_000),
        ':at': Math.floor(at / 1_000),
        ':number': 'N',
      },
    },
    'attribute_exists(pk) AND (attribute_not_exists(signedOutAt) OR signedOutAt < :at OR NOT attribute_type(signedOutAt, :number))',
  );
}

/** The `sub` of whoever has the userid now; nothing if nobody signed in under it. @throws StoreUnavailable */
export async function knownSubOf(store: Store, userid: string): Promise<string | undefined> {
  return (await readPerson(store, foldUserid(userid)))?.sub;
}

/**
 * Brings the people behind these userids to where the directory says they are: to a new userid, or
 * away from the company.
 *
 * It may be repeated, and run by several at once.
 *
 * @param placementOf where something under the userid belongs that was made for `origin`
 * @throws StoreUnavailable
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
    // Changes of the userid from before the person moved there are not theirs.
    const placement = await placementOf(userid, { userid: person.firstUserid, at: person.since });
    if (placement.isSuspended) await retire(store, userid, person.sub);
    else if (placement.userid !== userid)
      moves.push({ from: userid, to: placement.userid, person });
  }
  // Last: the new userid may have been somebody's who has just been retired. Whoever has it still
  // moves away first.
  while (moves.length > 0) {
    const free = moves.findIndex(({ to }) => !moves.some(({ from }) => from === to));
    const [next] = moves.splice(Math.max(free, 0), 1);
    if (next) await move(store, next.from, next.to, next.person);
  }
}

/**
 * The person keeps their `sub`. Whoever signed in under the new userid before the event came is the
 * same person, so the older `sub` counts.
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
  await part(store, from, sub);
}

/** Parts a person from the userid: whoever signs in under it next gets another `sub`. @throws StoreUnavailable */
export async function retire(store: LeaverStore, userid: string, sub: string): Promise<void> {
  await store.onLeave?.(sub);
  await release(store, userid, sub);
  await part(store, userid, sub);
}

/** The `sub` names nobody any more. */
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

async function part({ table, corpId }: Store, userid: string, sub: string): Promise<void> {
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
  /** The userid that they had then, folded. Stored once they have another one. */
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
