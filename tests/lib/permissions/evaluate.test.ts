import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, evaluate, type Facts } from '../../../lib/permissions/evaluate.ts';
import type { Grant } from '../../../lib/permissions/grant.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');

/** A member of department 3, which is below department 2; the most specific first. */
const SUBJECTS = ['member#zhangsan', 'department#3', 'department#2', 'tag#7', 'everyone'] as const;

function grant(subject: string, terms: Partial<Grant> = {}): Grant {
  return { subject, permission: 'report:read', effect: 'allow', by: 'test', at: 0, ...terms };
}

/** `-` no grant, `a` allow, `d` deny, `x` one of each, both expired. */
function grantsFor(subject: string, state: string, permission: string): Grant[] {
  switch (state) {
    case 'a':
      return [grant(subject, { permission })];
    case 'd':
      return [grant(subject, { permission, effect: 'deny' })];
    case 'x':
      return [
        grant(subject, { permission, until: NOW - 1 }),
        grant(subject, { permission, effect: 'deny', until: NOW - 1 }),
      ];
    default:
      return [];
  }
}

function decide(grants: readonly Grant[], facts: Partial<Facts> = {}): Decision {
  return evaluate(
    {
      member: 'active',
      unreadable: [],
      tooManyUnreadable: false,
      pending: false,
      isBeingRenamed: false,
      subjects: SUBJECTS,
      grants,
      ...facts,
    },
    'report:read',
    NOW,
  );
}

/*
 * Every combination of absent, allowed, denied and expired over member, department, the department
 * above it, tag and everyone: Y where the rules of the design allow, a dot where they refuse.
 *
 * A row is the member, the department and the one above it. Its four groups are the tag absent,
 * allowed, denied, expired; in each group the four places are everyone absent, allowed, denied, expired.
 */
const EXPECTED = `
  tag    -    a    d    x
  all  -adx -adx -adx -adx

  ---   .Y.. YY.Y .... .Y..
  --a   YY.Y YY.Y .... YY.Y
  --d   .... .... .... ....
  --x   .Y.. YY.Y .... .Y..
  -a-   YY.Y YY.Y .... YY.Y
  -aa   YY.Y YY.Y .... YY.Y
  -ad   .... .... .... ....
  -ax   YY.Y YY.Y .... YY.Y
  -d-   .... .... .... ....
  -da   .... .... .... ....
  -dd   .... .... .... ....
  -dx   .... .... .... ....
  -x-   .Y.. YY.Y .... .Y..
  -xa   YY.Y YY.Y .... YY.Y
  -xd   .... .... .... ....
  -xx   .Y.. YY.Y .... .Y..
  a--   YY.Y YY.Y .... YY.Y
  a-a   YY.Y YY.Y .... YY.Y
  a-d   .... .... .... ....
  a-x   YY.Y YY.Y .... YY.Y
  aa-   YY.Y YY.Y .... YY.Y
  aaa   YY.Y YY.Y .... YY.Y
  aad   .... .... .... ....
  aax   YY.Y YY.Y .... YY.Y
  ad-   .... .... .... ....
  ada   .... .... .... ....
  add   .... .... .... ....
  adx   .... .... .... ....
  ax-   YY.Y YY.Y .... YY.Y
  axa   YY.Y YY.Y .... YY.Y
  axd   .... .... .... ....
  axx   YY.Y YY.Y .... YY.Y
  d--   .... .... .... ....
  d-a   .... .... .... ....
  d-d   .... .... .... ....
  d-x   .... .... .... ....
  da-   .... .... .... ....
  daa   .... .... .... ....
  dad   .... .... .... ....
  dax   .... .... .... ....
  dd-   .... .... .... ....
  dda   .... .... .... ....
  ddd   .... .... .... ....
  ddx   .... .... .... ....
  dx-   .... .... .... ....
  dxa   .... .... .... ....
  dxd   .... .... .... ....
  dxx   .... .... .... ....
  x--   .Y.. YY.Y .... .Y..
  x-a   YY.Y YY.Y .... YY.Y
  x-d   .... .... .... ....
  x-x   .Y.. YY.Y .... .Y..
  xa-   YY.Y YY.Y .... YY.Y
  xaa   YY.Y YY.Y .... YY.Y
  xad   .... .... .... ....
  xax   YY.Y YY.Y .... YY.Y
  xd-   .... .... .... ....
  xda   .... .... .... ....
  xdd   .... .... .... ....
  xdx   .... .... .... ....
  xx-   .Y.. YY.Y .... .Y..
  xxa   YY.Y YY.Y .... YY.Y
  xxd   .... .... .... ....
  xxx   .Y.. YY.Y .... .Y..
`;

