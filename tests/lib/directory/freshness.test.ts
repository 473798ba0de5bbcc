import { describe, expect, it } from 'vitest';
import { effectiveMembership, membershipStep } from '../../../lib/directory/freshness.ts';
import type { MemberGroups, Membership } from '../../../lib/directory/membership.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-06-01T00:00:00Z');

/** A member with a snapshot and groups of these ages, in milliseconds. */
function member(
  age: { snapshot?: number; groups?: number } = {},
  rest: Membership = {},
): Membership {
  return {
    snapshot: {
      state: 'active',
      why: 'status 1',
      departments: [3],
      readAt: NOW - (age.snapshot ?? 0),
    },
    groups: {
      of: [3],
      departments: [3, 2, 1],
      ancestorsKnown: true,
      tags: [7],
      otherTags: [8],
      unknownTags: [],
      version: 5,
      workedOutAt: NOW - (age.groups ?? 0),
    },
    ...rest,
  };
}

function gone(age: number, rest: Membership = {}): Membership {
  const readAt = NOW - age;
  return { snapshot: { state: 'gone', why: 'errcode 60111', departments: [], readAt }, ...rest };
}

const next = (stored: Membership | undefined, version = 5) => membershipStep(stored, version, NOW);

describe('a membership', () => {
  it('that is not stored is renewed', () => {
    expect(next(undefined)).toBe('renew');
    expect(next({})).toBe('renew');
  });

  it('is used as it is for fifty minutes', () => {
    expect(next(member({ snapshot: 50 * MINUTE - 1 }))).toBe('use');
  });

  it('is renewed in the background from fifty minutes on', () => {
    expect(next(member({ snapshot: 50 * MINUTE }))).toBe('use-and-renew');
    expect(next(member({ snapshot: HOUR - 1 }))).toBe('use-and-renew');
  });

  it('is renewed before it is used from one hour on', () => {
    expect(next(member({ snapshot: HOUR }))).toBe('renew');
    expect(next(gone(HOUR))).toBe('renew');
  });

  it('is renewed ten minutes earlier for its groups, whose sources may be ten minutes old', () => {
    expect(next(member({ groups: 40 * MINUTE - 1 }))).toBe('use');
    expect(next(member({ groups: 40 * MINUTE }))).toBe('use-and-renew');
    expect(next(member({ groups: 50 * MINUTE - 1 }))).toBe('use-and-renew');
    expect(next(member({ groups: 50 * MINUTE }))).toBe('renew');
  });

  it('is renewed under a newer version of the directory, and not under an older one', () => {
    expect(next(member(), 6)).toBe('renew');
    expect(next(member(), 4)).toBe('use');
  });

  it('is renewed if its groups are of other departments', () => {
    const stored = member();
    const moved = { ...stored, snapshot: { ...stored.snapshot, departments: [7] } } as Membership;
    expect(next(moved)).toBe('renew');
    expect(next({ snapshot: moved.snapshot } as Membership)).toBe('renew');
  });

  it('of a member who is gone needs no groups', () => {
    expect(next(gone(0), 99)).toBe('use');
  });

  it('is renewed after an event, however new it is', () => {
    expect(next(member({}, { outdated: true }))).toBe('renew');
    expect(next(member({ snapshot: -1_000 }, { outdated: true }))).toBe('renew');
    expect(next(gone(0, { outdated: true }))).toBe('renew');
  });

  it('of a deleted member is used for a minute, and renewed then', () => {
    const marks = { outdated: true, hasLeft: true, goneUntil: NOW + 60_000 };
    expect(next(gone(0, marks))).toBe('use');
    expect(next(gone(0, { ...marks, goneUntil: NOW + 1 }))).toBe('use');
    expect(next(gone(0, { ...marks, goneUntil: NOW }))).toBe('renew');
  });

  it('that was active soon after a departure is renewed a minute later', () => {
    expect(next(member({}, { recheckAt: NOW + 1 }))).toBe('use');
    expect(next(member({}, { recheckAt: NOW }))).toBe('renew');
  });

  it('with a group that could not be read is renewed, after the pause', () => {
    const stored = member();
    const groups = stored.groups as MemberGroups;
    expect(next({ ...stored, groups: { ...groups, unknownTags: [9] } })).toBe('renew');
    expect(next({ ...stored, groups: { ...groups, ancestorsKnown: false } })).toBe('renew');
    const retryAt = NOW + 1;
    expect(next({ ...stored, retryAt, groups: { ...groups, unknownTags: [9] } })).toBe('use');
  });

  it('of an answer that could not be read decides nothing, and is renewed after the pause', () => {
    const { snapshot } = gone(0);
    const unreadable = { snapshot: { ...snapshot, why: 'unreadable answer' } } as Membership;
    expect(next(unreadable)).toBe('renew');
    expect(next({ ...unreadable, retryAt: NOW + 1 })).toBe('use');
    expect(effectiveMembership(unreadable, NOW)).toBeUndefined();
  });

  it('that cannot be read is renewed', () => {
    expect(next({ unreadable: true, revision: 7 })).toBe('renew');
  });

  it('with a time that is a day in the future ignores that time', () => {
    const ahead = NOW + 24 * HOUR;
    expect(next({ claimedUntil: ahead })).toBe('renew');
    expect(next({ retryAt: ahead })).toBe('renew');
    expect(next(member({}, { recheckAt: ahead }))).toBe('renew');
    expect(next(gone(0, { outdated: true, goneUntil: ahead }))).toBe('renew');
    expect(next(member({ snapshot: -24 * HOUR }))).toBe('renew');
    expect(effectiveMembership(member({ snapshot: -24 * HOUR }), NOW)).toBeUndefined();
    expect(effectiveMembership(member({ groups: -24 * HOUR }), NOW)).toBeUndefined();
  });
});

