import { beforeEach, describe, expect, it } from 'vitest';
import type { DirectoryChanges } from '../../../lib/directory/directoryChanges.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { createGrantStore } from '../../../lib/permissions/grantStore.ts';
import { GROUP_GRANTS_TTL_MS } from '../../../lib/permissions/groupGrants.ts';
import { startWecom, type Wecom } from '../../../packages/emulator/source/server.ts';
import { appClient } from '../../harness/appClient.ts';
import { type DirectoryInstance, newDirectoryInstance } from '../../harness/directory.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const SECOND = 1_000;

let tables: Tables;
let wecom: Wecom;
let clock: ManualClock;
let invocation: TestInvocation;
let changes: DirectoryChanges;
/** Two instances of `verify`. The instance that receives the events is another one. */
let verifies: DirectoryInstance['verify'][];

async function newInstance(): Promise<DirectoryInstance> {
  const client = await appClient(wecom, clock);
  return newDirectoryInstance({ tables, app: APP, client, clock });
}

beforeEach(async () => {
  tables = await startTables();
  wecom = await startWecom();
  clock = createManualClock();
  invocation = createInvocation();
  ({ changes } = await newInstance());
  verifies = [(await newInstance()).verify, (await newInstance()).verify];
  return () => Promise.all([wecom.close(), tables.close()]);
});

/** The decision, which has to be the same on every instance. */
async function may(userid: string, permission = 'access'): Promise<boolean> {
  const answers = new Set<boolean>();
  for (const verify of verifies) {
    answers.add((await verify(userid, permission, invocation)).authorized);
    await invocation.settled();
  }
  expect(answers.size).toBe(1);
  return answers.has(true);
}

/** Applies an event, with a second before and after it. */
async function event(what: keyof DirectoryChanges, of: string | number): Promise<void> {
  clock.time += SECOND;
  await changes[what](of as never, invocation);
  await invocation.settled();
  clock.time += SECOND;
}

async function grant(...subjects: string[]): Promise<void> {
  const store = createGrantStore(tables.permissions, APP.corpId, async () => 'test', clock);
  for (const subject of subjects) {
    await store.change({ subject, permission: 'access', after: { effect: 'allow' } });
  }
}

describe('a member who left', () => {
  beforeEach(async () => {
    await grant('member#lisi');
    expect(await may('lisi')).toBe(true);
  });

  it('is refused although WeCom cannot be asked, also days later', async () => {
    wecom.faults.add({ kind: 'reset' });
    await event('memberLeft', 'lisi');
    for (const hours of [0, 1, 2, 24, 48]) {
      clock.time += hours * 3_600_000;
      expect(await may('lisi')).toBe(false);
    }
  });

  it('and came back before the event arrives is allowed', async () => {
    await event('memberLeft', 'lisi');
    expect(await may('lisi')).toBe(true);
  });

  it('and is still active for WeCom is read once more a minute later', async () => {
    await event('memberLeft', 'lisi');
    wecom.administrator.leave('lisi');
    expect(await may('lisi')).toBe(true);
    clock.time += 60 * SECOND;
    expect(await may('lisi')).toBe(false);
    wecom.calls.clear();
    clock.time += 60 * SECOND;
    expect(await may('lisi')).toBe(false);
    expect(wecom.calls.count('user/get')).toBe(0);
  });

  it('and was never read is stored as gone, without a call of WeCom', async () => {
    await grant('member#wujiu');
    wecom.calls.clear();
    await event('memberLeft', 'wujiu');
    expect(wecom.calls.count('user/get')).toBe(0);
    wecom.faults.add(45009, { on: 'user/get' });
    expect(await may('wujiu')).toBe(false);
  });

  it('is refused also after a second event', async () => {
    wecom.administrator.leave('lisi');
    await event('memberLeft', 'lisi');
    await event('memberLeft', 'lisi');
    expect(await may('lisi')).toBe(false);
  });
});

