import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DirectoryRecord } from '../../../lib/directory/directoryRecord.ts';
import { effectiveMembership } from '../../../lib/directory/freshness.ts';
import type { Snapshot } from '../../../lib/directory/membership.ts';
import { MembershipStore } from '../../../lib/directory/membershipStore.ts';
import { writeObserved } from '../../../lib/directory/membershipWrite.ts';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { type App, membershipKey } from '../../../lib/tableKeys.ts';
import { WecomBadBody, WecomTransportError } from '../../../lib/wecom/errors.ts';
import { newDirectoryInstance } from '../../harness/directory.ts';
import { createFakeWecom, type FakeWecom } from '../../harness/fakeWecom.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { startTables, type Tables } from '../../harness/tables.ts';
import { createVirtualClock } from '../../harness/virtualClock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let tables: Tables;
let store: MembershipStore;
let clock: ManualClock;
let invocation: TestInvocation;
let wecom: FakeWecom;
/** A corp of its own for each test, so that nothing is cached. */
let app: App;
let corps = 0;
let userid: string;

const newInstance = () => newDirectoryInstance({ tables, app, client: wecom.client, clock });

const DIRECTORY: DirectoryRecord = { version: 1, tags: [7], deniedDepartments: [], namings: 1 };
const down = () => new WecomTransportError('down', { api: 'user/get' });

/** What a `verify` on a new instance gets. */
async function current(directory = DIRECTORY) {
  const stored = await store.read(userid);
  const found = await newInstance().memberships.current(userid, stored, directory, invocation);
  await invocation.settled();
  return found;
}

const effective = async () => effectiveMembership(await store.read(userid), clock.now());
const callsOf = (api: string) => wecom.calls.filter((call) => call.startsWith(api)).length;
const snapshot = (terms: Partial<Snapshot> = {}): Snapshot => ({
  state: 'active',
  why: 'status 1',
  departments: [3],
  readAt: clock.time,
  ...terms,
});

beforeAll(async () => {
  tables = await startTables();
  return tables.close;
});

beforeEach(() => {
  clock = createManualClock();
  invocation = createInvocation();
  wecom = createFakeWecom(clock);
  wecom.tags = { 7: { partylist: [3] } };
  app = { corpId: `corp${corps++}`, agentId: '1' };
  store = new MembershipStore({ table: tables.permissions, app });
  userid = 'Member';
});

