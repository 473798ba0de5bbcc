import { beforeEach, expect, it } from 'vitest';
import { counts } from '../../../lib/permissions/grant.ts';
import { createGrantStore } from '../../../lib/permissions/grantStore.ts';
import { keepChange, notePersonChange } from '../../../lib/permissions/personChange.ts';
import { settleGrants } from '../../../lib/permissions/settle.ts';
import { memberSubject } from '../../../lib/tableKeys.ts';
import { createManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const { corpId } = APP;
const SUBJECT = memberSubject('temp');
let tables: Tables;

beforeEach(async () => {
  tables = await startTables();
  return tables.close;
});

/*
 * WeCom lets each member's userid be changed once, but any number of members may have the same userid
 * one after the other.
 */
it('a userid that 120 newcomers had first concerns none of them when the next one leaves it', async () => {
  const table = tables.permissions;
  const clock = createManualClock();
  const store = createGrantStore(table, corpId, async () => 'local:somebody', clock);
  const seconds = () => Math.floor(clock.time / 1_000);
  for (let person = 1; person <= 120; person += 1) {
    clock.time += 60_000;
    const change = {
      kind: 'renamed',
      id: `rename${person}`,
      userid: 'temp',
      newUserid: `person${person}`,
      happenedAt: seconds(),
      notedAt: clock.time,
      clockLagSeconds: 0,
      wasKnown: false,
    } as const;
    await Promise.all(
      ['temp', change.newUserid].map((userid) => keepChange(table, corpId, userid, change)),
    );
  }

  clock.time += 60_000;
  await store.change({ subject: SUBJECT, permission: 'access', after: { effect: 'deny' } });
  clock.time += 60_000;
  const event = { kind: 'renamed', id: 'last', userid: 'temp', newUserid: 'last' } as const;
  const noted = await notePersonChange(
    table,
    corpId,
    { ...event, createdAt: clock.time },
    clock.time,
  );
  expect(noted).toEqual(['temp', 'last']);
  const settled = await settleGrants(noted, { table, corpId, now: clock.now });
  expect(settled).toEqual({ suspended: 0, moved: 1, finished: 2 });
  const grants = (await store.of(memberSubject('last'))).filter((each) => counts(each, clock.time));
  expect(grants.map(({ effect }) => effect)).toEqual(['deny']);
});
