import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../lib/permissions/grant.ts';
import type { StoredChange } from '../../../lib/permissions/personChange.ts';
import { placementOf } from '../../../lib/permissions/placement.ts';

/** Seconds since the epoch. */
const T = 1_800_000_000;
const GRANTED = T * 1_000;
/** An event comes a second after it happened. */
const common = (at: number, id: string) => ({
  happenedAt: at,
  notedAt: (at + 1) * 1_000,
  clockLagSeconds: 0,
  id,
});

const left = (userid: string, at: number): StoredChange => ({
  kind: 'left',
  userid,
  ...common(at, `left ${userid} ${at}`),
});
const arrived = (userid: string, at: number, wasKnown = true): StoredChange => ({
  kind: 'arrived',
  userid,
  wasKnown,
  ...common(at, `arrived ${userid} ${at}`),
});
const renamed = (
  userid: string,
  newUserid: string,
  at: number,
  wasKnown = false,
): StoredChange => ({
  kind: 'renamed',
  userid,
  newUserid,
  wasKnown,
  ...common(at, `renamed ${userid} ${at}`),
});

/** Where a grant for `zhang` belongs after these changes, in this order and in reverse. */
async function placement(effect: Effect, changes: readonly StoredChange[], at = GRANTED) {
  const told = async (order: readonly StoredChange[]) => {
    const { userid, isSuspended, by } = await placementOf(
      { userid: 'zhang', at },
      effect,
      async (of) =>
        order.filter(
          (change) =>
            change.userid === of || (change.kind === 'renamed' && change.newUserid === of),
        ),
    );
    return [userid, isSuspended ? 'suspended' : 'counts', by?.id];
  };
  const found = await told(changes);
  expect(await told([...changes].reverse())).toEqual(found);
  return found;
}

const stays = ['zhang', 'counts', undefined];

