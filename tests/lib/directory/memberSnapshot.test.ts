import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SignInUsers } from '../../../lib/directory/memberSnapshot.ts';
import { MembershipStore } from '../../../lib/directory/membershipStore.ts';
import { writeObserved } from '../../../lib/directory/membershipWrite.ts';
import { WecomErrcode } from '../../../lib/wecom/errors.ts';
import { startWecom, type Wecom } from '../../../packages/emulator/source/server.ts';
import { appClient } from '../../harness/appClient.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const MINUTE = 60_000;

let tables: Tables;
let wecom: Wecom;
let clock: ManualClock;
let store: MembershipStore;
let invocation: TestInvocation;
let users: SignInUsers;

beforeAll(async () => {
  tables = await startTables();
  return tables.close;
});

beforeEach(async () => {
  wecom = await startWecom();
  clock = createManualClock(Date.now());
  store = new MembershipStore({ table: tables.permissions, app: APP });
  invocation = createInvocation();
  users = new SignInUsers({
    client: await appClient(wecom, clock),
    table: tables.permissions,
    app: APP,
    clock,
  });
  return () => wecom.close();
});

async function signIn(userid: string): Promise<void> {
  await users.read(userid, invocation).catch(() => undefined);
  await invocation.settled();
}

const writes = () => tables.front.requests.filter((request) => request.startsWith('Update'));

describe('the answer of user/get at a sign-in', () => {
  it('is returned, and stored in the background', async () => {
    expect(await users.read('qianer', invocation)).toMatchObject({ name: '钱二' });
    await invocation.settled();
    expect(await store.read('QIANER')).toMatchObject({
      snapshot: { state: 'active', departments: [2, 3], readAt: clock.time },
    });
  });

  it.each([
    ['wangwu', 'status 2'],
    ['zhouba', 'errcode 60011'],
    ['nobody', 'errcode 60111'],
  ])('of %s is stored as gone: %s', async (userid, why) => {
    await signIn(userid);
    expect(await store.read(userid)).toMatchObject({ snapshot: { state: 'gone', why } });
  });

  it('is an error if WeCom does not know the member', async () => {
    await expect(users.read('nobody', invocation)).rejects.toThrow(WecomErrcode);
  });

  it('is not stored if WeCom answers with another error', async () => {
    wecom.faults.add(45009, { on: 'user/get' });
    await signIn('zhengshi');
    expect(await store.read('zhengshi')).toBeUndefined();
  });

  it('is written again after ten minutes, or if it changed', async () => {
    await signIn('lisi');
    tables.front.requests.length = 0;
    clock.time += 10 * MINUTE - 1;
    await signIn('LiSi');
    expect(writes()).toHaveLength(0);
    clock.time += 1;
    await signIn('lisi');
    expect(writes()).toHaveLength(1);
    wecom.administrator.update('lisi', { department: [7] });
    clock.time += 1;
    await signIn('lisi');
    expect(writes()).toHaveLength(2);
  });

  it('is always written if the member is gone, because another instance may have written active since', async () => {
    await signIn('wangwu');
    clock.time += 1;
    const snapshot = {
      state: 'active',
      why: 'status 1',
      departments: [2],
      readAt: clock.time,
    } as const;
    await writeObserved(tables.permissions, APP, 'wangwu', snapshot);
    clock.time += 1;
    await signIn('wangwu');
    expect(await store.read('wangwu')).toMatchObject({ snapshot: { state: 'gone' } });
  });

  it('does not replace the effect of an event, whatever the clock of the sign-in', async () => {
    await signIn('chenshiyi');
    await store.markLeft('chenshiyi', clock.time);
    clock.time += 24 * 60 * MINUTE;
    await signIn('chenshiyi');
    expect(await store.read('chenshiyi')).toMatchObject({ snapshot: { state: 'gone' } });
  });

  it('is written by the next sign-in if the write failed', async () => {
    tables.front.fail('throttled');
    await signIn('hezhuanjia');
    tables.front.fail(undefined);
    await signIn('hezhuanjia');
    expect(await store.read('hezhuanjia')).toMatchObject({ snapshot: { state: 'active' } });
  });
});