describe('a member who changed', () => {
  it('is read at the next verify if WeCom could not be asked at the event', async () => {
    await grant('department#7');
    expect(await may('lisi')).toBe(false);
    wecom.administrator.update('lisi', { department: [7] });
    wecom.faults.add(45009, { on: 'user/get', times: 1 });
    await event('memberChanged', 'lisi');
    clock.time += 60 * SECOND;
    expect(await may('lisi')).toBe(true);
  });

  it('is read although a call failed just before', async () => {
    await grant('department#7');
    wecom.faults.add(45009, { on: 'user/get', times: 1 });
    expect(await may('lisi')).toBe(false);
    clock.time += 61 * SECOND;
    expect(await may('lisi')).toBe(false);
    wecom.administrator.update('lisi', { department: [7] });
    await event('memberChanged', 'lisi');
    expect(await may('lisi')).toBe(true);
  });

  it('is not read if no membership is stored', async () => {
    wecom.calls.clear();
    await event('memberChanged', 'lisi');
    expect(wecom.calls.count('user/get')).toBe(0);
  });

  it('during the first call about them is read again', async () => {
    await grant('member#lisi');
    const { store } = await newInstance();
    await store.claim('lisi', 'somebody', undefined, clock.time);
    const readAt = clock.time;
    clock.time += 1;
    wecom.administrator.update('lisi', { status: 2 });
    await changes.memberChanged('lisi', invocation);
    // Its answer is from before the change, whenever it is written.
    const snapshot = { state: 'active', why: 'status 1', departments: [2], readAt } as const;
    expect(await store.update('lisi', 'somebody', undefined, { snapshot })).toBe(false);
    await invocation.settled();
    clock.time += SECOND;
    expect(await may('lisi')).toBe(false);
  });
});

describe('a member who was deleted', () => {
  beforeEach(async () => {
    await grant('member#lisi');
    expect(await may('lisi')).toBe(true);
    await event('memberDeleted', 'lisi');
    wecom.calls.clear();
  });

  it('is refused for a minute without a call of WeCom, which may still say active', async () => {
    expect(await may('lisi')).toBe(false);
    clock.time += 56 * SECOND;
    await event('memberChanged', 'lisi');
    expect(await may('lisi')).toBe(false);
    expect(wecom.calls.count('user/get')).toBe(0);
  });

  it('is read after the minute', async () => {
    clock.time += 60 * SECOND;
    wecom.administrator.leave('lisi');
    expect(await may('lisi')).toBe(false);
    expect(wecom.calls.count('user/get')).toBe(1);
  });

  it('and is active for WeCom after the minute is read once more a minute later', async () => {
    clock.time += 60 * SECOND;
    expect(await may('lisi')).toBe(true);
    wecom.administrator.leave('lisi');
    clock.time += 59 * SECOND;
    expect(await may('lisi')).toBe(true);
    clock.time += SECOND;
    expect(await may('lisi')).toBe(false);
  });
});

describe('a department that changed', () => {
  it('moves its members within ten seconds, without a call about any of them', async () => {
    await grant('department#7');
    expect(await may('lisi')).toBe(false);
    wecom.administrator.updateDepartment(6, { parentid: 7 });
    await event('departmentChanged', 6);
    clock.time += GROUP_GRANTS_TTL_MS;
    wecom.calls.clear();
    expect(await may('lisi')).toBe(true);
    expect(wecom.calls.count('user/get')).toBe(0);
    expect(wecom.calls.count('department/list')).toBe(1);
    expect(wecom.calls.count('department/get')).toBe(0);
  });

  it('costs three writes, however many members it has', async () => {
    tables.front.requests.length = 0;
    await event('departmentChanged', 6);
    expect(tables.front.requests).toEqual([
      'UpdateItem wecom-auth-local-cache',
      'UpdateItem wecom-auth-local-cache',
      'UpdateItem wecom-auth-local-permissions',
    ]);
  });
});

describe('a tag that changed', () => {
  it('gains and loses members within ten seconds', async () => {
    await grant('tag#1');
    expect(await may('lisi')).toBe(false);
    wecom.administrator.tag(1, { addUsers: ['lisi'], delUsers: ['user123'] });
    expect(await may('user123')).toBe(true);
    await event('tagChanged', 1);
    clock.time += GROUP_GRANTS_TTL_MS;
    expect(await may('lisi')).toBe(true);
    expect(await may('user123')).toBe(false);
  });

  it('costs no verify a request if no grant names it', async () => {
    await grant('tag#1');
    await may('user123');
    clock.time += GROUP_GRANTS_TTL_MS;
    await event('tagChanged', 7);
    await may('user123');
    tables.front.requests.length = 0;
    await may('user123');
    expect(tables.front.requests).toEqual([
      'Query wecom-auth-local-permissions',
      'Query wecom-auth-local-permissions',
    ]);
  });
});

describe('an event while DynamoDB fails', () => {
  it.each([
    ['memberLeft', 'lisi'],
    ['memberDeleted', 'lisi'],
    ['memberChanged', 'lisi'],
    ['departmentChanged', 6],
    ['tagChanged', 1],
  ] as const)('(%s) fails, so that it may be delivered again', async (what, of) => {
    tables.front.fail('throttled');
    await expect(changes[what](of as never, invocation)).rejects.toThrow(StoreUnavailable);
    tables.front.fail(undefined);
  });
});
