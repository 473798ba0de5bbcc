import { beforeEach, describe, expect, it } from 'vitest';
import { isSub, personOf, subOf } from '../../../lib/permissions/person.ts';
import { notePersonChange, type PersonEvent } from '../../../lib/permissions/personChange.ts';
import { settleGrants } from '../../../lib/permissions/settle.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const { corpId } = APP;
const HOUR_MS = 3_600_000;

let tables: Tables;
let clock: ManualClock;
beforeEach(async () => {
  tables = await startTables();
  clock = createManualClock();
  return tables.close;
});

const store = () => ({ table: tables.permissions, corpId });
const signIn = (userid: string) => subOf(store(), userid, clock.time);
const userid = async (sub: string) => (await personOf(store(), sub)).userid;

let ids = 0;
const event = (kind: 'left' | 'created', of: string): PersonEvent => ({
  kind,
  userid: of,
  id: `event${ids++}`,
  createdAt: Math.floor(clock.time / 1_000) * 1_000,
});
const rename = (from: string, to: string): PersonEvent => ({
  ...event('left', from),
  kind: 'renamed',
  newUserid: to,
});

/** The event comes now, and its work is done. */
async function happens(each: PersonEvent): Promise<void> {
  const userids = await notePersonChange(tables.permissions, corpId, each, clock.time);
  await settleGrants(userids, { table: tables.permissions, corpId, now: clock.now });
}

function later(): void {
  clock.time += HOUR_MS;
}

