import { type Item, isNumber, isText, type Value } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import {
  CHANGE,
  changeKey,
  listName,
  memberSubject,
  PENDING,
  PERSON,
  pendingKey,
  subjectPartition,
} from '../tableKeys.ts';
import { foldUserid } from '../wecom/userid.ts';
import { readPartition } from './partition.ts';

/**
 * A change of the person behind a userid in WeCom's directory (document 90970). Userids are folded.
 *
 * - `left`: the member was deleted.
 * - `arrived`: a member was created.
 * - `renamed`: the person has `newUserid` from now on, and `userid` is free.
 *
 * `wasKnown`: somebody else had the userid (of a rename: the new one) before, so older allowances there
 * are not this person's.
 */
export type PersonChange = {
  readonly userid: string;
  /** WeCom's CreateTime, in seconds since the epoch. */
  readonly happenedAt: number;
} & (
  | { readonly kind: 'left' }
  | { readonly kind: 'arrived'; readonly wasKnown: boolean }
  | { readonly kind: 'renamed'; readonly newUserid: string; readonly wasKnown: boolean }
);

/** A change as it is stored. */
export type StoredChange = PersonChange & {
  readonly id: string;
  /** When we first received the event, in milliseconds since the epoch. */
  readonly notedAt: number;
  /** See PersonEvent. */
  readonly clockLagSeconds: number;
};

/** An event of WeCom after which grants may have to be suspended or moved. */
export type PersonEvent = {
  /** The same in every delivery of the event, and of no other event. */
  readonly id: string;
  readonly userid: string;
  /** WeCom's CreateTime, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** How far WeCom's clock was behind ours when it sent the event; absent: not at all. */
  readonly clockLagSeconds?: number;
} & (
  | { readonly kind: 'left' | 'created' }
  | { readonly kind: 'renamed'; readonly newUserid: string }
);

/** A userid that was read this long before the event was somebody else's. Less may be clock skew. */
const KNOWN_BEFORE_MS = 60_000;
/** An older CreateTime is wrong, because WeCom repeats a push within a minute (document 90238). */
const OLDEST_EVENT_MS = 60 * 60 * 1_000;
/** The most userids that one change is recorded under. WeCom lets a userid be changed once. */
export const MAX_CHANGE_USERIDS = 20;
/** 10 MB: more items of one member are a mistake. */
const MAX_PAGES = 10;

/**
 * Records an event as pending work in the partition of every userid that it may concern. `verify`
 * refuses these members until `personChanges` has done the work (settle.ts). The same event writes
 * the same items, so it may be recorded any number of times.
 *
 * The first `created` of a userid makes no work. It is stored, because later placements depend on it.
 *
 * @param now milliseconds since the epoch
 * @returns the userids to settle; none if there is no work
 * @throws StoreUnavailable
 */
export async function notePersonChange(
  table: Table,
  corpId: string,
  event: PersonEvent,
  now: number,
): Promise<string[]> {
  const { id, clockLagSeconds = 0 } = event;
  const { change, isFirst } = await changeOf(table, corpId, event, now);
  if (change === undefined) return [];
  const stored = { ...change, id, notedAt: now, clockLagSeconds };
  if (change.kind === 'arrived' && isFirst) {
    await keepChange(table, corpId, change.userid, stored);
    return [];
  }

  const noted: string[] = [];
  let next = change.kind === 'renamed' ? [change.userid, change.newUserid] : [change.userid];
  while (next.length > 0) {
    if (noted.length + next.length > MAX_CHANGE_USERIDS) {
      throw new StoreUnavailable('A userid was changed too often', { reason: 'too many' });
    }
    noted.push(...next);
    // Written before the renames are read. So a worker that settles a rename of this userid either sees
    // this item, or has stored the rename before we read.
    const list = { listName: listName(corpId, 'pending') };
    await Promise.all(
      next.map((userid) => write(table, pendingKey(corpId, userid, id), stored, list)),
    );
    const known = await Promise.all(
      next.map((userid) => renamedTo(table, corpId, userid, change.happenedAt)),
    );
    next = [...new Set(known.flat())].filter((userid) => !noted.includes(userid));
  }
  return noted;
}

async function changeOf(
  table: Table,
  corpId: string,
  event: PersonEvent,
  now: number,
): Promise<{ change?: PersonChange; isFirst?: boolean }> {
  const { createdAt } = event;
  const happenedAt = Math.floor((createdAt < now - OLDEST_EVENT_MS ? now : createdAt) / 1_000);
  const userid = foldUserid(event.userid);
  switch (event.kind) {
    case 'left':
      return { change: { kind: 'left', userid, happenedAt } };
    case 'created': {
      const { wasKnown, isFirst } = await historyOf(table, corpId, userid, event, happenedAt, now);
      return { change: { kind: 'arrived', userid, happenedAt, wasKnown }, isFirst };
    }
    case 'renamed': {
      const newUserid = foldUserid(event.newUserid);
      // Only the case has changed.
      if (newUserid === userid) return {};
      const { wasKnown } = await historyOf(table, corpId, newUserid, event, happenedAt, now);
      return { change: { kind: 'renamed', userid, newUserid, happenedAt, wasKnown } };
    }
  }
}