describe('a stored time in the future', () => {
  const SKEW = 5 * MINUTE;

  it('counts if it is at most five minutes beyond what any code sets', () => {
    const snapshot = member({ snapshot: -SKEW });
    expect(next(snapshot)).toBe('use');
    expect(effectiveMembership(snapshot, NOW)).toMatchObject({ state: 'active' });
    const groups = member({ groups: -SKEW });
    expect(next(groups)).toBe('use');
    expect(effectiveMembership(groups, NOW)).toMatchObject({ state: 'active' });
    expect(next({ claimedUntil: NOW + 8_000 + SKEW })).toBe('wait');
    expect(next({ retryAt: NOW + MINUTE + SKEW })).toBe('use');
    expect(next(member({}, { recheckAt: NOW + MINUTE + SKEW }))).toBe('use');
    expect(next(gone(0, { outdated: true, goneUntil: NOW + MINUTE + SKEW }))).toBe('use');
  });

  it('is ignored beyond that', () => {
    const snapshot = member({ snapshot: -SKEW - 1 });
    expect(next(snapshot)).toBe('renew');
    expect(effectiveMembership(snapshot, NOW)).toBeUndefined();
    const groups = member({ groups: -SKEW - 1 });
    expect(next(groups)).toBe('renew');
    expect(effectiveMembership(groups, NOW)).toBeUndefined();
    expect(next({ claimedUntil: NOW + 8_000 + SKEW + 1 })).toBe('renew');
    expect(next({ retryAt: NOW + MINUTE + SKEW + 1 })).toBe('renew');
    expect(next(member({}, { recheckAt: NOW + MINUTE + SKEW + 1 }))).toBe('renew');
    expect(next(gone(0, { outdated: true, goneUntil: NOW + MINUTE + SKEW + 1 }))).toBe('renew');
  });
});

describe('the minute after a deletion', () => {
  it('concerns no active member, and none without a snapshot', () => {
    const marks = { outdated: true, goneUntil: NOW + 1 };
    expect(next(member({}, marks))).toBe('renew');
    expect(next(marks)).toBe('renew');
  });
});

describe('while another caller asks WeCom', () => {
  const claimedUntil = NOW + 1;

  it('the others wait if they cannot use what is stored', () => {
    expect(next({ claimedUntil })).toBe('wait');
    expect(next(member({ snapshot: HOUR }, { claimedUntil }))).toBe('wait');
    expect(next(member({}, { claimedUntil }), 6)).toBe('wait');
  });

  it('the others use what is stored if they can', () => {
    expect(next(member({ snapshot: 50 * MINUTE }, { claimedUntil }))).toBe('use');
  });

  it('another may ask once the claim has expired', () => {
    expect(next({ claimedUntil: NOW })).toBe('renew');
  });
});

describe('after WeCom could not be asked', () => {
  it('nobody asks until the pause is over, however stale the membership is', () => {
    const retryAt = NOW + 1;
    expect(next({ retryAt })).toBe('use');
    expect(next(member({ snapshot: HOUR }, { retryAt }))).toBe('use');
    expect(next(member({ snapshot: 50 * MINUTE }, { retryAt }))).toBe('use');
    expect(next(member({}, { retryAt }), 6)).toBe('use');
    expect(next(member({ snapshot: HOUR }, { retryAt: NOW }))).toBe('renew');
  });
});

describe('a decision uses', () => {
  it('the stored membership for twenty-four hours', () => {
    const facts = {
      state: 'active',
      departments: [3, 2, 1],
      ancestorsKnown: true,
      tags: [7],
      otherTags: [8],
    };
    expect(effectiveMembership(member({ snapshot: 24 * HOUR - 1 }), NOW)).toEqual(facts);
    expect(effectiveMembership(member({ snapshot: 24 * HOUR }), NOW)).toBeUndefined();
    expect(effectiveMembership(member({ groups: 24 * HOUR - 1 }), NOW)).toEqual(facts);
    expect(effectiveMembership(member({ groups: 24 * HOUR }), NOW)).toBeUndefined();
  });

  it('nothing if nothing is stored', () => {
    expect(effectiveMembership(undefined, NOW)).toBeUndefined();
    expect(effectiveMembership({ retryAt: NOW }, NOW)).toBeUndefined();
  });

  it('nothing if the groups are of other departments', () => {
    const { snapshot, groups } = member();
    expect(effectiveMembership({ snapshot } as Membership, NOW)).toBeUndefined();
    for (const of of [[3, 7], [7], []]) {
      const other = { ...groups, of };
      expect(effectiveMembership({ snapshot, groups: other } as Membership, NOW)).toBeUndefined();
      expect(next({ snapshot, groups: other } as Membership)).toBe('renew');
    }
  });

  it('the root for every active member, also if WeCom shows no department', () => {
    const { snapshot, groups } = member();
    const stored = {
      snapshot: { ...snapshot, departments: [] },
      groups: { ...groups, of: [], departments: [] },
    } as unknown as Membership;
    expect(effectiveMembership(stored, NOW)?.departments).toEqual([1]);
  });

  it('no group of a member who is gone', () => {
    const { groups } = member();
    const stored = { ...gone(0), groups } as Membership;
    expect(effectiveMembership(stored, NOW)).toEqual({
      state: 'gone',
      departments: [],
      ancestorsKnown: true,
      tags: [],
      otherTags: [],
    });
  });
});
