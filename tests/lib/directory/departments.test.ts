import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CachedDepartments } from '../../../lib/directory/departments.ts';
import { ancestorsOf, UNREACHABLE, UNREADABLE } from '../../../lib/directory/departmentTree.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { type App, departmentKey, departmentListKey } from '../../../lib/tableKeys.ts';
import type { WecomClient } from '../../../lib/wecom/client.ts';
import { WecomErrcode, WecomTransportError } from '../../../lib/wecom/errors.ts';
import { startWecom, type Wecom } from '../../../packages/emulator/source/server.ts';
import { appClient } from '../../harness/appClient.ts';
import { newDirectoryInstance } from '../../harness/directory.ts';
import { createFakeWecom } from '../../harness/fakeWecom.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { startTables, type Tables } from '../../harness/tables.ts';

const MINUTE = 60_000;

let tables: Tables;
let wecom: Wecom;
let clock: ManualClock;
let client: WecomClient;
let invocation: TestInvocation;
let app: App;
let corps = 0;

beforeAll(async () => {
  tables = await startTables();
  return tables.close;
});

beforeEach(async () => {
  wecom = await startWecom();
  clock = createManualClock();
  client = await appClient(wecom, clock);
  invocation = createInvocation();
  // A corp of its own for each test, so that nothing is cached.
  app = { corpId: `corp${corps++}`, agentId: '1' };
  return () => wecom.close();
});

const newInstance = () => newDirectoryInstance({ tables, app, client, clock });
const newDepartments = () => newInstance().departments;
const newTree = () => newInstance().tree;

/** Reads, and waits for the writes in the background. */
async function read(from: CachedDepartments, id: number, freshness?: object) {
  const value = await from.read(id, invocation, freshness);
  await invocation.settled();
  return value;
}

async function ancestors(of: number[], from = newTree(), freshness = {}) {
  const found = await from.ancestors(of, [], invocation, freshness);
  await invocation.settled();
  return found;
}

describe('a department', () => {
  it('is read from WeCom once an hour for all instances', async () => {
    expect(await read(newDepartments(), 2)).toEqual({ name: '技术部', parentId: 1 });
    clock.time += 60 * MINUTE - 1;
    expect(await read(newDepartments(), 2)).toEqual({ name: '技术部', parentId: 1 });
    expect(wecom.calls.count('department/get')).toBe(1);
    clock.time += 1;
    await read(newDepartments(), 2);
    expect(wecom.calls.count('department/get')).toBe(2);
  });

  it('is cached in the memory of an instance for five minutes', async () => {
    const departments = newDepartments();
    await read(departments, 2);
    tables.front.requests.length = 0;
    clock.time += 5 * MINUTE - 1;
    await read(departments, 2);
    expect(tables.front.requests).toEqual([]);
    clock.time += 1;
    await read(departments, 2);
    expect(tables.front.requests).toEqual(['GetItem wecom-auth-local-cache']);
  });

  it('is read again if the caller accepts no answer of that age', async () => {
    const departments = newDepartments();
    await read(departments, 2);
    clock.time += MINUTE;
    await read(departments, 2, { maxAgeMs: MINUTE + 1 });
    expect(wecom.calls.count('department/get')).toBe(1);
    await read(departments, 2, { maxAgeMs: MINUTE });
    expect(wecom.calls.count('department/get')).toBe(2);
  });

  it('has its name_en if it has no name, and an empty name if it has neither', async () => {
    expect(await read(newDepartments(), 8)).toEqual({ name: 'Overseas', parentId: 7 });
    expect(await read(newDepartments(), 9)).toEqual({ name: '', parentId: 7 });
  });

  it.each([60003, 60011, 60123])(
    'that WeCom does not show (%i) has no name and no parent, and is hidden',
    async (errcode) => {
      wecom.faults.add(errcode, { on: 'department/get' });
      const departments = newDepartments();
      expect(await read(departments, 2)).toEqual({ name: '', hidden: true });
      expect(await read(newDepartments(), 2)).toEqual({ name: '', hidden: true });
      expect(wecom.calls.count('department/get')).toBe(1);
    },
  );

  it('is not cached if WeCom answers with an error', async () => {
    wecom.faults.add(45009, { on: 'department/get', times: 1 });
    const departments = newDepartments();
    await expect(read(departments, 2)).rejects.toThrow(WecomErrcode);
    expect(await read(departments, 2)).toEqual({ name: '技术部', parentId: 1 });
  });

  it('is read from WeCom if the table does not answer, with a line in the log', async () => {
    tables.front.fail('throttled');
    try {
      expect(await read(newDepartments(), 2)).toEqual({ name: '技术部', parentId: 1 });
    } finally {
      tables.front.fail(undefined);
    }
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ level: 'WARN', message: expect.stringContaining('cache table') }),
    );
  });

  it.each([{ name: 7 }, { parentId: '1' }, { readAt: undefined }])(
    'is read again if the stored item cannot be read: %j',
    async (damage) => {
      const item = { ...departmentKey(app, 2), name: 'old', parentId: 7, readAt: clock.time };
      await tables.cache.put({ ...item, ...damage });
      expect(await read(newDepartments(), 2)).toEqual({ name: '技术部', parentId: 1 });
    },
  );
});