describe('a membership', () => {
  it('is read from WeCom once, and stored for all instances', async () => {
    const expected = {
      snapshot: { state: 'active', why: 'status 1', departments: [3], readAt: clock.time },
      groups: {
        of: [3],
        departments: [3, 1],
        ancestorsKnown: true,
        tags: [7],
        otherTags: [],
        unknownTags: [],
        version: 1,
        workedOutAt: clock.time,
      },
    };
    expect(await current()).toMatchObject(expected);
    expect(await current()).toEqual({ ...expected, revision: 1 });
    expect(wecom.calls.sort()).toEqual(['department/list', 'tag/get 7', 'user/get']);
  });

  it('is the same in any case of the userid', async () => {
    await current();
    userid = userid.toUpperCase();
    await current();
    expect(callsOf('user/get')).toBe(1);
  });

  it('is read again before it is used when it is one hour old', async () => {
    await current();
    clock.time += HOUR;
    wecom.user = { status: 5 };
    expect(await current()).toMatchObject({ snapshot: { state: 'gone', readAt: clock.time } });
  });

  it('near the end of its lifetime is used, and renewed in the background', async () => {
    await current();
    clock.time += 45 * MINUTE;
    await current();
    expect(await store.read(userid)).toMatchObject({ groups: { workedOutAt: clock.time } });
    clock.time += 10 * MINUTE;
    wecom.user = { status: 5 };
    expect(await current()).toMatchObject({ snapshot: { state: 'active' } });
    expect(await store.read(userid)).toMatchObject({ snapshot: { state: 'gone' } });
  });

  it('of an older version of the directory has its groups computed again, without user/get', async () => {
    await current();
    wecom.calls.length = 0;
    const next = { ...DIRECTORY, version: 2, tags: [7, 8] };
    expect(await current(next)).toMatchObject({
      groups: { version: 2, tags: [7], otherTags: [8] },
    });
    expect(callsOf('user/get')).toBe(0);
  });

  it('of a member who is gone needs no groups', async () => {
    wecom.user = { status: 2 };
    expect(await current()).toMatchObject({ snapshot: { state: 'gone', why: 'status 2' } });
    expect(wecom.calls).toEqual(['user/get']);
  });

  it('stores when WeCom first showed the userid', async () => {
    await current();
    const first = clock.time;
    clock.time += 2 * HOUR;
    await current();
    const item = await tables.permissions.get(membershipKey(app, userid));
    expect(item).toMatchObject({ firstReadAt: first, readAt: clock.time });
  });

  it.each([
    { groups: 'odd' },
    { groups: { of: [3] } },
    { state: 'odd' },
    { why: 1 },
    { departments: ['3'] },
    { departments: [1.5] },
    { readAt: 'now' },
    { claimedUntil: 'now' },
    { retryAt: 'now' },
    { goneUntil: 'now' },
    { recheckAt: [1] },
    { outdated: 'no' },
    { hasLeft: 1 },
    { revision: 'x' },
  ])('that cannot be read (%j) is never used, and is read again and replaced', async (damage) => {
    await current();
    const key = membershipKey(app, userid);
    const item = await tables.permissions.get(key);
    await tables.permissions.put({ ...item, ...key, ...damage });
    expect(await effective()).toBeUndefined();
    clock.time += 1;
    wecom.failure = down();
    expect(effectiveMembership(await current(), clock.now())).toBeUndefined();
    wecom.failure = undefined;
    clock.time += MINUTE;
    expect((await current())?.snapshot).toMatchObject({ state: 'active', readAt: clock.time });
    expect((await store.read(userid))?.snapshot).toMatchObject({ readAt: clock.time });
  });
});

describe('many callers at once', () => {
  it('lead to one call, and all of them wait for it', async () => {
    wecom.meanwhile = async () => {
      while (clock.sleeps < 9) await new Promise((resolve) => setImmediate(resolve));
    };
    // Without groups to read: each wait of the others lets the clock go on.
    wecom.user = { department: [] };
    const directory = { ...DIRECTORY, tags: [] };
    const found = await Promise.all(Array.from({ length: 10 }, () => current(directory)));
    expect(callsOf('user/get')).toBe(1);
    for (const each of found) expect(each).toMatchObject({ snapshot: { state: 'active' } });
  });

  it('wait at most five seconds', async () => {
    await store.claim(userid, 'somebody who died', undefined, clock.time + 1_000);
    const start = clock.time;
    expect((await current())?.snapshot).toBeUndefined();
    expect(clock.time - start).toBeLessThanOrEqual(5_000);
    expect(wecom.calls).toEqual([]);
  });

  it('do not wait past their own deadline', async () => {
    await store.claim(userid, 'somebody', undefined, clock.time);
    invocation = createInvocation(clock.time + 100);
    await current();
    expect(clock.now()).toBeLessThanOrEqual(invocation.deadline);
  });

  it('use what is stored for up to 24 hours if the holder of the claim does not answer', async () => {
    await current();
    clock.time += 23 * HOUR;
    await store.claim(userid, 'somebody who is slow', await store.read(userid), clock.time + 1_000);
    expect(await current()).toMatchObject({ snapshot: { state: 'active' } });
  });

  it('replace a holder that died when its claim expires', async () => {
    await store.claim(userid, 'somebody who died', undefined, clock.time);
    clock.time += 8_000;
    expect(await current()).toMatchObject({ snapshot: { state: 'active' } });
  });

  it('ignore a claim that ends days in the future', async () => {
    await store.claim(userid, 'somebody', undefined, clock.time + 48 * HOUR);
    expect(await current()).toMatchObject({ snapshot: { state: 'active' } });
  });

  it('keep a claim whose response was lost', async () => {
    expect(await store.claim(userid, 'me', undefined, clock.time)).toBe(true);
    expect(await store.claim(userid, 'me', await store.read(userid), clock.time)).toBe(true);
    expect(await store.claim(userid, 'other', await store.read(userid), clock.time)).toBe(false);
  });

  it('get one claim for an item that cannot be read', async () => {
    await tables.permissions.put({ ...membershipKey(app, userid), state: 7, revision: 'x' });
    const seen = await store.read(userid);
    const claims = ['a', 'b', 'c'].map((owner) => store.claim(userid, owner, seen, clock.time));
    expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
  });
});