const rows = EXPECTED.trim()
  .split('\n')
  .slice(3)
  .map((line) => line.trim().split(/ +/));
const STATES = [...'-adx'];

describe('the decision, for every combination of grants', () => {
  it('has a row for each combination of three subjects and a place for each of the other two', () => {
    expect(new Set(rows.map(([states]) => states)).size).toBe(4 ** 3);
    for (const [, ...groups] of rows) expect(groups.join('')).toMatch(/^[Y.]{16}$/);
  });

  describe.each([
    ['named', () => 'report:read'],
    ['granted by the wildcard', () => '*'],
    [
      'named for some and granted by the wildcard for others',
      (at: number) => (at % 2 ? '*' : 'report:read'),
    ],
  ] as const)('the permission being %s', (_, permissionFor) => {
    it.each(rows)('member, department, above: %s', (first, ...groups) => {
      const found = STATES.map((tag) =>
        STATES.map((everyone) => {
          const states = [...String(first), tag, everyone];
          const grants = SUBJECTS.flatMap((subject, at) =>
            grantsFor(subject, states[at] ?? '-', permissionFor(at)),
          );
          return decide(grants).authorized ? 'Y' : '.';
        }).join(''),
      );
      expect(found).toEqual(groups);
    });
  });

  // One subject may hold both: a grant of the permission, and one of all.
  const BOTH = [
    // named, wildcard, authorized
    ['-', '-', false],
    ['-', 'a', true],
    ['-', 'd', false],
    ['-', 'x', false],
    ['a', '-', true],
    ['a', 'a', true],
    ['a', 'd', false],
    ['a', 'x', true],
    ['d', '-', false],
    ['d', 'a', false],
    ['d', 'd', false],
    ['d', 'x', false],
    ['x', '-', false],
    ['x', 'a', true],
    ['x', 'd', false],
    ['x', 'x', false],
  ] as const;

  describe.each(SUBJECTS)('%s alone', (subject) => {
    it.each(BOTH)('named %s and wildcard %s: %s', (named, wildcard, authorized) => {
      const grants = [
        ...grantsFor(subject, named, 'report:read'),
        ...grantsFor(subject, wildcard, '*'),
      ];
      expect(decide(grants).authorized).toBe(authorized);
    });
  });
});

describe('a grant', () => {
  it.each([
    ['for another member', grant('member#lisi')],
    ['for a department below', grant('department#4')],
    ['for a tag not carried', grant('tag#8')],
    ['for another permission', grant('member#zhangsan', { permission: 'report:write' })],
    ['for a permission that begins alike', grant('member#zhangsan', { permission: 'report' })],
  ])('%s does not apply', (_, other) => {
    expect(decide([other])).toEqual({ authorized: false, reason: 'no-grant' });
    expect(decide([{ ...other, effect: 'deny' }, grant('everyone')]).authorized).toBe(true);
  });

  it('counts until the millisecond before its end', () => {
    expect(decide([grant('everyone', { until: NOW + 1 })]).authorized).toBe(true);
    expect(decide([grant('everyone', { until: NOW })]).authorized).toBe(false);
    const denial = grant('everyone', { effect: 'deny', until: NOW });
    expect(decide([grant('tag#7'), denial]).authorized).toBe(true);
  });
});

describe('a suspended grant', () => {
  it('does not count, whenever it was suspended', () => {
    for (const suspendedAt of [0, NOW, NOW + 1]) {
      expect(decide([grant('member#zhangsan', { suspendedAt })])).toEqual({
        authorized: false,
        reason: 'no-grant',
      });
    }
  });
});

