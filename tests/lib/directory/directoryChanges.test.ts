import { beforeEach, describe, expect, it } from 'vitest';
import { createDepartments } from '../../../lib/directory/departments.ts';
import {
  createDirectoryChanges,
  type DirectoryChanges,
} from '../../../lib/directory/directoryChanges.ts';
import { createDirectoryReader } from '../../../lib/directory/directoryReader.ts';
import { createMembershipStore } from '../../../lib/directory/membershipStore.ts';
import { createMemberships } from '../../../lib/directory/memberships.ts';
import { createTags } from '../../../lib/directory/tags.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { createGatherFacts } from '../../../lib/permissions/facts.ts';
import { createGrantStore } from '../../../lib/permissions/grantStore.ts';
import {
  createGroupGrants,
  GROUP_GRANTS_REMEMBERED,
} from '../../../lib/permissions/groupGrants.ts';
import { createVerify, type Verify } from '../../../lib/permissions/verify.ts';
import { startWecom, type Wecom } from '../../../local/wecom/server.ts';
import { appClient } from '../../harness/appClient.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const SECOND = 1_000;

let tables: Tables;
let wecom: Wecom;
let clock: ManualClock;
let invocation: TestInvocation;
let changes: DirectoryChanges;
/** Instances of `verify` that know nothing of each other, nor of the instance that takes events. */
let verifies: Verify[];

/** All that one Lambda instance has. */
async function newInstance() {
  const client = await appClient(wecom, clock);
  const { cache, permissions } = tables;
  const departments = createDepartments(APP, client, cache, clock);
  const tags = createTags(APP, client, cache, clock);
  const membershipStore = createMembershipStore(permissions, APP);
  const reader = createDirectoryReader(client, departments, tags, clock);
  const memberships = createMemberships({ store: membershipStore, reader, clock });
  const gatherFacts = createGatherFacts(
    permissions,
    APP,
    createGroupGrants(permissions, APP.corpId, clock),
    memberships.current,
    clock,
  );
  return {
    verify: createVerify(gatherFacts, clock),
    changes: createDirectoryChanges({
      memberships,
      membershipStore,
      permissionTable: permissions,
      corpId: APP.corpId,
      departments,
      tags,
      clock,
    }),
  };
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

/** What every instance answers, the same for all. */
async function may(userid: string, permission = 'access'): Promise<boolean> {
  const answers = new Set<boolean>();
  for (const verify of verifies) {
    answers.add((await verify(userid, permission, invocation)).authorized);
    await invocation.settled();
  }
  expect(answers.size).toBe(1);
  return answers.has(true);
}

/** An event comes in; time goes by before and after it. */
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

  it('is refused though WeCom cannot be asked, then and later', async () => {
    wecom.faults.add({ kind: 'reset' });
    await event('memberLeft', 'lisi');
    for (const hours of [0, 1, 2, 24, 48]) {
      clock.time += hours * 3_600_000;
      expect(await may('lisi')).toBe(false);
    }
  });

  it('and is back before the event arrives is allowed', async () => {
    await event('memberLeft', 'lisi');
    expect(await may('lisi')).toBe(true);
  });

  it('and was never asked about is remembered as gone, without a call of WeCom', async () => {
    await grant('member#wujiu');
    wecom.calls.clear();
    await event('memberLeft', 'wujiu');
    expect(wecom.calls.count('user/get')).toBe(0);
    wecom.faults.add(45009, { on: 'user/get' });
    expect(await may('wujiu')).toBe(false);
  });

  it('twice, and again, is the same', async () => {
    wecom.administrator.leave('lisi');
    await event('memberLeft', 'lisi');
    await event('memberLeft', 'lisi');
    expect(await may('lisi')).toBe(false);
  });
});

describe('a member who changed', () => {
  it('is read before the next answer when WeCom could not be asked at the event', async () => {
    await grant('department#7');
    expect(await may('lisi')).toBe(false);
    wecom.administrator.update('lisi', { department: [7] });
    wecom.faults.add(45009, { on: 'user/get', times: 1 });
    await event('memberChanged', 'lisi');
    clock.time += 60 * SECOND;
    expect(await may('lisi')).toBe(true);
  });

  it('is asked about though somebody failed to just before', async () => {
    await grant('department#7');
    wecom.faults.add(45009, { on: 'user/get', times: 1 });
    expect(await may('lisi')).toBe(false);
    clock.time += 61 * SECOND;
    expect(await may('lisi')).toBe(false);
    wecom.administrator.update('lisi', { department: [7] });
    await event('memberChanged', 'lisi');
    expect(await may('lisi')).toBe(true);
  });

  it('is not asked about when nobody ever asked', async () => {
    wecom.calls.clear();
    await event('memberChanged', 'lisi');
    expect(wecom.calls.count('user/get')).toBe(0);
  });

  it('while WeCom is asked about them for the first time is asked about again', async () => {
    await grant('member#lisi');
    const store = createMembershipStore(tables.permissions, APP);
    await store.claim('lisi', 'somebody', undefined, clock.time);
    const readAt = clock.time;
    clock.time += 1;
    wecom.administrator.update('lisi', { status: 2 });
    await changes.memberChanged('lisi', invocation);
    // Its answer is from before the change, whenever it is written.
    const reading = { state: 'active', why: 'status 1', departments: [2], readAt } as const;
    await store.save('lisi', { reading });
    await invocation.settled();
    clock.time += SECOND;
    expect(await may('lisi')).toBe(false);
  });
});

describe('a department that changed', () => {
  it('brings its members below another one within ten seconds, without asking about them', async () => {
    await grant('department#7');
    expect(await may('lisi')).toBe(false);
    wecom.administrator.updateDepartment(6, { parentid: 7 });
    await event('departmentChanged', 6);
    clock.time += GROUP_GRANTS_REMEMBERED;
    wecom.calls.clear();
    expect(await may('lisi')).toBe(true);
    expect(wecom.calls.count('user/get')).toBe(0);
    // The one that changed, and the one now above it.
    expect(wecom.calls.count('department/get')).toBe(2);
  });

  it('touches no member: two writes, however many there are', async () => {
    tables.front.requests.length = 0;
    await event('departmentChanged', 6);
    expect(tables.front.requests).toEqual([
      'PutItem wecom-auth-local-cache',
      'UpdateItem wecom-auth-local-permissions',
    ]);
  });
});

describe('a tag that changed', () => {
  it('takes in and lets go of members within ten seconds', async () => {
    await grant('tag#1');
    expect(await may('lisi')).toBe(false);
    wecom.administrator.tag(1, { addUsers: ['lisi'], delUsers: ['user123'] });
    expect(await may('user123')).toBe(true);
    await event('tagChanged', 1);
    clock.time += GROUP_GRANTS_REMEMBERED;
    expect(await may('lisi')).toBe(true);
    expect(await may('user123')).toBe(false);
  });

  it('changes nothing when no grant names it', async () => {
    await grant('tag#1');
    await may('user123');
    clock.time += GROUP_GRANTS_REMEMBERED;
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
    ['memberChanged', 'lisi'],
    ['departmentChanged', 6],
    ['tagChanged', 1],
  ] as const)('(%s) fails, so that it may be delivered again', async (what, of) => {
    tables.front.fail('throttled');
    await expect(changes[what](of as never, invocation)).rejects.toThrow(StoreUnavailable);
    tables.front.fail(undefined);
  });
});