describe('an allowance', () => {
  it('stays while nothing happens', async () => {
    expect(await placement('allow', [])).toEqual(stays);
  });

  it('is suspended by the deletion of its member', async () => {
    const leaves = left('zhang', T + 10);
    expect(await placement('allow', [leaves])).toEqual(['zhang', 'suspended', leaves.id]);
  });

  it('is suspended by the first of two deletions', async () => {
    const [first, second] = [left('zhang', T + 10), left('zhang', T + 20)];
    expect(await placement('allow', [second, first])).toEqual(['zhang', 'suspended', first.id]);
  });

  it('is suspended by the arrival of somebody else under a userid that was known', async () => {
    const comes = arrived('zhang', T + 10);
    expect(await placement('allow', [comes])).toEqual(['zhang', 'suspended', comes.id]);
  });

  it('is suspended when somebody else gets the userid by a rename', async () => {
    const comes = renamed('li', 'zhang', T + 10, true);
    expect(await placement('allow', [comes])).toEqual(['zhang', 'suspended', comes.id]);
  });

  it('stays when the first person with the userid gets it by a rename', async () => {
    expect(await placement('allow', [renamed('li', 'zhang', T + 10)])).toEqual(stays);
  });

  it('made before the first arrival is for that person, and for no other', async () => {
    const first = arrived('zhang', T + 10, false);
    expect(await placement('allow', [first])).toEqual(stays);
    const second = arrived('zhang', T + 20);
    expect(await placement('allow', [first, second])).toEqual(['zhang', 'suspended', second.id]);
  });

  it('made while nobody had the userid is for the next person, and for no other', async () => {
    const gone = left('zhang', T - 100);
    const [first, second] = [arrived('zhang', T + 10), arrived('zhang', T + 20)];
    expect(await placement('allow', [gone, first])).toEqual(stays);
    expect(await placement('allow', [gone, first, second])).toEqual([
      'zhang',
      'suspended',
      second.id,
    ]);
  });

  it('made after a rename freed the userid is for the next person', async () => {
    const away = renamed('zhang', 'zhang9', T - 100);
    expect(await placement('allow', [away, arrived('zhang', T + 10)])).toEqual(stays);
  });

  it('made after somebody got the free userid is not for the next person', async () => {
    const before = [left('zhang', T - 100), arrived('zhang', T - 50)];
    const next = arrived('zhang', T + 10);
    expect(await placement('allow', [...before, next])).toEqual(['zhang', 'suspended', next.id]);
  });

  it('made for a person who got the userid by a rename is not for the next person', async () => {
    const next = arrived('zhang', T + 10);
    expect(await placement('allow', [renamed('li', 'zhang', T - 100, true), next])).toEqual([
      'zhang',
      'suspended',
      next.id,
    ]);
  });

  it('is suspended by an arrival after its person, whatever was known when that event came', async () => {
    const comes = arrived('zhang', T + 20, false);
    const suspended = ['zhang', 'suspended', comes.id];
    expect(await placement('allow', [arrived('zhang', T - 50, false), comes])).toEqual(suspended);
    expect(await placement('allow', [arrived('zhang', T + 10, false), comes])).toEqual(suspended);
    const into = renamed('li', 'zhang', T + 20);
    expect((await placement('allow', [arrived('zhang', T - 50, false), into]))[1]).toBe(
      'suspended',
    );
    const away = renamed('zhang', 'b', T + 10);
    const after = arrived('b', T + 20, false);
    expect(await placement('allow', [away, after])).toEqual(['b', 'suspended', after.id]);
  });

  it('moves with its person to each new userid', async () => {
    const [one, two] = [renamed('zhang', 'b', T + 10), renamed('b', 'c', T + 20)];
    expect(await placement('allow', [one])).toEqual(['b', 'counts', one.id]);
    expect(await placement('allow', [one, two])).toEqual(['c', 'counts', two.id]);
    const leaves = left('c', T + 30);
    expect(await placement('allow', [one, two, leaves])).toEqual(['c', 'suspended', leaves.id]);
  });

  it('ignores changes of the new userid before the rename', async () => {
    const one = renamed('zhang', 'b', T + 10);
    const before = [left('b', T + 5), renamed('b', 'x', T + 8), arrived('b', T + 9)];
    expect(await placement('allow', [one, ...before])).toEqual(['b', 'counts', one.id]);
  });

  it('is suspended by the arrival of somebody else under the new userid', async () => {
    const one = renamed('zhang', 'b', T + 10);
    const comes = arrived('b', T + 11);
    for (const before of [[], [left('b', T + 5)], [renamed('b', 'x', T + 5)]]) {
      expect(await placement('allow', [...before, one, comes])).toEqual([
        'b',
        'suspended',
        comes.id,
      ]);
    }
  });

  it('follows within the second of a rename only a deletion', async () => {
    const one = renamed('zhang', 'b', T + 10);
    expect(await placement('allow', [one, arrived('b', T + 10)])).toEqual(['b', 'counts', one.id]);
    const leaves = left('b', T + 10);
    expect(await placement('allow', [one, leaves])).toEqual(['b', 'suspended', leaves.id]);
  });

  it.each(['allow', 'deny'] as const)(
    'does not follow whoever made room in the second of the rename (%s)',
    async (effect) => {
      const [makesRoom, one] = [renamed('b', 'c', T + 10), renamed('zhang', 'b', T + 10, true)];
      expect(await placement(effect, [makesRoom, one])).toEqual(['b', 'counts', one.id]);
    },
  );

  it('follows within one second the deletion first, then the rename, then the arrival', async () => {
    const [leaves, away] = [left('zhang', T + 10), renamed('zhang', 'b', T + 10)];
    const comes = arrived('zhang', T + 10);
    expect(await placement('allow', [comes, leaves, away])).toEqual([
      'zhang',
      'suspended',
      leaves.id,
    ]);
    expect(await placement('allow', [comes, away])).toEqual(['b', 'counts', away.id]);
    const another = renamed('li', 'zhang', T + 10, true);
    expect(await placement('allow', [another, leaves])).toEqual(['zhang', 'suspended', leaves.id]);
  });

  it('comes back with a person whose userid is changed back', async () => {
    const there = renamed('zhang', 'b', T + 10);
    const back = renamed('b', 'zhang', T + 20);
    expect(await placement('allow', [there, back])).toEqual(['zhang', 'counts', back.id]);
  });

  it('is placed also if renames form a cycle within one second', async () => {
    const circle = [
      renamed('zhang', 'b', T + 10),
      renamed('b', 'c', T + 10),
      renamed('c', 'zhang', T + 10),
    ];
    expect(await placement('allow', circle)).toEqual(['b', 'counts', circle[0]?.id]);
  });

  it('is followed through fifty userids at most', async () => {
    const names = ['zhang', ...Array.from({ length: 60 }, (_, at) => `u${at}`)];
    const chain = names
      .slice(0, -1)
      .map((userid, at) => renamed(userid, names[at + 1] ?? '', T + 10 + at));
    expect((await placement('allow', chain))[0]).toBe(names[50]);
  });
});

