import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DirectoryReader } from '../../../lib/directory/directoryReader.ts';
import type { DirectoryRecord } from '../../../lib/directory/directoryRecord.ts';
import type { MemberReading } from '../../../lib/directory/membership.ts';
import {
  createMembershipStore,
  type MembershipStore,
} from '../../../lib/directory/membershipStore.ts';
import { createMemberships, type Memberships } from '../../../lib/directory/memberships.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { membershipKey } from '../../../lib/tableKeys.ts';
import { WecomTransportError } from '../../../lib/wecom/errors.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let tables: Tables;
let store: MembershipStore;
let clock: ManualClock;
let invocation: TestInvocation;
/** What WeCom says, and how often it was asked. */
let wecom: FakeReader;
/** A member of its own for each test. */
let userid: string;
let members = 0;

interface FakeReader extends DirectoryReader {
  readonly asked: string[];
  reading: Partial<MemberReading>;
  /** What asking ends in. */
  failure: Error | undefined;
  /** While asking is under way. */
  meanwhile: () => Promise<unknown> | undefined;
}

function fakeReader(): FakeReader {
  const reader: FakeReader = {
    asked: [],
    reading: { state: 'active', why: 'status 1', departments: [3] },
    failure: undefined,
    meanwhile: () => undefined,
    async member(_userid, { deadline }) {
      const readAt = clock.now();
      reader.asked.push('member');
      await reader.meanwhile();
      if (clock.now() >= deadline) throw new WecomTransportError('No time left to ask WeCom');
      if (reader.failure) throw reader.failure;
      return { state: 'active', why: 'status 1', departments: [], ...reader.reading, readAt };
    },
    async groups(_userid, of, { version, tags }) {
      reader.asked.push('groups');
      if (reader.failure) throw reader.failure;
      return { of, departments: [...of, 1], tags, version, workedOutAt: clock.now() };
    },
  };
  return reader;
}

/** An instance of the function. */
const newInstance = (): Memberships => createMemberships({ store, reader: wecom, clock });

const DIRECTORY: DirectoryRecord = { version: 1, tags: [7], namings: 1 };

/** What a `verify` gets to know. */
async function current(instance = newInstance(), directory = DIRECTORY) {
  return instance.current(userid, await store.read(userid), directory, invocation);
}

beforeAll(async () => {
  tables = await startTables();
  store = createMembershipStore(tables.permissions, APP);
  return tables.close;
});

beforeEach(() => {
  clock = createManualClock();
  invocation = createInvocation();
  wecom = fakeReader();
  userid = `Member${members++}`;
});

describe('a membership', () => {
  it('is asked of WeCom for the first time, and then stored for all instances', async () => {
    const expected = {
      reading: { state: 'active', why: 'status 1', departments: [3], readAt: clock.time },
      groups: { of: [3], departments: [3, 1], tags: [7], version: 1, workedOutAt: clock.time },
    };
    expect(await current()).toMatchObject(expected);
    expect(await current()).toEqual({ ...expected, revision: 1 });
    expect(wecom.asked).toEqual(['member', 'groups']);
  });

  it('is one, however the userid is written', async () => {
    await current();
    userid = userid.toUpperCase();
    await current();
    expect(wecom.asked).toEqual(['member', 'groups']);
  });

  it('one hour old is asked again before it is used', async () => {
    await current();
    clock.time += HOUR;
    wecom.reading = { state: 'gone', why: 'errcode 60111', departments: [] };
    expect(await current()).toMatchObject({ reading: { state: 'gone', readAt: clock.time } });
  });

  it('near the end of its time is used as it is, and renewed beside it', async () => {
    await current();
    clock.time += 45 * MINUTE;
    await current();
    await invocation.settled();
    expect(await store.read(userid)).toMatchObject({ groups: { workedOutAt: clock.time } });
    clock.time += 10 * MINUTE;
    wecom.reading = { state: 'gone', why: 'status 5' };
    expect(await current()).toMatchObject({ reading: { state: 'active' } });
    await invocation.settled();
    expect(await store.read(userid)).toMatchObject({ reading: { state: 'gone' } });
  });

  it('of another version of the directory has its groups worked out again, without user/get', async () => {
    await current();
    wecom.asked.length = 0;
    const next = { ...DIRECTORY, version: 2, tags: [7, 8] };
    expect(await current(newInstance(), next)).toMatchObject({
      groups: { version: 2, tags: [7, 8] },
    });
    expect(wecom.asked).toEqual(['groups']);
  });

  it('of a member who is gone takes no groups', async () => {
    wecom.reading = { state: 'gone', why: 'status 2', departments: [] };
    expect(await current()).toMatchObject({ reading: { state: 'gone', why: 'status 2' } });
    expect(wecom.asked).toEqual(['member']);
  });

  it.each([{ groups: 'odd' }, { state: 'odd' }, { why: 1 }, { departments: ['3'] }])(
    'that cannot be read (%j) is asked again and replaced',
    async (damage) => {
      await current();
      const key = membershipKey(APP, userid);
      const item = await tables.permissions.get(key);
      await tables.permissions.put({ ...item, ...key, ...damage });
      clock.time += 1;
      expect((await current())?.reading).toMatchObject({ state: 'active', readAt: clock.time });
      expect((await store.read(userid))?.reading).toMatchObject({ readAt: clock.time });
    },
  );

  it.each(['readAt', 'claimedUntil', 'retryAt'])(
    'whose %s is no time counts as unknown',
    async (name) => {
      await current();
      const key = membershipKey(APP, userid);
      const item = await tables.permissions.get(key);
      await tables.permissions.put({ ...item, ...key, [name]: 'now' });
      expect((await current())?.reading).toBeUndefined();
    },
  );
});