describe('a caller with an older item than another has just written', () => {
  it('does not ask WeCom again', async () => {
    await current();
    const late = await newInstance().memberships.current(userid, undefined, DIRECTORY, invocation);
    expect(late).toMatchObject({ snapshot: { state: 'active' } });
    expect(callsOf('user/get')).toBe(1);
  });
});

describe('an answer about the member that cannot be read', () => {
  it.each([
    ['a status of another type', { status: 'disabled' }],
    ['departments of another type', { department: null }],
    ['another member', { userid: 'somebody' }],
  ])('refuses a member who was active before: %s', async (_what, odd) => {
    await current();
    clock.time += 2 * HOUR;
    wecom.user = odd;
    await current();
    expect(await effective()).toBeUndefined();
  });

  it('is followed by another call after a minute, and not before', async () => {
    wecom.user = { status: 'disabled' };
    await current();
    await current();
    expect(callsOf('user/get')).toBe(1);
    wecom.user = {};
    clock.time += MINUTE + 1;
    await current();
    expect(callsOf('user/get')).toBe(2);
    expect(await effective()).toMatchObject({ state: 'active' });
  });
});

describe('WeCom that cannot be asked', () => {
  it('leaves the stored membership in use, with a line in the log', async () => {
    await current();
    clock.time += 2 * HOUR;
    wecom.failure = down();
    expect(await current()).toMatchObject({ snapshot: { state: 'active', departments: [3] } });
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ level: 'WARN', error: 'ERR_WECOM_TRANSPORT', api: 'user/get' }),
    );
  });

  it('leaves the stored membership in use also if the answer is not JSON', async () => {
    await current();
    clock.time += 2 * HOUR;
    wecom.failure = new WecomBadBody('The answer is not JSON', { api: 'user/get' });
    expect(await current()).toMatchObject({ snapshot: { state: 'active', departments: [3] } });
    clock.time += 23 * HOUR;
    expect(effectiveMembership(await current(), clock.now())).toBeUndefined();
  });

  it('leaves the member unknown if nothing is stored', async () => {
    wecom.failure = down();
    expect((await current())?.snapshot).toBeUndefined();
  });

  it('is not asked about the member again for one minute, by any instance', async () => {
    wecom.failure = down();
    await current();
    clock.time += MINUTE - 1;
    wecom.failure = undefined;
    expect((await current())?.snapshot).toBeUndefined();
    expect(wecom.calls).toEqual(['user/get']);
    clock.time += 1;
    expect(await current()).toMatchObject({ snapshot: { state: 'active' } });
  });

  it('leaves a member who is gone refused', async () => {
    wecom.user = { status: 5 };
    await current();
    clock.time += HOUR;
    wecom.failure = down();
    expect(await current()).toMatchObject({ snapshot: { state: 'gone' } });
  });

  it('is cut off after five seconds', async () => {
    wecom.meanwhile = async () => {
      clock.time += 5_000;
    };
    expect((await current())?.snapshot).toBeUndefined();
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ error: 'ERR_WECOM_TRANSPORT' }),
    );
  });

  it('is not confused with a defect of ours, which is thrown', async () => {
    wecom.failure = new TypeError('a defect');
    await expect(current()).rejects.toThrow('a defect');
  });
});