describe('a department that is discarded', () => {
  it('is read again by the instance that discards it', async () => {
    const { departments, tree } = newInstance();
    await read(departments, 6);
    await ancestors([6], tree);
    wecom.administrator.updateDepartment(6, { parentid: 7 });
    await tree.discard(6);
    expect(await read(departments, 6)).toMatchObject({ parentId: 7 });
    expect(await ancestors([6], tree)).toMatchObject({ departments: [6, 7, 1] });
  });

  it('is read again by the other instances under a new version of the directory', async () => {
    const [one, other] = [newTree(), newTree()];
    await ancestors([6], other, { version: 1 });
    wecom.administrator.updateDepartment(6, { parentid: 7 });
    await one.discard(6);
    const of = async (version: number) =>
      (await ancestors([6], other, { version })).departments.join();
    expect([await of(1), await of(2), await of(2)]).toEqual(['6,2,1', '6,7,1', '6,7,1']);
    expect(wecom.calls.count('department/list')).toBe(2);
  });

  it.each([-86_400_000, 0, 86_400_000])(
    'is not stored again by a call in progress, with a clock %i ms ahead',
    async (ahead) => {
      const slow = newDirectoryInstance({
        tables,
        app,
        clock: { ...clock, now: () => clock.time + ahead },
        async client(call, about) {
          const answer = await client(call, about);
          await newTree().discard(6);
          wecom.administrator.updateDepartment(6, { parentid: 7 });
          return answer;
        },
      });
      expect(await read(slow.departments, 6)).toMatchObject({ parentId: 2 });
      expect(await read(newDepartments(), 6)).toMatchObject({ parentId: 7 });
      expect(await ancestors([6])).toMatchObject({ departments: [6, 7, 1] });
    },
  );

  it('is an error if the table does not answer', async () => {
    tables.front.fail('throttled');
    await expect(newTree().discard(6)).rejects.toThrow(StoreUnavailable);
    tables.front.fail(undefined);
  });
});