describe('a change whose event comes late', () => {
  /** A deletion at T whose event came at this time. */
  const noted = (notedAt: number): StoredChange => ({ ...left('zhang', T), notedAt });

  it('does not concern a grant that was made after the event came', async () => {
    expect(await placement('allow', [noted(GRANTED + 1_001)], GRANTED + 1_000)).toEqual([
      'zhang',
      'suspended',
      'left zhang 1800000000',
    ]);
    expect(await placement('allow', [noted(GRANTED + 1_000)], GRANTED + 1_000)).toEqual(stays);
  });

  it('does not concern a grant that was made three seconds after it: a second, and clock skew', async () => {
    const change = noted(GRANTED + 60_000);
    expect((await placement('allow', [change], GRANTED + 2_999))[1]).toBe('suspended');
    expect(await placement('allow', [change], GRANTED + 3_000)).toEqual(stays);
  });

  it('does not concern a newcomer whose arrival was known, also if its delivery was late', async () => {
    // The same delivery again, 45 s later: its timestamp makes the clock look behind.
    const away = { ...renamed('zhang', 'b', T), notedAt: GRANTED + 45_000, clockLagSeconds: 45 };
    const newcomer = { ...arrived('zhang', T + 10), notedAt: GRANTED + 11_000 };
    for (const effect of ['allow', 'deny'] as const) {
      expect(await placement(effect, [away, newcomer], GRANTED + 20_000)).toEqual(stays);
    }
  });

  it('does not concern a grant that was made after another delivery of it was known', async () => {
    const first = renamed('zhang', 'b', T);
    const again = { ...first, id: 'again', notedAt: GRANTED + 45_000, clockLagSeconds: 45 };
    expect(await placement('allow', [first, again], GRANTED + 20_000)).toEqual(stays);
  });

  it("concerns a grant that was made before it by our clock, where WeCom's clock is behind", async () => {
    const change = { ...noted(GRANTED + 40_000), clockLagSeconds: 40 };
    expect((await placement('allow', [change], GRANTED + 30_000))[1]).toBe('suspended');
    expect(await placement('allow', [change], GRANTED + 40_000)).toEqual(stays);
  });
});

describe('a denial', () => {
  it('stays with the userid, whoever leaves or arrives', async () => {
    const changes = [left('zhang', T + 10), arrived('zhang', T + 20), left('zhang', T + 30)];
    expect(await placement('deny', changes)).toEqual(stays);
    expect(await placement('deny', [renamed('li', 'zhang', T + 10, true)])).toEqual(stays);
  });

  it('moves with the first person who gets another userid', async () => {
    const away = renamed('zhang', 'b', T + 30);
    const changes = [left('zhang', T + 10), arrived('zhang', T + 20), away];
    expect(await placement('deny', changes)).toEqual(['b', 'counts', away.id]);
    expect(await placement('deny', [away, left('b', T + 40)])).toEqual(['b', 'counts', away.id]);
  });

  it('moves with a rename also in the second of a deletion', async () => {
    const away = renamed('zhang', 'b', T + 10);
    const others = [left('zhang', T + 10), arrived('zhang', T + 10)];
    expect(await placement('deny', [...others, away])).toEqual(['b', 'counts', away.id]);
  });

  it('is not moved by a rename before it was made', async () => {
    expect(await placement('deny', [renamed('zhang', 'b', T - 10)])).toEqual(stays);
  });
});
