import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DepartmentNames, MembersOfDepartments } from '../../../lib/directory/departmentNames.ts';
import { departmentNamesKey } from '../../../lib/tableKeys.ts';
import type { WecomClient } from '../../../lib/wecom/client.ts';
import { WecomUnreadableAnswer } from '../../../lib/wecom/errors.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { startTables, type Tables } from '../../harness/tables.ts';

let tables: Tables;
let clock: ManualClock;
let corps = 0;
let app = { corpId: '', agentId: '1' };

beforeAll(async () => {
  tables = await startTables();
  return tables.close;
});

beforeEach(() => {
  clock = createManualClock();
  app = { corpId: `corp${corps++}`, agentId: '1' };
});

/** A WeCom that always answers this. */
const answering = (answer: object) => {
  const calls: string[] = [];
  const client: WecomClient = async ({ api }) => {
    calls.push(api);
    return { ...answer };
  };
  return { client, calls };
};

describe('the names of departments', () => {
  async function read(answer: object) {
    const { client, calls } = answering(answer);
    const names = new DepartmentNames({ client, table: tables.cache, app, clock });
    const invocation = createInvocation();
    const list = await names.read(invocation);
    await invocation.settled();
    return { list, calls };
  }

  it('are kept in the table as they were read, whatever characters they have', async () => {
    const department = [
      { id: 1, name: '总部\n"一"', parentid: 0 },
      { id: '2', name: null, name_en: 'Sales', parentid: '1' },
      { id: 3 },
    ];
    const first = await read({ department });
    expect(first.list).toEqual([
      { id: 1, parentId: 0, name: '总部\n"一"' },
      { id: 2, parentId: 1, name: 'Sales' },
      { id: 3, parentId: undefined, name: '' },
    ]);
    const second = await read({ department: [] });
    expect([second.list, second.calls]).toEqual([first.list, []]);
  });

  it.each([[{}], [{ department: [{ id: 1, name: 7 }] }], [{ department: [{ id: 0 }] }]])(
    'that cannot be read are no names: %j',
    async (answer) => {
      await expect(read(answer)).rejects.toThrow(WecomUnreadableAnswer);
    },
  );

  it('in a form that nobody writes are read again', async () => {
    const key = departmentNamesKey(app);
    await tables.cache.put({ ...key, names: '[1', readAt: clock.now() });
    const { list } = await read({ department: [{ id: 1, name: 'x' }] });
    expect(list).toEqual([{ id: 1, parentId: undefined, name: 'x' }]);
  });

  it('that no item can hold stay in the instance', async () => {
    const department = Array.from({ length: 5_000 }, (_, at) => ({
      id: at + 1,
      name: '部'.repeat(32),
    }));
    expect((await read({ department })).list).toHaveLength(5_000);
    expect((await read({ department })).calls).toEqual(['department/list']);
  });
});

describe('the members of a department', () => {
  const read = (answer: object) =>
    new MembersOfDepartments({ ...answering(answer), clock }).read(1, createInvocation());

  it('are those that can be read, and the others are counted', async () => {
    const userlist = [
      { userid: 'Li', name: '李' },
      { userid: 'wang', name: null },
      { userid: '' },
      { name: 'nobody' },
      { userid: 'x', name: 7 },
      null,
      'x',
    ];
    expect(await read({ userlist })).toEqual({
      members: [
        { userid: 'Li', name: '李' },
        { userid: 'wang', name: '' },
      ],
      unreadable: 5,
    });
  });

  it.each([[{}], [{ userlist: null }], [{ userlist: {} }]])(
    'are not nobody where the answer has no list: %j',
    async (answer) => {
      await expect(read(answer)).rejects.toThrow(WecomUnreadableAnswer);
    },
  );
});
