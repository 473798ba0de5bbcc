import * as v from 'valibot';
import type { Item } from '../dynamodb/item.ts';

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
}

export const MEMBERSHIP = 'membership';

const time = v.number();
const ids = v.array(v.number());
const Stored = v.object({
  state: v.exactOptional(v.picklist(['active', 'gone'])),
  why: v.exactOptional(v.string()),
  departments: v.exactOptional(ids),
  readAt: v.exactOptional(time),
  groups: v.exactOptional(
    v.object({ of: ids, departments: ids, tags: ids, version: v.number(), workedOutAt: time }),
  ),
  changedAt: v.exactOptional(time),
  claimedUntil: v.exactOptional(time),
  retryAt: v.exactOptional(time),
});

/** @returns nothing for an item in another form: WeCom is asked again */
export function readMembership(item: Item | undefined): Membership | undefined {
  const stored = v.safeParse(Stored, item);
  if (!stored.success) return undefined;
  const { state, why = '', departments, readAt, ...rest } = stored.output;
  if (state === undefined || departments === undefined || readAt === undefined) return rest;
  return { reading: { state, why, departments, readAt }, ...rest };
}