describe('many callers at once', () => {
  it('lead to one asking, for which all of them wait', async () => {
    wecom.meanwhile = async () => {
      while (clock.sleeps < 9) await new Promise((resolve) => setImmediate(resolve));
    };
    const found = await Promise.all(Array.from({ length: 10 }, () => current()));
    expect(wecom.asked).toEqual(['member', 'groups']);
    for (const each of found) expect(each).toMatchObject({ reading: { state: 'active' } });
  });

  it('wait no longer than one asking may take', async () => {
    await store.claim(userid, 'somebody who died', await store.read(userid), clock.time + 10_000);
    const start = clock.time;
    expect((await current())?.reading).toBeUndefined();
    expect(clock.time - start).toBeLessThanOrEqual(5_000);
    expect(wecom.asked).toEqual([]);
  });

  it('wait no longer than their own time', async () => {
    await store.claim(userid, 'somebody', await store.read(userid), clock.time);
    invocation = createInvocation(clock.time + 100);
    await current();
    expect(clock.now()).toBeLessThanOrEqual(invocation.deadline);
  });

  it('go on with what is stored, however old within its bound, when nobody answers', async () => {
    await current();
    clock.time += 23 * HOUR;
    await store.claim(
      userid,
      'somebody who is slow',
      await store.read(userid),
      clock.time + 10_000,
    );
    expect(await current()).toMatchObject({ reading: { state: 'active' } });
  });

  it('replace one who died, when its claim runs out', async () => {
    await store.claim(userid, 'somebody who died', await store.read(userid), clock.time);
    clock.time += 8_000;
    expect(await current()).toMatchObject({ reading: { state: 'active' } });
  });

  it('do not lose a claim whose answer was lost', async () => {
    expect(await store.claim(userid, 'me', await store.read(userid), clock.time)).toBe(true);
    expect(await store.claim(userid, 'me', await store.read(userid), clock.time)).toBe(true);
    expect(await store.claim(userid, 'other', await store.read(userid), clock.time)).toBe(false);
  });
});

describe('one who comes when another has just asked', () => {
  it('does not ask again, however old what they saw', async () => {
    const before = await store.read(userid);
    await current();
    const late = await newInstance().current(userid, before, DIRECTORY, invocation);
    expect(late).toMatchObject({ reading: { state: 'active' } });

    const seen = await store.read(userid);
    const next = { ...DIRECTORY, version: 2 };
    await current(newInstance(), next);
    expect(await newInstance().current(userid, seen, next, invocation)).toMatchObject({
      groups: { version: 2 },
    });
    expect(wecom.asked).toEqual(['member', 'groups', 'groups']);
  });
});

