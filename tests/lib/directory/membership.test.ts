import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { type Membership, readMembership } from '../../../lib/directory/membership.ts';
import { decode, encode, type Item } from '../../../lib/dynamodb/item.ts';

const SNAPSHOT = { state: 'active', why: 'status 1', departments: [3, 7], readAt: 5 } as const;
const GROUPS = {
  of: [3, 7],
  departments: [3, 7, 1],
  ancestorsKnown: true,
  tags: [7],
  otherTags: [8, 9],
  unknownTags: [],
  version: 0,
  workedOutAt: 6,
};
const MARKS = {
  outdated: true,
  hasLeft: true,
  goneUntil: 7,
  recheckAt: 8,
  claimedUntil: 9,
  retryAt: 10,
  revision: 11,
};
const KEY = { pk: 'ww1#member#lisi', sk: 'membership#1', ttl: 1 };
/** An item with every attribute that a membership may have. */
const WHOLE = { ...KEY, ...SNAPSHOT, groups: GROUPS, ...MARKS };

const read = (item: object) => readMembership(item as Item);

describe('a stored membership', () => {
  it('is read as it was written', () => {
    expect(read(WHOLE)).toStrictEqual({ snapshot: SNAPSHOT, groups: GROUPS, ...MARKS });
    const gone = { ...SNAPSHOT, state: 'gone', departments: [] };
    expect(read({ ...KEY, ...gone })).toStrictEqual({ snapshot: gone });
  });

  it('may have any one part alone', () => {
    expect(read(KEY)).toStrictEqual({});
    expect(read({ ...KEY, groups: GROUPS })).toStrictEqual({ groups: GROUPS });
    for (const [name, value] of Object.entries(MARKS)) {
      expect(read({ ...KEY, [name]: value })).toStrictEqual({ [name]: value });
    }
  });

  it('has a flag only if it is true', () => {
    expect(read({ ...KEY, outdated: false, hasLeft: false })).toStrictEqual({});
  });

  it('is undefined if there is no item', () => {
    expect(readMembership(undefined)).toBeUndefined();
  });
});

describe('a membership in an unknown form', () => {
  const unreadable: Membership = { unreadable: true, revision: 11 };
  const groups = (part: object) => ({ groups: { ...GROUPS, ...part } });

  it.each<[string, object]>([
    ['another state', { state: 'Active' }],
    ['a state that is not a text', { state: true }],
    ['no reason', { why: undefined }],
    ['a reason that is not a text', { why: 1 }],
    ['departments that are not a list', { departments: 3 }],
    ['a department as text', { departments: [3, '7'] }],
    ['a department 0', { departments: [0] }],
    ['a department that is not a whole number', { departments: [1.5] }],
    ['a time of reading as text', { readAt: '5' }],
    ['no time of reading', { readAt: undefined }],
    ['a flag as text', { outdated: 'true' }],
    ['another flag as text', { hasLeft: 'true' }],
    ['an end as text', { goneUntil: '7' }],
    ['a recheck as text', { recheckAt: '8' }],
    ['a claim as text', { claimedUntil: '9' }],
    ['a pause as text', { retryAt: '10' }],
    ['groups that are a text', { groups: 'all' }],
    ['groups that are null', { groups: null }],
    ['no departments that the groups are of', groups({ of: undefined })],
    ['groups without departments', groups({ departments: undefined })],
    ['groups that do not say whether they are complete', groups({ ancestorsKnown: undefined })],
    ['groups that say so as text', groups({ ancestorsKnown: 'true' })],
    ['groups without tags', groups({ tags: undefined })],
    ['groups without other tags', groups({ otherTags: undefined })],
    ['groups without unknown tags', groups({ unknownTags: undefined })],
    ['a tag as text', groups({ tags: ['7'] })],
    ['groups without a version', groups({ version: undefined })],
    ['groups without a time', groups({ workedOutAt: undefined })],
  ])('with %s is unreadable, and keeps its revision', (_, part) => {
    expect(read({ ...WHOLE, ...part })).toStrictEqual(unreadable);
  });

  it.each(['state', 'groups', ...Object.keys(MARKS)])(
    'with %s of a kind that we never write is unreadable',
    (name) => {
      const attributes = { ...encode(WHOLE), [name]: { NULL: true } as AttributeValue };
      expect(readMembership(decode(attributes))).toMatchObject({ unreadable: true });
    },
  );

  it('has no revision if the revision cannot be read', () => {
    expect(read({ ...WHOLE, revision: '11' })).toStrictEqual({ unreadable: true });
  });
});