describe('groups', () => {
  it('that cannot be read leave the rest usable, and are read again after a minute', async () => {
    wecom.failures['tag/get'] = new WecomBadBody('odd', { api: 'tag/get' });
    wecom.failures['department/list'] = down();
    wecom.failures['department/get'] = down();
    expect(await current()).toMatchObject({
      snapshot: { state: 'active' },
      groups: { departments: [3, 1], ancestorsKnown: false, tags: [], unknownTags: [7] },
    });
    wecom.failures = {};
    wecom.calls.length = 0;
    clock.time += MINUTE - 1;
    await current();
    expect(wecom.calls).toEqual([]);
    clock.time += 1;
    expect(await current()).toMatchObject({
      groups: { departments: [3, 1], ancestorsKnown: true, tags: [7], unknownTags: [] },
    });
    expect(await store.read(userid)).not.toHaveProperty('retryAt');
    expect(callsOf('user/get')).toBe(0);
  });

  it.each([
    ['a tag', 'GroupUnreadable', 'tag:7', 'tag/get'],
    ['a department', 'GroupUnreadable', 'department:3', 'department/'],
  ])('of which %s cannot be read are in the log and in a metric', async (_, metric, group, api) => {
    for (const name of [`${api}get`, `${api}list`, api]) wecom.failures[name] = down();
    await current();
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ [metric]: 1, group, error: 'ERR_WECOM_TRANSPORT' }),
    );
  });

  it('use the stored parts for up to 24 hours while they cannot be read', async () => {
    await current();
    const { workedOutAt } = (await store.read(userid))?.groups ?? {};
    clock.time += 55 * MINUTE;
    wecom.failures['tag/get'] = down();
    wecom.failures['department/list'] = down();
    wecom.failures['department/get'] = down();
    expect(await current()).toMatchObject({
      groups: {
        departments: [3, 1],
        ancestorsKnown: true,
        tags: [7],
        unknownTags: [],
        workedOutAt,
      },
    });
    clock.time += 24 * HOUR;
    expect(await current()).toMatchObject({
      groups: { ancestorsKnown: false, tags: [], unknownTags: [7], workedOutAt: clock.time },
    });
  });

  it.each([
    ['lists the member', { partylist: [3] }, 'tags'],
    ['does not', {}, 'otherTags'],
  ])('keep their age where a stored tag that %s cannot be read', async (_, tag, list) => {
    wecom.tags = { 7: tag };
    await current();
    const { workedOutAt } = (await store.read(userid))?.groups ?? {};
    clock.time += 55 * MINUTE;
    wecom.failures['tag/get'] = down();
    expect(await current()).toMatchObject({
      groups: { [list]: [7], unknownTags: [], workedOutAt },
    });
    expect(await store.read(userid)).toMatchObject({ retryAt: clock.time + MINUTE });
  });

  it('keep their age where the stored ancestors alone cannot be read', async () => {
    const directory = { ...DIRECTORY, tags: [] };
    await current(directory);
    const { workedOutAt } = (await store.read(userid))?.groups ?? {};
    clock.time += 55 * MINUTE;
    wecom.failures['department/list'] = down();
    wecom.failures['department/get'] = down();
    expect(await current(directory)).toMatchObject({
      groups: { departments: [3, 1], ancestorsKnown: true, workedOutAt },
    });
  });

  it('are read again after a minute where an ancestor alone cannot be read', async () => {
    wecom.failures['department/list'] = down();
    wecom.failures['department/get'] = down();
    await current({ ...DIRECTORY, tags: [] });
    expect(await store.read(userid)).toMatchObject({
      groups: { ancestorsKnown: false, unknownTags: [] },
      retryAt: clock.time + MINUTE,
    });
  });

  it('leave a new tag that cannot be read unknown', async () => {
    await current();
    wecom.failures['tag/get'] = down();
    expect(await current({ ...DIRECTORY, version: 2, tags: [7, 8] })).toMatchObject({
      groups: { unknownTags: [8] },
    });
  });

  it('of a member who moved do not use the stored parts', async () => {
    await current();
    clock.time += HOUR;
    wecom.user = { department: [4] };
    wecom.failures['department/list'] = down();
    wecom.failures['department/get'] = down();
    expect(await current()).toMatchObject({
      snapshot: { departments: [4] },
      groups: { of: [4], departments: [4, 1], ancestorsKnown: false },
    });
  });

  it('include the root, also if WeCom withholds the departments of the member', async () => {
    wecom.user = { department: undefined };
    wecom.tags = { 7: { partylist: [1] } };
    expect(await current()).toMatchObject({ groups: { departments: [1], tags: [7] } });
  });

  it('include a tag of a known ancestor, and leave it unknown if an ancestor is unknown', async () => {
    wecom.parents = { 1: 0, 5: 4 };
    wecom.failures['department/get'] = down();
    wecom.user = { department: [5] };
    wecom.tags = { 7: { partylist: [4] }, 8: { partylist: [2] }, 9: {} };
    expect(await current({ ...DIRECTORY, tags: [7, 8, 9] })).toMatchObject({
      groups: { departments: [5, 4, 1], tags: [7], otherTags: [9], unknownTags: [8] },
    });
  });

  it('leave a tag unknown whose readable entries do not list the member', async () => {
    const list = (...userids: unknown[]) => ({ userlist: userids.map((id) => ({ userid: id })) });
    wecom.tags = { 7: list('member', 5), 8: list('other', 5), 9: list('other') };
    expect(await current({ ...DIRECTORY, tags: [7, 8, 9] })).toMatchObject({
      groups: { tags: [7], otherTags: [9], unknownTags: [8] },
    });
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ GroupUnreadable: 1, group: 'tag:8', unreadable: 1 }),
    );
  });
});