describe('the sub of a person', () => {
  it('is the first userid that they signed in under, folded', async () => {
    expect(await signIn('ZhangSan')).toBe('zhangsan');
    expect(await signIn('zhangsan')).toBe('zhangsan');
    expect(await userid('zhangsan')).toBe('zhangsan');
  });

  it.each(['user123', 'zhang.san', 'a@b', 'zhangsan~2', 'zhangsan~100'])('may be %s', (text) => {
    expect(isSub(text)).toBe(true);
  });

  it.each(['', '~2', 'ZhangSan', 'zhang~san', 'zhangsan~', 'zhangsan~1000', 'a#b', '-x'])(
    'is never %j',
    (text) => {
      expect(isSub(text)).toBe(false);
    },
  );

  it('is the same for fifty first sign-ins at once', async () => {
    const first = () => subOf({ table: tables.permissions, corpId }, 'lisi', clock.time);
    const subs = await Promise.all(Array.from({ length: 50 }, first));
    expect(new Set(subs)).toEqual(new Set(['lisi']));
  });

  it('stays when the userid changes', async () => {
    const sub = await signIn('zhangsan');
    later();
    await happens(rename('zhangsan', 'zhang.san'));
    expect(await signIn('zhang.san')).toBe(sub);
    expect(await userid(sub)).toBe('zhang.san');
  });

  it('stays if the person signs in under the new userid before the event comes', async () => {
    const sub = await signIn('zhangsan');
    later();
    const change = rename('zhangsan', 'zhang.san');
    clock.time += 10_000;
    const meanwhile = await signIn('zhang.san');
    await happens(change);
    expect(await signIn('zhang.san')).toBe(sub);
    expect(await userid(meanwhile)).toBeUndefined();
  });

  it('never passes to a later person under the same userid', async () => {
    const first = await signIn('zhangsan');
    later();
    await happens(event('left', 'zhangsan'));
    expect(await userid(first)).toBeUndefined();
    later();
    await happens(event('created', 'zhangsan'));
    const second = await signIn('zhangsan');
    expect(second).toBe('zhangsan~2');
    expect([await userid(first), await userid(second)]).toEqual([undefined, 'zhangsan']);
  });

  it('never passes to the next person under the old userid of somebody renamed', async () => {
    const first = await signIn('zhangsan');
    later();
    await happens(rename('zhangsan', 'zhang.san'));
    later();
    await happens(event('created', 'zhangsan'));
    const second = await signIn('zhangsan');
    expect(second).not.toBe(first);
    expect([await userid(first), await userid(second)]).toEqual(['zhang.san', 'zhangsan']);
  });

  it('of the next person stays if the event of the former comes a second time', async () => {
    await signIn('zhangsan');
    later();
    const left = event('left', 'zhangsan');
    await happens(left);
    clock.time += 60_000;
    await happens(event('created', 'zhangsan'));
    const second = await signIn('zhangsan');
    await happens(left);
    expect(await signIn('zhangsan')).toBe(second);
  });

  it('stays with each of two persons if the second gets the old userid of the first', async () => {
    const [wang, zhang] = [await signIn('b'), await signIn('a')];
    later();
    await happens(rename('b', 'c'));
    later();
    const second = rename('a', 'b');
    await happens(second);
    const both = async () => [await signIn('c'), await signIn('b')];
    expect(await both()).toEqual([wang, zhang]);
    await happens(second);
    await settleGrants(['a', 'b', 'c'], {
      table: tables.permissions,
      corpId,
      now: clock.now,
    });
    expect(await both()).toEqual([wang, zhang]);
    expect([await userid(wang), await userid(zhang)]).toEqual(['c', 'b']);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ])(
    'stays with each if the two renames are settled together, and the one who moves away signed in %s the other',
    async (_, turn) => {
      const order = turn === 0 ? ['b', 'a'] : ['a', 'b'];
      for (const each of order) {
        await signIn(each);
        later();
      }
      const events = [rename('b', 'c')];
      clock.time += 60_000;
      events.push(rename('a', 'b'));
      const settling = new Set<string>();
      for (const each of events) {
        const due = await notePersonChange(tables.permissions, corpId, each, clock.time);
        for (const one of due.reverse()) settling.add(one);
      }
      await settleGrants([...settling].reverse(), {
        table: tables.permissions,
        corpId,
        now: clock.now,
      });
      expect([await signIn('c'), await signIn('b')]).toEqual(['b', 'a']);
      expect([await userid('b'), await userid('a')]).toEqual(['c', 'b']);
    },
  );

  it('is lost, and not given to another, if the event of the person who followed comes first', async () => {
    const [wang, zhang] = [await signIn('b'), await signIn('a')];
    later();
    const away = rename('b', 'c');
    clock.time += 60_000;
    await happens(rename('a', 'b'));
    await happens(away);
    expect(await signIn('b')).toBe(zhang);
    expect([wang, zhang]).not.toContain(await signIn('c'));
    expect(await userid(wang)).toBeUndefined();
  });

  it('of a former member whose deletion was lost does not pass to the next under the userid', async () => {
    const former = await signIn('lisi');
    later();
    await happens(event('created', 'lisi'));
    expect(await userid(former)).toBeUndefined();
    expect(await signIn('lisi')).not.toBe(former);
  });

  it('is kept by a newcomer whose event comes after the first sign-in', async () => {
    const created = event('created', 'lisi');
    clock.time += 10_000;
    const sub = await signIn('lisi');
    await happens(created);
    expect(await signIn('lisi')).toBe(sub);
  });

  it.each(['a', 'b', 'ab'])(
    'stays with its person when the former userids %s are erased',
    async (forgotten) => {
      const sub = await signIn('a');
      later();
      await happens(rename('a', 'b'));
      later();
      await happens(rename('b', 'c'));
      for (const of of forgotten) {
        const pk = `${corpId}#member#${of}`;
        for (const { sk } of (await tables.permissions.query(pk)).items) {
          await tables.permissions.delete({ pk, sk: String(sk) });
        }
      }
      later();
      await settleGrants(['c'], { table: tables.permissions, corpId, now: clock.now });
      expect(await signIn('c')).toBe(sub);
      await happens(event('left', 'c'));
      expect(await userid(sub)).toBeUndefined();
    },
  );

  it('whose first userid cannot be read is an error', async () => {
    const item = { pk: `${corpId}#member#lisi`, sk: 'person', sub: 'lisi', since: 1 };
    await tables.permissions.put({ ...item, firstUserid: 7 });
    await expect(signIn('lisi')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  });

  it('that cannot be read is an error, and is not made again', async () => {
    await tables.permissions.put({ pk: `${corpId}#member#lisi`, sk: 'person', sub: 7 });
    await expect(signIn('lisi')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  });
});