/**
 * What is stored of a userid when an event comes.
 *
 * - `wasKnown`: somebody had it before: WeCom showed it, somebody signed in, or an earlier event named it.
 *   An earlier event that is received later counts in placement.ts.
 * - `isFirst`: nothing is known, neither of before nor of afterwards.
 */
async function historyOf(
  table: Table,
  corpId: string,
  userid: string,
  { id, clockLagSeconds = 0 }: PersonEvent,
  happenedAt: number,
  now: number,
): Promise<{ wasKnown: boolean; isFirst: boolean }> {
  const pk = subjectPartition(corpId, memberSubject(userid));
  const items = await readPartition(table, pk, { pages: MAX_PAGES });
  const others = items.filter(({ sk }) =>
    [PENDING, CHANGE].some((prefix) => String(sk).startsWith(prefix) && sk !== prefix + id),
  );
  // Our clock. What cannot be read may be early, here and below.
  const latest = Math.min((happenedAt + clockLagSeconds) * 1_000, now) - KNOWN_BEFORE_MS;
  const isEarly = (at: Value | undefined) => !isNumber(at) || at < latest;
  const wasSeen = items.some((item) => {
    const { sk, firstReadAt, since } = item;
    // The person is never deleted, unlike a membership.
    return ('firstReadAt' in item && isEarly(firstReadAt)) || (sk === PERSON && isEarly(since));
  });
  // WeCom's clock.
  const wasNamed = others.some((item) => {
    const at = item['happenedAt'];
    return !isNumber(at) || at <= happenedAt;
  });
  const wasKnown = wasSeen || wasNamed;
  return { wasKnown, isFirst: !wasKnown && others.length === 0 };
}

/** Stores a change permanently, for placement.ts. */
export async function keepChange(
  table: Table,
  corpId: string,
  userid: string,
  change: StoredChange,
): Promise<void> {
  await write(table, changeKey(corpId, userid, change.id), change);
}

/**
 * By UpdateItem, because the role of `callback` allows nothing else. What was received earlier stays, see
 * `earlier`.
 */
async function write(
  table: Table,
  key: Key,
  change: StoredChange,
  list: { readonly listName?: string } = {},
): Promise<void> {
  const { kind, id: _id, ...rest } = change;
  const attributes = Object.entries({ change: kind, ...rest, ...list });
  await table.update(
    key,
    {
      expression: `SET ${attributes.map(([name]) => `#${name} = :${name}`).join(', ')}`,
      names: Object.fromEntries(attributes.map(([name]) => [`#${name}`, name])),
      values: Object.fromEntries(attributes.map(([name, value]) => [`:${name}`, value])),
    },
    'attribute_not_exists(#change) OR #notedAt > :notedAt',
  );
}

/**
 * Of two stored copies of one change, that of the delivery that was received first. At a later one
 * `wasKnown` may be true because of the first, and `clockLagSeconds` is larger than it was.
 */
export function earlier(one: StoredChange, other: StoredChange): StoredChange {
  if (one.notedAt !== other.notedAt) return one.notedAt < other.notedAt ? one : other;
  return one.clockLagSeconds <= other.clockLagSeconds ? one : other;
}

/** The new userids of persons who were renamed from this one at that second or later. */
async function renamedTo(
  table: Table,
  corpId: string,
  userid: string,
  since: number,
): Promise<string[]> {
  const pk = subjectPartition(corpId, memberSubject(userid));
  const items = await readPartition(table, pk, { prefix: CHANGE, pages: MAX_PAGES });
  return items
    .map(readChange)
    .filter((change) => isRenameFrom(change, userid))
    .filter(({ happenedAt }) => happenedAt >= since)
    .map(({ newUserid }) => newUserid);
}

/** Whether the change gave the person behind the userid another one. */
export function isRenameFrom<Change extends PersonChange>(
  change: Change,
  userid: string,
): change is Extract<Change, { readonly kind: 'renamed' }> {
  return change.kind === 'renamed' && change.userid === userid;
}

export function isChange({ sk }: Item): boolean {
  return String(sk).startsWith(CHANGE);
}

/** @throws StoreUnavailable if it cannot be read: grants must not be placed without it */
export function readChange(item: Item): StoredChange {
  const { sk, change, userid, newUserid, wasKnown } = item;
  const { happenedAt, notedAt } = item;
  // `in`, because a value of a kind that we never write is read as undefined.
  const clockLagSeconds = 'clockLagSeconds' in item ? item['clockLagSeconds'] : 0;
  const hasTimes = isNumber(happenedAt) && isNumber(notedAt) && isNumber(clockLagSeconds);
  if (isText(sk) && isText(userid) && hasTimes) {
    const id = sk.slice(sk.indexOf('#') + 1);
    const common = { id, userid, happenedAt, notedAt, clockLagSeconds };
    if (change === 'left') return { kind: change, ...common };
    if (typeof wasKnown === 'boolean') {
      if (change === 'arrived') return { kind: change, ...common, wasKnown };
      if (change === 'renamed' && isText(newUserid)) {
        return { kind: change, ...common, newUserid, wasKnown };
      }
    }
  }
  throw new StoreUnavailable('A stored change of a person cannot be read', {
    reason: 'unknown format',
    key: `${item['pk']} ${sk}`,
    advice: 'Look at the grants of the member, then delete the item from the permission table.',
  });
}