describe('WeCom that cannot be asked', () => {
  const down = () => {
    wecom.failure = new WecomTransportError('down', { api: 'user/get' });
  };

  it('leaves what is stored, with a word in the log', async () => {
    await current();
    clock.time += 2 * HOUR;
    down();
    expect(await current()).toMatchObject({ reading: { state: 'active', departments: [3] } });
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ level: 'WARN', error: 'ERR_WECOM_TRANSPORT', api: 'user/get' }),
    );
  });

  it('leaves nothing where nothing is stored', async () => {
    down();
    expect((await current())?.reading).toBeUndefined();
  });

  it('is not asked about the member again for one minute, by anybody', async () => {
    down();
    await current();
    clock.time += MINUTE - 1;
    wecom.failure = undefined;
    expect((await current())?.reading).toBeUndefined();
    expect(wecom.asked).toEqual(['member']);
    clock.time += 1;
    expect(await current()).toMatchObject({ reading: { state: 'active' } });
  });

  it('leaves a member gone who is gone', async () => {
    wecom.reading = { state: 'gone', why: 'errcode 60111' };
    await current();
    clock.time += HOUR;
    down();
    expect(await current()).toMatchObject({ reading: { state: 'gone' } });
  });

  it('after it said the member moved: the new departments are kept, their groups come later', async () => {
    await current();
    clock.time += HOUR;
    wecom.reading = { departments: [4] };
    const { groups } = wecom;
    wecom.groups = async () => {
      throw new WecomTransportError('down');
    };
    await current();
    expect(await store.read(userid)).toMatchObject({
      reading: { departments: [4], readAt: clock.time },
      groups: { of: [3] },
      retryAt: clock.time + MINUTE,
    });
    clock.time += MINUTE;
    wecom.groups = groups;
    expect(await current()).toMatchObject({ groups: { of: [4] } });
    expect(await store.read(userid)).not.toHaveProperty('retryAt');
  });

  it('is cut off after five seconds', async () => {
    wecom.meanwhile = async () => {
      clock.time += 5_000;
    };
    expect((await current())?.reading).toBeUndefined();
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ error: 'ERR_WECOM_TRANSPORT' }),
    );
  });

  it('is told from a defect of ours, which is not hidden', async () => {
    wecom.failure = new TypeError('a defect');
    await expect(current()).rejects.toThrow('a defect');
  });
});

describe('a reading', () => {
  it('does not overwrite what a sign-in has written meanwhile', async () => {
    wecom.meanwhile = async () => {
      wecom.meanwhile = () => undefined;
      clock.time += 10;
      const reading: MemberReading = {
        state: 'gone',
        why: 'status 2',
        departments: [],
        readAt: clock.time,
      };
      await store.save(userid, { reading });
    };
    expect(await current()).toMatchObject({ reading: { state: 'gone', why: 'status 2' } });
  });

  it('leaves no claim behind', async () => {
    await current();
    expect(await store.read(userid)).not.toHaveProperty('claimedUntil');
  });

  it('is a failure when the table fails', async () => {
    const stored = await store.read(userid);
    tables.front.fail('throttled');
    try {
      const found = newInstance().current(userid, stored, DIRECTORY, invocation);
      await expect(found).rejects.toThrow(StoreUnavailable);
    } finally {
      tables.front.fail(undefined);
    }
  });

  it('is kept one hour longer than it serves, and then left to DynamoDB', async () => {
    await current();
    const key = membershipKey(APP, userid);
    const item = await tables.permissions.get(key);
    expect(item?.['ttl']).toBe((clock.time + 25 * HOUR) / 1_000);
  });
});

describe('a refresh', () => {
  it('asks WeCom where that is due, and only about the member', async () => {
    await current();
    await newInstance().refresh(userid, invocation);
    expect(wecom.asked).toEqual(['member', 'groups']);
    await store.markChanged(userid, clock.time);
    clock.time += 1;
    await newInstance().refresh(userid, invocation);
    expect(wecom.asked).toEqual(['member', 'groups', 'member']);
  });

  it('does nothing while somebody is at it', async () => {
    await store.claim(userid, 'somebody', await store.read(userid), clock.time);
    await newInstance().refresh(userid, invocation);
    expect(wecom.asked).toEqual([]);
  });
});
