import { type Membership, ROOT_DEPARTMENT, UNREADABLE_ANSWER } from './membership.ts';

/*
 * All limits on the age of a stored membership.
 *
 *   0                        50 min                1 h                            24 h
 *   ├─ used ─────────────────┼─ used, and renewed ─┼─ WeCom is asked first; used ─┼─ refused
 *   │                        │  in the background  │  if it cannot be asked       │
 *
 * For a member's groups the limits are ten minutes earlier, because the departments and tags that
 * they are computed from may be ten minutes old.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A member's state and departments are asked again when older. */
const SNAPSHOT_LIFETIME_MS = HOUR_MS;
/** The age that departments and tags may have when a member's groups are computed from them. */
export const GROUP_SOURCE_AGE_MS = 10 * MINUTE_MS;
/** With the age of their sources added, groups are never older than a snapshot. */
const GROUPS_LIFETIME_MS = SNAPSHOT_LIFETIME_MS - GROUP_SOURCE_AGE_MS;
/** A snapshot or groups are renewed in the background this long before the end of their lifetime. */
const RENEW_AHEAD_MS = 10 * MINUTE_MS;
/** How long a stored membership is used while WeCom cannot be asked. openid/refusal.ts names the hours. */
export const STORED_USABLE_MS = 24 * HOUR_MS;
/** The pause after a call of WeCom that failed. */
export const RETRY_PAUSE_MS = MINUTE_MS;
/** How long WeCom may still report a deleted member as active. */
export const RECHECK_MS = MINUTE_MS;
/** The time limit for asking WeCom about one member and the member's groups. */
export const ASKING_MS = 5_000;
/** How long a claim to ask WeCom lasts: `ASKING_MS` plus clock skew. */
export const CLAIM_MS = ASKING_MS + 3_000;
/** A sign-in does not write again what the same instance wrote less than this ago. */
export const SIGN_IN_REWRITE_MS = 10 * MINUTE_MS;
/** A stored time that is further in the future is a defect, and is ignored. */
export const CLOCK_SKEW_MS = 5 * MINUTE_MS;

/**
 * - `use`: use what is stored.
 * - `use-and-renew`: use it, and ask WeCom in the background.
 * - `renew`: ask WeCom first.
 * - `wait`: another caller is asking WeCom; wait for its result.
 */
export type MembershipStep = 'use' | 'use-and-renew' | 'renew' | 'wait';

/** `soon`: still usable, and due in the background. */
export type Staleness = 'fresh' | 'soon' | 'stale';

/**
 * What to do with a membership as it is stored.
 *
 * @param version of the directory; see directoryRecord.ts
 * @param now milliseconds since the epoch, here and below
 */
export function membershipStep(
  stored: Membership | undefined,
  version: number,
  now: number,
): MembershipStep {
  const staleness = [snapshotStaleness(stored, now), groupsStaleness(stored, version, now)];
  const urgent = staleness.includes('stale');
  if (!urgent && !staleness.includes('soon')) return 'use';
  if (isAhead(stored?.retryAt, RETRY_PAUSE_MS, now)) return 'use';
  if (isAhead(stored?.claimedUntil, CLAIM_MS, now)) return urgent ? 'wait' : 'use';
  return urgent ? 'renew' : 'use-and-renew';
}

export function snapshotStaleness(stored: Membership | undefined, now: number): Staleness {
  const { snapshot, outdated, goneUntil, recheckAt } = stored ?? {};
  if (snapshot?.state === 'gone' && isAhead(goneUntil, RECHECK_MS, now)) return 'fresh';
  if (snapshot === undefined || outdated) return 'stale';
  if (snapshot.why === UNREADABLE_ANSWER) return 'stale';
  if (recheckAt !== undefined && !isAhead(recheckAt, RECHECK_MS, now)) return 'stale';
  return byAge(snapshot.readAt, SNAPSHOT_LIFETIME_MS, now);
}

/** A member who is gone needs no groups. */
export function groupsStaleness(
  stored: Membership | undefined,
  version: number,
  now: number,
): Staleness {
  const { snapshot, groups } = stored ?? {};
  if (snapshot?.state !== 'active') return 'fresh';
  if (groups === undefined || groups.version < version) return 'stale';
  if (!sameIds(groups.of, snapshot.departments)) return 'stale';
  if (!groups.ancestorsKnown || groups.unknownTags.length > 0) return 'stale';
  return byAge(groups.workedOutAt, GROUPS_LIFETIME_MS, now);
}

/** The part of a stored membership that a decision may use. */
export interface EffectiveMembership {
  readonly state: 'active' | 'gone';
  readonly departments: readonly number[];
  readonly ancestorsKnown: boolean;
  readonly tags: readonly number[];
  readonly otherTags: readonly number[];
}

const GONE: EffectiveMembership = {
  state: 'gone',
  departments: [],
  ancestorsKnown: true,
  tags: [],
  otherTags: [],
};

/** @returns nothing if the stored membership is too old or unreadable, or lacks what a decision needs */
export function effectiveMembership(
  stored: Membership | undefined,
  now: number,
): EffectiveMembership | undefined {
  const { snapshot, groups } = stored ?? {};
  if (snapshot === undefined || !isStillUsable(snapshot.readAt, now)) return undefined;
  // The member is unknown and not gone: a member who is gone is signed out, which cannot be undone.
  if (snapshot.why === UNREADABLE_ANSWER) return undefined;
  if (snapshot.state === 'gone') return GONE;
  if (groups === undefined || !isStillUsable(groups.workedOutAt, now)) return undefined;
  // Groups of the former departments could allow, and could lack a denial for the new ones.
  if (!sameIds(groups.of, snapshot.departments)) return undefined;
  const { departments, ancestorsKnown, tags, otherTags } = groups;
  return { state: 'active', departments: withRoot(departments), ancestorsKnown, tags, otherTags };
}

/** Every member belongs to the root, also if WeCom withholds the member's departments. */
export function withRoot(departments: readonly number[]): readonly number[] {
  return departments.includes(ROOT_DEPARTMENT) ? departments : [...departments, ROOT_DEPARTMENT];
}

/** Whether what was read `at` that time may still be used while WeCom cannot be asked. */
export function isStillUsable(at: number, now: number): boolean {
  return now - at < STORED_USABLE_MS && at <= now + CLOCK_SKEW_MS;
}

export function sameIds(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((id, at) => id === other[at]);
}

function byAge(at: number, lifetimeMs: number, now: number): Staleness {
  const age = now - at;
  if (age >= lifetimeMs || age < -CLOCK_SKEW_MS) return 'stale';
  return age >= lifetimeMs - RENEW_AHEAD_MS ? 'soon' : 'fresh';
}

/** Whether the time is in the future, but no further than the longest that any code sets. */
function isAhead(time: number | undefined, longestMs: number, now: number): boolean {
  return time !== undefined && time > now && time <= now + longestMs + CLOCK_SKEW_MS;
}
