import { describe, expect, it } from 'vitest';
import type { Membership } from '../../../lib/directory/membership.ts';
import { nextReading, served } from '../../../lib/directory/nextReading.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-06-01T00:00:00Z');

/** A member read, and whose groups were worked out, so long ago. */
function member(
  age: { reading?: number; groups?: number } = {},
  rest: Membership = {},
): Membership {
  return {
    reading: {
      state: 'active',
      why: 'status 1',
      departments: [3],
      readAt: NOW - (age.reading ?? 0),
    },
    groups: {
      of: [3],
      departments: [3, 2, 1],
      tags: [7],
      version: 5,
      workedOutAt: NOW - (age.groups ?? 0),
    },
    ...rest,
  };
}

function gone(age: number, rest: Membership = {}): Membership {
  const readAt = NOW - age;
  return { reading: { state: 'gone', why: 'errcode 60111', departments: [], readAt }, ...rest };
}

const next = (stored: Membership | undefined, version = 5) => nextReading(stored, version, NOW);

describe('a membership', () => {
  it('that is not stored is asked of WeCom', () => {
    expect(next(undefined)).toBe('renew');
    expect(next({})).toBe('renew');
  });

  it('is used as it is for fifty minutes', () => {
    expect(next(member({ reading: 50 * MINUTE - 1 }))).toBe('use');
  });

  it('is renewed without anybody waiting from fifty minutes on', () => {
    expect(next(member({ reading: 50 * MINUTE }))).toBe('use-and-renew');
    expect(next(member({ reading: HOUR - 1 }))).toBe('use-and-renew');
  });

  it('is asked of WeCom before it is used when one hour old', () => {
    expect(next(member({ reading: HOUR }))).toBe('renew');
    expect(next(gone(HOUR))).toBe('renew');
  });

  it('has groups that, with sources ten minutes old, are never older than one hour', () => {
    expect(next(member({ groups: 40 * MINUTE - 1 }))).toBe('use');
    expect(next(member({ groups: 40 * MINUTE }))).toBe('use-and-renew');
    expect(next(member({ groups: 50 * MINUTE - 1 }))).toBe('use-and-renew');
    expect(next(member({ groups: 50 * MINUTE }))).toBe('renew');
  });

  it('of another version of the directory is worked out again, but never of an older one', () => {
    expect(next(member(), 6)).toBe('renew');
    expect(next(member(), 4)).toBe('use');
  });

  it('whose member has moved since is worked out again', () => {
    const stored = member();
    const moved = { ...stored, reading: { ...stored.reading, departments: [7] } } as Membership;
    expect(next(moved)).toBe('renew');
    expect(next({ reading: moved.reading } as Membership)).toBe('renew');
  });

  it('of a member who is gone needs no groups', () => {
    expect(next(gone(0), 99)).toBe('use');
  });

  it('from before a change is asked again, one from after it is not', () => {
    expect(next(member({ reading: 1_000 }, { changedAt: NOW - 1_000 }))).toBe('renew');
    expect(next(member({ reading: 1_000 }, { changedAt: NOW - 1_001 }))).toBe('use');
    expect(next(gone(1_000, { changedAt: NOW - 1_000 }))).toBe('renew');
  });
});

describe('while somebody else asks WeCom', () => {
  const claimedUntil = NOW + 1;

  it('the others wait where they could not go on', () => {
    expect(next({ claimedUntil })).toBe('wait');
    expect(next(member({ reading: HOUR }, { claimedUntil }))).toBe('wait');
    expect(next(member({}, { claimedUntil }), 6)).toBe('wait');
  });

  it('the others go on where they can', () => {
    expect(next(member({ reading: 50 * MINUTE }, { claimedUntil }))).toBe('use');
  });

  it('and is over its time, another may', () => {
    expect(next({ claimedUntil: NOW })).toBe('renew');
  });
});

describe('after WeCom could not be asked', () => {
  it('nobody asks until the pause is over, whatever is due', () => {
    const retryAt = NOW + 1;
    expect(next({ retryAt })).toBe('use');
    expect(next(member({ reading: HOUR }, { retryAt }))).toBe('use');
    expect(next(member({ reading: 50 * MINUTE }, { retryAt }))).toBe('use');
    expect(next(member({}, { retryAt }), 6)).toBe('use');
    expect(next(member({ reading: HOUR }, { retryAt: NOW }))).toBe('renew');
  });
});

describe('a decision rests on', () => {
  it('the stored membership for twenty-four hours', () => {
    const facts = { state: 'active', departments: [3, 2, 1], tags: [7] };
    expect(served(member({ reading: 24 * HOUR - 1 }), NOW)).toEqual(facts);
    expect(served(member({ reading: 24 * HOUR }), NOW)).toBeUndefined();
    expect(served(member({ groups: 24 * HOUR - 1 }), NOW)).toEqual(facts);
    expect(served(member({ groups: 24 * HOUR }), NOW)).toBeUndefined();
  });

  it('nothing where nothing is stored', () => {
    expect(served(undefined, NOW)).toBeUndefined();
    expect(served({ retryAt: NOW }, NOW)).toBeUndefined();
  });

  it('nothing where the groups are of departments that the member has left', () => {
    const { reading, groups } = member();
    expect(served({ reading } as Membership, NOW)).toBeUndefined();
    const other = { ...groups, of: [3, 7] };
    expect(served({ reading, groups: other } as Membership, NOW)).toBeUndefined();
  });

  it('no group of a member who is gone', () => {
    const { groups } = member();
    const stored = { ...gone(0), groups } as Membership;
    expect(served(stored, NOW)).toEqual({ state: 'gone', departments: [], tags: [] });
  });
});