describe('the departments above', () => {
  it('are read by one department/list for all instances', async () => {
    for (const of of [[5], [6], [12]])
      expect(await ancestors(of)).toMatchObject({ complete: true });
    expect(await ancestors([5])).toEqual({ departments: [5, 4, 3, 2, 1], complete: true });
    expect(wecom.calls.count('department/list')).toBe(1);
    expect(wecom.calls.count('department/get')).toBe(0);
  });

  it('end at a department that the app may not see', async () => {
    client = await appClient(wecom, clock, 1000003);
    expect(await ancestors([5])).toEqual({ departments: [5, 4, 3, 2], complete: true });
  });

  it('of a member without departments need no call', async () => {
    expect(await ancestors([])).toEqual({ departments: [], complete: true });
    expect(wecom.calls.count()).toBe(1); // gettoken
  });

  it('are read by department/get for a minute after the list failed', async () => {
    wecom.faults.add(45009, { on: 'department/list', times: 1 });
    const tree = newTree();
    const expected = { departments: [5, 4, 3, 2, 1], complete: true };
    expect(await ancestors([5], tree)).toEqual(expected);
    expect(await ancestors([5], tree)).toEqual(expected);
    expect(wecom.calls.count('department/list')).toBe(1);
    expect(wecom.calls.count('department/get')).toBe(4);
    clock.time += MINUTE;
    await ancestors([6], tree);
    expect(wecom.calls.count('department/list')).toBe(2);
  });

  it('are read by department/get in the remaining time if the list does not answer', async () => {
    const { client: shown } = createFakeWecom(clock);
    const calls: string[] = [];
    client = async (call, about) => {
      calls.push(call.api);
      if (call.api !== 'department/list') return shown(call, about);
      clock.time = about.deadline;
      throw new WecomTransportError('WeCom did not answer in time');
    };
    const tree = newTree();
    for (const of of [3, 4]) {
      invocation = createInvocation(clock.time + 5_000);
      expect(await ancestors([of], tree)).toEqual({ departments: [of, 1], complete: true });
    }
    expect(calls).toEqual(['department/list', 'department/get', 'department/get']);
  });

  it.each([
    ['may be completed by earlier data if WeCom answers about nothing', 'reset', {}],
    [
      'are unreadable if the list is, and WeCom answers about nothing else',
      'odd',
      { unreadable: true },
    ],
  ])('%s', async (_what, list, expected) => {
    const on = 'department/list';
    if (list === 'reset') wecom.faults.add({ kind: 'reset', on });
    else wecom.faults.add({ kind: 'set-field', on, field: 'department', value: 'x' });
    wecom.faults.add({ kind: 'reset', on: 'department/get' });
    const tree = newTree();
    const found = { departments: [6], complete: false, ...expected };
    // The second time the list is paused.
    expect([await ancestors([6], tree), await ancestors([6], tree)]).toEqual([found, found]);
  });

  it('that are in a circle are counted and logged', async () => {
    const circle = [
      { id: 6, parentid: 9 },
      { id: 9, parentid: 6 },
    ];
    wecom.faults.add({
      kind: 'set-field',
      on: 'department/list',
      field: 'department',
      value: circle,
    });
    expect(await ancestors([6])).toEqual({
      departments: [6, 9],
      complete: false,
      unreadable: true,
    });
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ GroupUnreadable: 1, group: 'department:9' }),
    );
  });

  it('are read by the list if the caller has more time than the one for whom it was too slow', async () => {
    const { client: shown, calls } = createFakeWecom(clock);
    client = async (call, about) => {
      const left = about.deadline - clock.time;
      if (call.api !== 'department/list' || left > 2_000) return shown(call, about);
      calls.push(call.api);
      clock.time = about.deadline;
      throw new WecomTransportError('WeCom did not answer in time');
    };
    const tree = newTree();
    for (const milliseconds of [2_000, 2_000, 5_000]) {
      invocation = createInvocation(clock.time + milliseconds);
      expect(await ancestors([3], tree)).toEqual({ departments: [3, 1], complete: true });
    }
    expect(calls).toEqual(['department/list', 'department/get 3', 'department/list']);
  });

  it('are incomplete if a department cannot be read; the log names it and a metric counts it', async () => {
    wecom.faults.add(45009, { on: 'department/list' });
    wecom.faults.add(45009, { on: 'department/get' });
    expect(await ancestors([5])).toEqual({ departments: [5], complete: false });
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ GroupUnreadable: 1, group: 'department:5', errcode: 45009 }),
    );
  });

  it('are incomplete if a department other than the root has no parent', async () => {
    const fake = createFakeWecom(clock);
    client = async (call, about) => {
      const answer = await fake.client(call, about);
      return call.api === 'department/list'
        ? { department: [{ id: 1 }, { id: 3 }] }
        : { ...answer, department: { id: 3 } };
    };
    expect(await ancestors([3])).toEqual({ departments: [3], complete: false, unreadable: true });
    expect(await ancestors([1])).toEqual({ departments: [1], complete: true });
  });

  it('of a department that the list shows below two others are read by department/get', async () => {
    const fake = createFakeWecom(clock);
    const parentids = [
      [1, 0],
      [3, 1],
      [4, 3],
      [4, 1],
    ];
    client = async (call, about) => {
      const answer = await fake.client(call, about);
      const department = parentids.map(([id, parentid]) => ({ id, parentid }));
      return call.api === 'department/list' ? { department } : answer;
    };
    expect(await ancestors([4])).toEqual({ departments: [4, 1], complete: true });
    expect(fake.calls).toEqual(['department/list', 'department/get 4']);
  });

  it('are read again if the stored list cannot be read', async () => {
    await ancestors([5]);
    const key = departmentListKey(app);
    for (const parents of [7, 'x', '5 1\n4', ['5 1']]) {
      const item = await tables.cache.get(key);
      await tables.cache.put({ ...item, ...key, parents });
      expect(await ancestors([5])).toMatchObject({ departments: [5, 4, 3, 2, 1] });
    }
    expect(wecom.calls.count('department/list')).toBe(5);
  });

  it('are cached in memory alone if they are too many for an item', async () => {
    const fake = createFakeWecom(clock);
    fake.parents = { 1: 0 };
    for (let id = 100_000; id < 160_000; id++) fake.parents[id] = 1;
    client = fake.client;
    const tree = newTree();
    for (let times = 0; times < 2; times++) {
      expect(await ancestors([100_001], tree)).toMatchObject({ departments: [100_001, 1] });
    }
    expect(fake.calls).toEqual(['department/list']);
    expect(await tables.cache.get(departmentListKey(app))).toBeUndefined();
    expect(invocation.lines).toContainEqual(expect.objectContaining({ departments: 60_001 }));
  });

  it('that denials name and WeCom does not show are in the log', async () => {
    await newTree().ancestors([5], [1, 2, 99], invocation, {});
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ level: 'WARN', groups: ['department:99'] }),
    );
  });
});