describe('a cold member in 20 departments, 10 deep, with WeCom at 250 ms a call', () => {
  /** Empty tables that take no time, so that the virtual clock measures WeCom alone. */
  const blank: Table = {
    get: async () => undefined,
    put: async () => true,
    update: async () => true,
    delete: async () => true,
    query: async () => ({ items: [] }),
    list: async () => ({ items: [] }),
    batchGet: async () => [],
  };

  beforeEach(() => {
    wecom.parents = { 1: 0 };
    for (let branch = 1; branch <= 20; branch++) {
      for (let level = 1; level <= 10; level++) {
        wecom.parents[branch * 100 + level] = level === 1 ? 1 : branch * 100 + level - 1;
      }
    }
    wecom.user = { department: Array.from({ length: 20 }, (_, at) => (at + 1) * 100 + 10) };
  });

  it.each([
    ['one department/list', () => undefined],
    ['department/get alone', () => down()],
  ])('is renewed within five seconds, by %s', async (_, failure) => {
    wecom.failures['department/list'] = failure();
    const virtual = createVirtualClock();
    const { memberships } = newDirectoryInstance({
      tables: { ...tables, cache: blank, permissions: blank },
      app,
      async client(call, about) {
        await virtual.sleep(250);
        return wecom.client(call, { ...about, deadline: Number.POSITIVE_INFINITY });
      },
      clock: virtual,
    });
    const directory = { ...DIRECTORY, tags: Array.from({ length: 100 }, (__, at) => at + 1) };
    const start = virtual.now();
    const found = await virtual.run(memberships.current(userid, undefined, directory, invocation));
    expect(found?.groups?.departments).toHaveLength(201);
    expect(found?.groups).toMatchObject({ ancestorsKnown: true, unknownTags: [] });
    expect(virtual.now() - start).toBeLessThan(4_000);
  });
});

describe('a renewal', () => {
  it('does not overwrite what a sign-in wrote meanwhile', async () => {
    wecom.meanwhile = async () => {
      wecom.meanwhile = () => undefined;
      clock.time += 10;
      await writeObserved(
        tables.permissions,
        app,
        userid,
        snapshot({ state: 'gone', why: 'status 2', departments: [] }),
      );
    };
    expect(await current()).toMatchObject({ snapshot: { state: 'gone', why: 'status 2' } });
  });

  it('ends its claim', async () => {
    await current();
    expect(await store.read(userid)).not.toHaveProperty('claimedUntil');
  });

  it('throws if the table fails', async () => {
    tables.front.fail('throttled');
    try {
      const found = newInstance().memberships.current(userid, undefined, DIRECTORY, invocation);
      await expect(found).rejects.toThrow(StoreUnavailable);
    } finally {
      tables.front.fail(undefined);
    }
  });

  it('may be deleted by DynamoDB one hour after it can no longer be used', async () => {
    await current();
    const item = await tables.permissions.get(membershipKey(app, userid));
    expect(item?.['ttl']).toBe((clock.time + 25 * HOUR) / 1_000);
  });
});

