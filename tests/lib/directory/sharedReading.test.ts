import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDepartments, type Departments } from '../../../lib/directory/departments.ts';
import { createTags, type Tags } from '../../../lib/directory/tags.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { type App, departmentKey, tagKey } from '../../../lib/tableKeys.ts';
import type { WecomClient } from '../../../lib/wecom/client.ts';
import { WecomErrcode } from '../../../lib/wecom/errors.ts';
import { startWecom, type Wecom } from '../../../local/wecom/server.ts';
import { appClient } from '../../harness/appClient.ts';
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
  // A corp of its own for each test: nothing is remembered from the one before.
  app = { corpId: `corp${corps++}`, agentId: '1' };
  return () => wecom.close();
});

const newDepartments = (): Departments => createDepartments(app, client, tables.cache, clock);
const newTags = (): Tags => createTags(app, client, tables.cache, clock);

/** Reads, and waits for what is written beside the reading. */
async function read<T>(
  from: { read(id: number, invocation: TestInvocation, freshness?: object): Promise<T> },
  id: number,
  freshness?: object,
): Promise<T> {
  const value = await from.read(id, invocation, freshness);
  await invocation.settled();
  return value;
}

describe('a department', () => {
  it('is asked of WeCom once for all instances within an hour', async () => {
    expect(await read(newDepartments(), 2)).toEqual({ name: '技术部', parentId: 1 });
    clock.time += 60 * MINUTE - 1;
    expect(await read(newDepartments(), 2)).toEqual({ name: '技术部', parentId: 1 });
    expect(wecom.calls.count('department/get')).toBe(1);
    clock.time += 1;
    await read(newDepartments(), 2);
    expect(wecom.calls.count('department/get')).toBe(2);
  });

  it('is remembered by an instance for five minutes', async () => {
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

  it('may be asked for at most so old', async () => {
    const departments = newDepartments();
    await read(departments, 2);
    clock.time += MINUTE;
    await read(departments, 2, { age: MINUTE + 1 });
    expect(wecom.calls.count('department/get')).toBe(1);
    await read(departments, 2, { age: MINUTE });
    expect(wecom.calls.count('department/get')).toBe(2);
  });

  it('has its name_en where it has no name, and nothing where it has neither', async () => {
    expect(await read(newDepartments(), 8)).toEqual({ name: 'Overseas', parentId: 7 });
    expect(await read(newDepartments(), 9)).toEqual({ name: '', parentId: 7 });
  });

  it.each([60003, 60011, 60123])(
    'that WeCom does not show (%i) has no name and no parent',
    async (errcode) => {
      wecom.faults.add(errcode, { on: 'department/get' });
      const departments = newDepartments();
      expect(await read(departments, 2)).toEqual({ name: '' });
      expect(await read(newDepartments(), 2)).toEqual({ name: '' });
      expect(wecom.calls.count('department/get')).toBe(1);
    },
  );

  it('cannot be had when WeCom does not answer, and is asked for again then', async () => {
    wecom.faults.add(45009, { on: 'department/get', times: 1 });
    const departments = newDepartments();
    await expect(read(departments, 2)).rejects.toThrow(WecomErrcode);
    expect(await read(departments, 2)).toEqual({ name: '技术部', parentId: 1 });
  });

  it('is asked of WeCom while the table does not answer, with a word in the log', async () => {
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

  it('is asked again when what is stored cannot be read', async () => {
    await tables.cache.put({ ...departmentKey(app, 2), name: 7, readAt: clock.time });
    expect(await read(newDepartments(), 2)).toEqual({ name: '技术部', parentId: 1 });
    await tables.cache.put({ ...departmentKey(app, 3), name: 'no time' });
    expect(await read(newDepartments(), 3)).toEqual({ name: '后端组', parentId: 2 });
  });
});

describe('a department that is discarded', () => {
  it('is asked again by the instance that discards it', async () => {
    const departments = newDepartments();
    await read(departments, 6);
    wecom.administrator.updateDepartment(6, { parentid: 7 });
    clock.time += 1;
    await departments.discard(6);
    expect(await read(departments, 6)).toMatchObject({ parentId: 7 });
  });

  it('is asked again by the others once they hear of the new version of the directory', async () => {
    const [one, other] = [newDepartments(), newDepartments()];
    await read(other, 6, { version: 1 });
    wecom.administrator.updateDepartment(6, { parentid: 7 });
    clock.time += 1;
    await one.discard(6);
    expect(await read(other, 6, { version: 1 })).toMatchObject({ parentId: 2 });
    expect(await read(other, 6, { version: 2 })).toMatchObject({ parentId: 7 });
    expect(await read(other, 6, { version: 2 })).toMatchObject({ parentId: 7 });
    expect(wecom.calls.count('department/get')).toBe(2);
  });

  it('is not brought back by a reading that was under way', async () => {
    const ask = client;
    let answered = () => {};
    const asked = new Promise<void>((resolve) => {
      client = async (call, about) => {
        const answer = await ask(call, about);
        resolve();
        await new Promise<void>((goOn) => {
          answered = goOn;
        });
        return answer;
      };
    });
    const reading = newDepartments().read(6, invocation);
    await asked;
    client = ask;
    wecom.administrator.updateDepartment(6, { parentid: 7 });
    clock.time += 1;
    await newDepartments().discard(6);
    answered();
    expect(await reading).toMatchObject({ parentId: 2 });
    await invocation.settled();
    expect(await read(newDepartments(), 6)).toMatchObject({ parentId: 7 });
  });

  it('is not discarded when the table does not answer', async () => {
    tables.front.fail('throttled');
    await expect(newDepartments().discard(6)).rejects.toThrow(StoreUnavailable);
    tables.front.fail(undefined);
  });
});

describe('a tag', () => {
  it('has its members folded and its departments, as far as the app sees them', async () => {
    wecom.administrator.tag(2, { addUsers: ['Feng-Er_01@yunfan.example', 'lisi'] });
    const expected = {
      userids: new Set(['feng-er_01@yunfan.example', 'lisi']),
      departments: [2],
    };
    expect(await read(newTags(), 2)).toEqual(expected);
    expect(await read(newTags(), 2)).toEqual(expected);
    expect(wecom.calls.count('tag/get')).toBe(1);
  });

  it('without members is remembered as that', async () => {
    wecom.administrator.tag(1, { delUsers: ['qianer', 'user123'] });
    const nobody = { userids: new Set(), departments: [] };
    expect(await read(newTags(), 1)).toEqual(nobody);
    expect(await read(newTags(), 1)).toEqual(nobody);
    expect(wecom.calls.count('tag/get')).toBe(1);
  });

  it.each([40068, 60011, 81011])(
    'that WeCom does not show (%i) is empty, with a word in the log',
    async (errcode) => {
      wecom.faults.add(errcode, { on: 'tag/get' });
      expect(await read(newTags(), 1)).toEqual({ userids: new Set(), departments: [] });
      expect(invocation.lines).toContainEqual(expect.objectContaining({ level: 'WARN', tagId: 1 }));
    },
  );

  it('is read again when what is stored cannot be read', async () => {
    await tables.cache.put({ ...tagKey(app, 1), userids: 1, readAt: clock.time });
    expect((await read(newTags(), 1)).userids).toEqual(new Set(['qianer', 'user123']));
  });

  it('too large for DynamoDB is remembered by the instance alone', async () => {
    const userids = Array.from({ length: 7_000 }, (_, at) => `${at}`.padStart(64, 'u'));
    const asked: string[] = [];
    client = async ({ api }) => {
      asked.push(api);
      return { userlist: userids.map((userid) => ({ userid })), partylist: [] };
    };
    const tags = newTags();
    expect((await read(tags, 1)).userids.size).toBe(7_000);
    expect((await read(tags, 1)).userids.size).toBe(7_000);
    expect(asked).toHaveLength(1);
    await read(newTags(), 1);
    expect(asked).toHaveLength(2);
  });

  it('leaves the memory when all of them together grow too large for it', async () => {
    const asked: string[] = [];
    client = async ({ query }) => {
      asked.push(String(query['tagid']));
      const length = query['tagid'] === '1' ? 150_000 : 60_000;
      return { userlist: Array.from({ length }, (_, at) => ({ userid: `${at}` })), partylist: [] };
    };
    tables.front.fail('throttled');
    const tags = newTags();
    await read(tags, 1);
    await read(tags, 1);
    await read(tags, 2);
    await read(tags, 2);
    await read(tags, 1);
    tables.front.fail(undefined);
    expect(asked).toEqual(['1', '2', '1']);
  });
});
