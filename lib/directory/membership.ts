import { type Item, isNumber, isNumbers, isText, type Value } from '../dynamodb/item.ts';

/** What WeCom last said of a member: `user/get`, or an event. */
export interface MemberReading {
  /** `gone`: left, disabled, not activated, unknown, or out of the app's sight. */
  readonly state: 'active' | 'gone';
  /** For an administrator: `status 1`, `errcode 60111`, `event`. */
  readonly why: string;
  /** The member's own, in WeCom's order; none of a member who is gone. */
  readonly departments: readonly number[];
  /** When WeCom was asked, in milliseconds since the epoch. */
  readonly readAt: number;
}

/** The groups that a member's departments come to. */
export interface MemberGroups {
  /** The departments that this was worked out of: no good for others. */
  readonly of: readonly number[];
  /** These and all above them, the nearest first. */
  readonly departments: readonly number[];
  /** Of the tags that a grant names. */
  readonly tags: readonly number[];
  /** The version of the directory at that time; see directoryRecord.ts. */
  readonly version: number;
  readonly workedOutAt: number;
}

/** All that is stored of a member, but for grants. */
export interface Membership {
  readonly reading?: MemberReading;
  readonly groups?: MemberGroups;
  /** An event told of a change then: a reading from before it is out of date. */
  readonly changedAt?: number;
  /** Somebody is asking WeCom, until then at most. */
  readonly claimedUntil?: number;
  /** WeCom could not be asked: nobody tries again before then. */
  readonly retryAt?: number;
  /** Rises with every writing but a claim. */
  readonly revision?: number;
}

/** Of an item in another form only the revision is read: WeCom is asked again, and the item replaced. */
export function readMembership(item: Item | undefined): Membership | undefined {
  if (item === undefined) return undefined;
  const { changedAt, claimedUntil, retryAt } = item;
  const revision = isNumber(item['revision']) ? { revision: item['revision'] } : {};
  const reading = item['state'] === undefined ? undefined : readReading(item);
  const groups = item['groups'] === undefined ? undefined : readGroups(item['groups']);
  if (reading === null || groups === null) return revision;
  if (!isTime(changedAt) || !isTime(claimedUntil) || !isTime(retryAt)) return revision;
  return {
    ...(reading && { reading }),
    ...(groups && { groups }),
    ...(changedAt !== undefined && { changedAt }),
    ...(claimedUntil !== undefined && { claimedUntil }),
    ...(retryAt !== undefined && { retryAt }),
    ...revision,
  };
}

function isTime(value: unknown): value is number | undefined {
  return value === undefined || isNumber(value);
}

function readReading({ state, why, departments, readAt }: Item): MemberReading | null {
  const right = state === 'active' || state === 'gone';
  if (!(right && isText(why) && isNumbers(departments) && isNumber(readAt))) return null;
  return { state, why, departments, readAt };
}

function readGroups(value: Value): MemberGroups | null {
  const { of, departments, tags, version, workedOutAt } = value as Item;
  const lists = isNumbers(of) && isNumbers(departments) && isNumbers(tags);
  if (!(lists && isNumber(version) && isNumber(workedOutAt))) return null;
  return { of, departments, tags, version, workedOutAt };
}
