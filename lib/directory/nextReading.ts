import type { Membership } from './membership.ts';

/*
 * Every bound on the age of what is known of a member stands here, in milliseconds.
 *
 *   0                        50 min              1 h                            24 h
 *   ├─ used ─────────────────┼─ used, and ───────┼─ WeCom is asked first; if it ┼─ refused
 *   │                        │  renewed beside   │  cannot be asked, used       │
 *
 * The same holds for a member's groups, ten minutes earlier: what they are worked out of may be ten
 * minutes old.
 */

/** A member's state and departments are asked again when older. */
const READING_LIFETIME = 60 * 60_000;
/** What departments and tags may be old when a member's groups are worked out of them. */
export const GROUP_SOURCES_AGE = 10 * 60_000;
/** With the age of their sources, groups are never older than a reading. */
const GROUPS_LIFETIME = READING_LIFETIME - GROUP_SOURCES_AGE;
/** So long before the end of its lifetime a thing is renewed without anybody waiting for it. */
const RENEWED_AHEAD = 10 * 60_000;
/** While WeCom cannot be asked, what is stored serves so long. */
export const STORED_SERVES = 24 * 60 * 60_000;
/** After WeCom could not be asked about a member, nobody asks again for so long. */
export const RETRY_PAUSE = 60_000;
/** One asking of WeCom about a member takes no longer: it is cut off. */
export const READING_TIME = 5_000;
/** A claim to be the one who asks; longer than the asking, as clocks differ. */
export const CLAIM = READING_TIME + 3_000;
/** A sign-in does not write again what the same instance wrote within so long. */
export const SIGN_IN_REWRITES = 10 * 60_000;

export type NextReading = 'use' | 'use-and-renew' | 'renew' | 'wait';

export type Due = 'no' | 'soon' | 'now';

/**
 * What to do with a membership as it is stored.
 *
 * @param version the directory's; see directoryRecord.ts
 */
export function nextReading(
  stored: Membership | undefined,
  version: number,
  now: number,
): NextReading {
  const due = [readingDue(stored, now), groupsDue(stored, version, now)];
  const urgent = due.includes('now');
  if (!urgent && !due.includes('soon')) return 'use';
  if ((stored?.retryAt ?? 0) > now) return 'use';
  if ((stored?.claimedUntil ?? 0) > now) return urgent ? 'wait' : 'use';
  return urgent ? 'renew' : 'use-and-renew';
}

export function readingDue(stored: Membership | undefined, now: number): Due {
  const { reading, changedAt } = stored ?? {};
  if (reading === undefined) return 'now';
  if (changedAt !== undefined && reading.readAt <= changedAt) return 'now';
  return ageDue(now - reading.readAt, READING_LIFETIME);
}

/** A member who is gone needs no groups. */
export function groupsDue(stored: Membership | undefined, version: number, now: number): Due {
  const { reading, groups } = stored ?? {};
  if (reading?.state !== 'active') return 'no';
  if (groups === undefined || groups.version < version) return 'now';
  if (!sameIds(groups.of, reading.departments)) return 'now';
  return ageDue(now - groups.workedOutAt, GROUPS_LIFETIME);
}

/** What a decision may rest on: nothing once the stored membership no longer serves. */
export function served(
  stored: Membership | undefined,
  now: number,
):
  | { state: 'active' | 'gone'; departments: readonly number[]; tags: readonly number[] }
  | undefined {
  const { reading, groups } = stored ?? {};
  if (reading === undefined || now - reading.readAt >= STORED_SERVES) return undefined;
  if (reading.state === 'gone') return { state: 'gone', departments: [], tags: [] };
  if (groups === undefined || now - groups.workedOutAt >= STORED_SERVES) return undefined;
  // Groups of departments that the member has left could allow, and lack a denial of the new ones.
  if (!sameIds(groups.of, reading.departments)) return undefined;
  return { state: 'active', departments: groups.departments, tags: groups.tags };
}

function ageDue(age: number, lifetime: number): Due {
  if (age >= lifetime) return 'now';
  return age >= lifetime - RENEWED_AHEAD ? 'soon' : 'no';
}

function sameIds(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((id, at) => id === other[at]);
}