describe('a member who', () => {
  const everything = SUBJECTS.map((subject) => grant(subject, { permission: '*' }));

  it('is gone is refused, whatever is granted', () => {
    expect(decide(everything, { member: 'gone' })).toEqual({
      authorized: false,
      reason: 'member-gone',
    });
  });

  it('has grants that are yet to be suspended or moved is refused, whatever is granted', () => {
    expect(decide(everything, { pending: true })).toEqual({
      authorized: false,
      reason: 'grants-pending',
    });
  });

  it('is being renamed is not gone, although WeCom does not know the former userid', () => {
    for (const member of ['gone', 'unknown', 'active'] as const) {
      expect(decide(everything, { member, pending: true, isBeingRenamed: true })).toEqual({
        authorized: false,
        reason: 'grants-pending',
      });
    }
    expect(decide(everything, { member: 'gone', pending: true }).reason).toBe('member-gone');
  });

  it('is described by an answer that cannot be read is refused, whatever is granted', () => {
    expect(decide(everything, { member: 'unreadable' })).toEqual({
      authorized: false,
      reason: 'member-unreadable',
    });
  });

  it('is unknown is refused, whatever is granted', () => {
    expect(decide(everything, { member: 'unknown' })).toEqual({
      authorized: false,
      reason: 'unknown-member',
    });
  });
});

describe('a group that could not be read', () => {
  const unreadable = ['department#9', 'tag#8'];

  it('refuses if a denial names it, also by the wildcard', () => {
    for (const permission of ['report:read', '*']) {
      const denial = grant('tag#8', { effect: 'deny', permission });
      expect(decide([grant('everyone'), denial], { unreadable })).toEqual({
        authorized: false,
        reason: 'group-unreadable',
        grant: denial,
      });
    }
  });

  it('does not allow if an allowance names it', () => {
    expect(decide([grant('tag#8')], { unreadable })).toEqual({
      authorized: false,
      reason: 'no-grant',
    });
    expect(decide([grant('tag#8'), grant('everyone')], { unreadable }).authorized).toBe(true);
  });

  it('decides nothing if its denial has expired, or is of another permission', () => {
    const expired = grant('tag#8', { effect: 'deny', until: NOW });
    const other = grant('tag#8', { effect: 'deny', permission: 'report:write' });
    expect(decide([grant('everyone'), expired, other], { unreadable }).authorized).toBe(true);
  });

  it('refuses if there are too many to check', () => {
    expect(decide([grant('everyone')], { tooManyUnreadable: true })).toEqual({
      authorized: false,
      reason: 'group-unreadable',
    });
  });
});

describe('the reason', () => {
  it('is the most specific denial', () => {
    const grants = [
      grant('everyone', { effect: 'deny' }),
      grant('department#2', { effect: 'deny' }),
      grant('department#3', { effect: 'deny', permission: '*' }),
      grant('member#zhangsan'),
    ];
    expect(decide(grants)).toEqual({ authorized: false, reason: 'denied', grant: grants[2] });
  });

  it('is the most specific allowance if nothing denies', () => {
    const grants = [
      grant('everyone'),
      grant('department#3', { permission: '*' }),
      grant('department#3'),
      grant('member#zhangsan', { until: NOW - 1 }),
    ];
    expect(decide(grants)).toEqual({ authorized: true, reason: 'allowed', grant: grants[2] });
  });
});

describe('for any grants at all', () => {
  const anyGrant = fc.record({
    subject: fc.constantFrom(...SUBJECTS, 'member#lisi', 'department#9'),
    permission: fc.constantFrom('report:read', '*', 'report:write'),
    effect: fc.constantFrom('allow', 'deny'),
    until: fc.option(fc.constantFrom(NOW - 1, NOW, NOW + 1), { nil: undefined }),
  });
  const anyGrants = fc
    .array(anyGrant, { maxLength: 8 })
    .map((grants) =>
      grants.map(({ until, ...rest }) =>
        grant(rest.subject, { ...rest, ...(until !== undefined && { until }) } as Partial<Grant>),
      ),
    );

  it('one more denial refuses', () => {
    fc.assert(
      fc.property(anyGrants, fc.constantFrom(...SUBJECTS), (grants, subject) => {
        const denied = [...grants, grant(subject, { effect: 'deny' })];
        expect(decide(denied).authorized).toBe(false);
      }),
    );
  });

  it('groups that could not be read never allow what was refused', () => {
    const groups = fc.subarray([...SUBJECTS]);
    fc.assert(
      fc.property(anyGrants, groups, (grants, lost) => {
        const known = decide(grants);
        const subjects = SUBJECTS.filter((subject) => !lost.includes(subject));
        const doubtful = decide(grants, { subjects, unreadable: lost });
        if (!known.authorized) expect(doubtful.authorized).toBe(false);
      }),
    );
  });

  it('their order does not matter', () => {
    fc.assert(
      fc.property(anyGrants, (grants) => {
        expect(decide([...grants].reverse()).authorized).toBe(decide(grants).authorized);
      }),
    );
  });
});
