import { beforeEach, expect, it } from 'vitest';
import { counts } from '../../../lib/permissions/grant.ts';
import { createGrantStore } from '../../../lib/permissions/grantStore.ts';
import { notePersonChange, type PersonEvent } from '../../../lib/permissions/personChange.ts';
import { settleGrants } from '../../../lib/permissions/settle.ts';
import { isPending, memberSubject, subjectPartition } from '../../../lib/tableKeys.ts';
import { createManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const { corpId } = APP;
let tables: Tables;

beforeEach(async () => {
  tables = await startTables();
  return tables.close;
});

/*
 * WeCom lets each member's userid be changed once, and does not bound how many members have one userid
 * one after the other.
 */
it('a userid that each of thirty newcomers has first keeps none of them out', async () => {
  const table = tables.permissions;
  const clock = createManualClock();
  const store = createGrantStore(table, corpId, async () => 'local:somebody', clock);
  let ids = 0;
  const happens = async (event: object) => {
    clock.time += 3_600_000;
    const told = { id: `event${ids++}`, createdAt: clock.time, ...event } as PersonEvent;
    const userids = await notePersonChange(table, corpId, told, clock.time);
    await settleGrants(userids, { table, corpId, now: clock.now });
  };

  for (let person = 1; person <= 30; person += 1) {
    await happens({ kind: 'created', userid: 'temp' });
    clock.time += 60_000;
    const pair = { subject: memberSubject('temp'), permission: 'access' };
    await store.change({ ...pair, after: { effect: 'allow' } });
    await happens({ kind: 'renamed', userid: 'temp', newUserid: `person${person}` });
    const subject = memberSubject(`person${person}`);
    const { items } = await table.query(subjectPartition(corpId, subject));
    expect([person, items.filter(isPending).length]).toEqual([person, 0]);
    const found = (await store.of(subject)).filter((each) => counts(each, clock.time));
    expect(found.map(({ effect }) => effect)).toEqual(['allow']);
  }
});