describe('an event about a member', () => {
  const events = {
    changed: () => store.markChanged(userid, clock.time),
    left: () => store.markLeft(userid, clock.time),
  };

  it.each([-24 * HOUR, -1, 0, 1, 24 * HOUR])(
    'counts although a renewal in progress has a clock that is %i ms ahead',
    async (ahead) => {
      for (const event of Object.values(events)) {
        wecom.user = {};
        clock.time += 2 * HOUR;
        wecom.meanwhile = async () => {
          wecom.meanwhile = () => undefined;
          wecom.user = { status: 2 };
          // The event's own clock.
          clock.time -= ahead;
          await event();
          clock.time += ahead;
          // The answer of the renewal is from before the event.
          const before = { userid, status: 1, department: [3] };
          wecom.user = { ...before };
          setImmediate(() => {
            wecom.user = { status: 2 };
          });
        };
        expect(effectiveMembership(await current(), clock.now())?.state).not.toBe('active');
        expect((await effective())?.state).not.toBe('active');
      }
    },
  );

  it.each([-24 * HOUR, 0, 24 * HOUR])(
    'counts against a sign-in in progress with a clock that is %i ms ahead',
    async (ahead) => {
      for (const event of Object.values(events)) {
        await current();
        await event();
        const late = snapshot({ readAt: clock.time + ahead });
        expect(await writeObserved(tables.permissions, app, userid, late)).toBe(false);
        wecom.user = { status: 2 };
        clock.time += 2 * MINUTE;
        await current();
        // Also after the renewal that the event led to.
        expect(await writeObserved(tables.permissions, app, userid, late)).toBe(false);
        expect(await effective()).toMatchObject({ state: 'gone' });
        wecom.user = {};
      }
    },
  );

  it('lets sign-ins write again after the second renewal', async () => {
    await current();
    await events.changed();
    await current();
    clock.time += HOUR;
    await current();
    clock.time += 1;
    expect(
      await writeObserved(tables.permissions, app, userid, snapshot({ departments: [4] })),
    ).toBe(true);
  });

  it('ends a pause', async () => {
    wecom.failure = down();
    await current();
    wecom.failure = undefined;
    await events.changed();
    expect(await current()).toMatchObject({ snapshot: { state: 'active' } });
  });

  it('is not delayed by the pause of a caller that failed meanwhile', async () => {
    wecom.meanwhile = async () => {
      wecom.meanwhile = () => undefined;
      await events.changed();
      wecom.failure = down();
      setImmediate(() => {
        wecom.failure = undefined;
      });
    };
    await current();
    expect(await store.read(userid)).not.toHaveProperty('retryAt');
  });

  it('is not cleared by new groups alone', async () => {
    await current();
    await events.changed();
    const seen = await store.read(userid);
    await store.claim(userid, 'me', seen, clock.time);
    const groups = seen?.groups;
    expect(await store.update(userid, 'me', seen, { groups })).toBe(true);
    expect(await store.read(userid)).toMatchObject({ outdated: true });
  });
});

describe('a refresh', () => {
  it('asks WeCom if the snapshot is stale, and only about the member', async () => {
    await current();
    await newInstance().memberships.refresh(userid, invocation);
    expect(callsOf('user/get')).toBe(1);
    await store.markChanged(userid, clock.time);
    wecom.calls.length = 0;
    await newInstance().memberships.refresh(userid, invocation);
    expect(wecom.calls).toEqual(['user/get']);
  });

  it('does nothing while another caller asks', async () => {
    await current();
    await store.markChanged(userid, clock.time);
    await store.claim(userid, 'somebody', await store.read(userid), clock.time);
    wecom.calls.length = 0;
    await newInstance().memberships.refresh(userid, invocation);
    expect(wecom.calls).toEqual([]);
  });
});