describe('the departments and their ancestors', () => {
  /** From a table of parents; departments that are not in it show none. */
  async function upward(own: readonly number[], parents: Record<number, number>) {
    return (await ancestorsOf(own, async (id) => parents[id])).departments;
  }

  it('are listed once each, the nearest first', async () => {
    const parents = { 5: 4, 4: 3, 3: 2, 2: 1, 1: 0, 8: 7, 7: 1 };
    expect(await upward([5], parents)).toEqual([5, 4, 3, 2, 1]);
    expect(await upward([5, 8], parents)).toEqual([5, 8, 4, 7, 3, 1, 2]);
    expect(await upward([2, 5, 2], parents)).toEqual([2, 5, 1, 4, 3]);
    expect(await upward([], {})).toEqual([]);
    expect(await upward([4], { 4: 3 })).toEqual([4, 3]);
  });

  it('end where a cycle closes', async () => {
    expect(await upward([1], { 1: 1 })).toEqual([1]);
    expect(await upward([3], { 3: 2, 2: 1, 1: 3 })).toEqual([3, 2, 1]);
  });

  it('are incomplete after fifty levels', async () => {
    const found = await ancestorsOf([1], async (id) => id + 1);
    expect(found.departments).toHaveLength(50);
    expect(found).toMatchObject({ complete: false, unreadable: true });
  });

  it.each([
    [1_000, { complete: true }],
    [1_001, { complete: false, unreadable: true }],
  ])('if there are %i in all: %o', async (count, expected) => {
    const own = Array.from({ length: count }, (_, at) => at + 1);
    expect(await ancestorsOf(own, async () => 0)).toMatchObject(expected);
  });

  it('are read twenty at a time', async () => {
    let asking = 0;
    let most = 0;
    await ancestorsOf(
      Array.from({ length: 45 }, (_, at) => at + 1),
      async () => {
        asking += 1;
        most = Math.max(most, asking);
        await new Promise((resolve) => setImmediate(resolve));
        asking -= 1;
        return 0;
      },
    );
    expect(most).toBe(20);
  });

  it('are incomplete above a department that cannot be read, and complete beside it', async () => {
    const found = await ancestorsOf([5, 8], async (id) =>
      id === 4 ? UNREADABLE : ({ 5: 4, 8: 7, 7: 1 } as Record<number, number>)[id],
    );
    expect(found).toEqual({ departments: [5, 8, 4, 7, 1], complete: false, unreadable: true });
  });

  it('may be completed by earlier data above one about which WeCom does not answer', async () => {
    const found = await ancestorsOf([5], async (id) => (id === 4 ? UNREACHABLE : 4));
    expect(found).toEqual({ departments: [5, 4], complete: false });
  });

  it.each([
    ['its own parent', { 5: 5 }, [5]],
    ['one in a circle', { 5: 4, 4: 3, 3: 4 }, [5, 4, 3]],
  ] as [string, Record<number, number>, number[]][])(
    'are unreadable above %s',
    async (_what, parents, departments) => {
      const found = await ancestorsOf([5], async (id) => parents[id]);
      expect(found).toEqual({ departments, complete: false, unreadable: true });
    },
  );

  it('are finite in any graph, contain the given ones and are closed under parents', async () => {
    const id = fc.integer({ min: 1, max: 12 });
    const graph = fc.dictionary(id.map(String), fc.integer({ min: 0, max: 12 }));
    await fc.assert(
      fc.asyncProperty(fc.array(id), graph, async (own, parents) => {
        const found = await upward(own, parents);
        expect(new Set(found).size).toBe(found.length);
        for (const each of own) expect(found).toContain(each);
        for (const each of found) {
          const parent = parents[each];
          if (parent) expect(found).toContain(parent);
        }
      }),
    );
  });

  it('throw the error of a defect', async () => {
    const defect = async () => {
      throw new Error('a defect');
    };
    await expect(ancestorsOf([1], defect)).rejects.toThrow('a defect');
  });
});
