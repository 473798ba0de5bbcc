import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDepartments } from '../../../lib/directory/departments.ts';
import {
  createDirectoryReader,
  type DirectoryReader,
} from '../../../lib/directory/directoryReader.ts';
import { createTags } from '../../../lib/directory/tags.ts';
import { WecomAuthError } from '../../../lib/errors.ts';
import { startWecom, type Wecom } from '../../../local/wecom/server.ts';
import { appClient } from '../../harness/appClient.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { startTables, type Tables } from '../../harness/tables.ts';

let tables: Tables;
let wecom: Wecom;
let clock: ManualClock;
let reader: DirectoryReader;
let corps = 0;

beforeAll(async () => {
  tables = await startTables();
  return tables.close;
});

async function readerOf(agentid?: number): Promise<DirectoryReader> {
  const client = await appClient(wecom, clock, agentid);
  const app = { corpId: `corp${corps++}`, agentId: '1' };
  return createDirectoryReader(
    client,
    createDepartments(app, client, tables.cache, clock),
    createTags(app, client, tables.cache, clock),
    clock,
  );
}

beforeEach(async () => {
  wecom = await startWecom();
  clock = createManualClock();
  reader = await readerOf();
  return () => wecom.close();
});

describe('a member', () => {
  const member = (userid: string) => reader.member(userid, createInvocation());

  it('who is active has departments', async () => {
    const readAt = clock.time;
    expect(await member('qianer')).toEqual({
      state: 'active',
      why: 'status 1',
      departments: [2, 3],
      readAt,
    });
  });

  it.each([
    ['wangwu', 'is disabled', 'status 2'],
    ['zhaoliu', 'is not activated', 'status 4'],
    ['sunqi', 'has left', 'status 5'],
    ['zhouba', 'is out of sight', 'errcode 60011'],
    ['nobody', 'is unknown', 'errcode 60111'],
  ])('%s, who %s, is gone', async (userid, _, why) => {
    expect(await member(userid)).toEqual({
      state: 'gone',
      why,
      departments: [],
      readAt: clock.time,
    });
  });

  it.each([40003, 50002, 60011, 60021, 60030, 60111, 60120])(
    'of whom WeCom says %i is gone',
    async (errcode) => {
      wecom.faults.add(errcode, { on: 'user/get' });
      expect(await member('user123')).toMatchObject({ state: 'gone', why: `errcode ${errcode}` });
    },
  );

  it.each([-1, 40014, 42001, 45009, 45033, 48002, 50001, 50003, 60020, 301002, 99999])(
    'of whom WeCom cannot be asked (%i) is not gone',
    async (errcode) => {
      wecom.faults.add(errcode, { on: 'user/get' });
      await expect(member('user123')).rejects.toThrow(WecomAuthError);
    },
  );

  it.each(['reset', 'html', 'empty', 'truncated'] as const)(
    'is not gone when the answer is %s',
    async (kind) => {
      wecom.faults.add({ kind, on: 'user/get' });
      await expect(member('user123')).rejects.toThrow(WecomAuthError);
    },
  );
});

describe('the groups of a member', () => {
  const groups = (userid: string, of: number[], tags: number[] = []) =>
    reader.groups(userid, of, { version: 3, tags, namings: 0 }, createInvocation());

  it('are the departments upward, and say of what and when they are', async () => {
    expect(await groups('chenshiyi', [5, 7])).toEqual({
      of: [5, 7],
      departments: [5, 7, 4, 1, 3, 2],
      tags: [],
      version: 3,
      workedOutAt: clock.time,
    });
  });

  it('end at a department that the app may not see', async () => {
    reader = await readerOf(1000003);
    expect((await groups('chenshiyi', [5])).departments).toEqual([5, 4, 3, 2]);
  });

  it('hold a tag that names the member, without regard to case', async () => {
    expect((await groups('USER123', [2], [1, 3])).tags).toEqual([1]);
  });

  it('hold a tag that has a department of the member, or one above it', async () => {
    expect((await groups('chenshiyi', [5], [1, 2, 3])).tags).toEqual([2]);
    expect((await groups('zhengshi', [12], [2, 7])).tags).toEqual([7]);
  });

  it('take no call for tags that no grant names', async () => {
    await groups('user123', [2]);
    expect(wecom.calls.count('tag/get')).toBe(0);
  });

  it('do not hold a tag that was deleted', async () => {
    expect((await groups('user123', [2], [1, 99])).tags).toEqual([1]);
  });

  it('cannot be had when a department or a tag cannot be asked about', async () => {
    wecom.faults.add(45009, { on: 'department/get', times: 1 });
    await expect(groups('user123', [2])).rejects.toThrow(WecomAuthError);
    wecom.faults.add(45009, { on: 'tag/get', times: 1 });
    await expect(groups('user123', [2], [1])).rejects.toThrow(WecomAuthError);
  });

  it('are worked out of departments and tags at most ten minutes old', async () => {
    await groups('lisi', [6], [7]);
    wecom.administrator.updateDepartment(6, { parentid: 7 });
    wecom.administrator.tag(7, { delUsers: ['lisi'] });
    clock.time += 10 * 60_000 - 1;
    expect(await groups('lisi', [6], [7])).toMatchObject({ departments: [6, 2, 1], tags: [7] });
    clock.time += 1;
    expect(await groups('lisi', [6], [7])).toMatchObject({ departments: [6, 7, 1], tags: [] });
  });
});
