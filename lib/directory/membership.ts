import { type Item, isNumber, isText, type Value } from '../dynamodb/item.ts';

/** WeCom's root department. Every member of the corp is in it or below it. */
export const ROOT_DEPARTMENT = 1;

/** The `why` of a snapshot from an answer that cannot be read: WeCom is asked again after a pause. */
export const UNREADABLE_ANSWER = 'unreadable answer';

/** What WeCom last said about a member, in `user/get` or an event. */
export interface Snapshot {
  /** `gone`: left, disabled, not activated, unknown, or outside the app's visible range. */
  readonly state: 'active' | 'gone';
  /** Shown to administrators: `status 1`, `errcode 60111`, `event`. */
  readonly why: string;
  /** The member's own departments, in WeCom's order; empty for a member who is gone. */
  readonly departments: readonly number[];
  /** When WeCom was asked, in milliseconds since the epoch. */
  readonly readAt: number;
}

/** A member's groups, computed from its own departments and the tags that grants name. */
export interface MemberGroups {
  /** The member's own departments that the groups were computed from. */
  readonly of: readonly number[];
  /** These and all above them, the nearest first. The root is always among them. */
  readonly departments: readonly number[];
  /** Whether no department above is missing from `departments`. */
  readonly ancestorsKnown: boolean;
  /** The tags that the member carries. */
  readonly tags: readonly number[];
  /** The tags that the member does not carry. */
  readonly otherTags: readonly number[];
  /** The tags that could not be read. */
  readonly unknownTags: readonly number[];
  /** The version of the directory at that time; see directoryRecord.ts. */
  readonly version: number;
  /** In milliseconds since the epoch. */
  readonly workedOutAt: number;
}

/**
 * One member's item in the permission table. All times are in milliseconds since the epoch.
 *
 * The item has four more attributes that are not read here. `claimedBy` and `settling` occur only in
 * conditions (membershipStore.ts, membershipWrite.ts), `firstReadAt` is for permissions/personChange.ts,
 * `ttl` for DynamoDB.
 */
export interface Membership {
  readonly snapshot?: Snapshot;
  readonly groups?: MemberGroups;
  /** An event came after the snapshot. Only a snapshot under a later claim clears this. */
  readonly outdated?: boolean;
  /** The event was that the member left. */
  readonly hasLeft?: boolean;
  /** The member was deleted: until then the snapshot is used, and WeCom is not asked. */
  readonly goneUntil?: number;
  /** A snapshot soon after a departure said `active`: WeCom is asked again from then on. */
  readonly recheckAt?: number;
  /** Another caller is asking WeCom, at the latest until then. */
  readonly claimedUntil?: number;
  /** WeCom is not asked before then. */
  readonly retryAt?: number;
  /** Rises with every write but a claim. */
  readonly revision?: number;
  /** The item has an unknown form. It is not used, and is replaced by the next claim. */
  readonly unreadable?: boolean;
}

const FLAGS = ['outdated', 'hasLeft'];
const NUMBERS = ['goneUntil', 'recheckAt', 'claimedUntil', 'retryAt', 'revision'];

/** @returns nothing if there is no item; `unreadable` for one in an unknown form */
export function readMembership(item: Item | undefined): Membership | undefined {
  if (item === undefined) return undefined;
  const { outdated, hasLeft, goneUntil, recheckAt, claimedUntil, retryAt, revision } = item;
  const snapshot = 'state' in item ? readSnapshot(item) : undefined;
  const groups = 'groups' in item ? readGroups(item['groups']) : undefined;
  // `in`, because a value of a kind that we never write is read as undefined.
  const present = (names: readonly string[]) => names.filter((name) => name in item);
  const readable =
    present(FLAGS).every((name) => typeof item[name] === 'boolean') &&
    present(NUMBERS).every((name) => isNumber(item[name]));
  if (!readable || snapshot === null || groups === null) {
    return { unreadable: true, ...(isNumber(revision) && { revision }) };
  }
  return {
    ...(snapshot && { snapshot }),
    ...(groups && { groups }),
    ...(outdated === true && { outdated }),
    ...(hasLeft === true && { hasLeft }),
    ...(isNumber(goneUntil) && { goneUntil }),
    ...(isNumber(recheckAt) && { recheckAt }),
    ...(isNumber(claimedUntil) && { claimedUntil }),
    ...(isNumber(retryAt) && { retryAt }),
    ...(isNumber(revision) && { revision }),
  };
}

function readSnapshot({ state, why, departments, readAt }: Item): Snapshot | null {
  if (!(state === 'active' || state === 'gone')) return null;
  if (!(isText(why) && isIds(departments) && isNumber(readAt))) return null;
  return { state, why, departments, readAt };
}

function readGroups(value: Value | undefined): MemberGroups | null {
  if (typeof value !== 'object' || value === null) return null;
  const { of, departments, ancestorsKnown, version, workedOutAt, ...rest } = value as Item;
  const { tags, otherTags, unknownTags } = rest;
  if (!(isIds(of) && isIds(departments) && typeof ancestorsKnown === 'boolean')) return null;
  if (!(isIds(tags) && isIds(otherTags) && isIds(unknownTags))) return null;
  if (!(isNumber(version) && isNumber(workedOutAt))) return null;
  return { of, departments, ancestorsKnown, tags, otherTags, unknownTags, version, workedOutAt };
}

function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && id > 0);
}
