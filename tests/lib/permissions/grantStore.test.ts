import { beforeEach, describe, expect, it } from 'vitest';
import { NAMED_TAGS, readDirectoryRecord } from '../../../lib/directory/directoryRecord.ts';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { createGrantStore, type GrantStore } from '../../../lib/permissions/grantStore.ts';
import { GroupGrants } from '../../../lib/permissions/groupGrants.ts';
import { directoryKey } from '../../../lib/tableKeys.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const { corpId } = APP;

let tables: Tables;
let clock: ManualClock;
let store: GrantStore;

beforeEach(async () => {
  tables = await startTables();
  clock = createManualClock();
  store = createGrantStore(tables.permissions, corpId, async () => 'local:somebody', clock);
  return tables.close;
});

const newGroupGrants = () => new GroupGrants({ table: tables.permissions, corpId, clock });

const ACCESS = { subject: 'member#zhangsan', permission: 'access' };
const one = async (pair = ACCESS) => (await store.read([pair]))[0];
const directory = async () =>
  readDirectoryRecord(await tables.permissions.get(directoryKey(corpId)));

describe('a grant', () => {
  it('is created, replaced and revoked', async () => {
    expect(await store.change({ ...ACCESS, after: { effect: 'allow', note: 'trial' } })).toBe(
      'done',
    );
    const made = await one();
    expect(made).toEqual({
      ...ACCESS,
      version: expect.any(String),
      effect: 'allow',
      note: 'trial',
      by: 'local:somebody',
      at: clock.time,
    });

    clock.time += 1;
    const until = clock.time + 1_000;
    const after = { effect: 'deny', until } as const;
    expect(await store.change({ ...ACCESS, before: made, after })).toBe('done');
    const replaced = await one();
    expect(replaced).toEqual({
      ...ACCESS,
      ...after,
      version: expect.any(String),
      by: 'local:somebody',
      at: clock.time,
    });
    expect(replaced?.version).not.toBe(made?.version);

    expect(await store.change({ ...ACCESS, before: replaced })).toBe('done');
    expect(await one()).toBeUndefined();
  });

  it('is listed with those of its subject, in the order of permissions', async () => {
    for (const permission of ['report:read', 'access', '*']) {
      await store.change({ ...ACCESS, permission, after: { effect: 'allow' } });
    }
    const found = await store.of(ACCESS.subject);
    expect(found.map(({ permission }) => permission)).toEqual(['*', 'access', 'report:read']);
    expect(await store.of('member#lisi')).toEqual([]);
  });

  it('that has expired is still listed for thirty days', async () => {
    const until = clock.time + 1_000;
    await store.change({ ...ACCESS, after: { effect: 'allow', until } });
    const item = await tables.permissions.get({
      pk: `${corpId}#member#zhangsan`,
      sk: 'grant#access',
    });
    expect(item?.['ttl']).toBe(until / 1_000 + 30 * 24 * 3_600);
    clock.time = until + 1;
    expect(await store.of(ACCESS.subject)).toHaveLength(1);
  });

  it('is listed also if the subject has several pages of grants', async () => {
    await tables.permissions.put({
      pk: `${corpId}#member#zhangsan`,
      sk: 'membership#1000002',
      readAt: 1,
    });
    const note = 'n'.repeat(100_000);
    for (let at = 0; at < 30; at++) {
      const after = { effect: 'allow', note } as const;
      await store.change({ ...ACCESS, permission: `p${at}`, after });
    }
    tables.front.requests.length = 0;
    expect(await store.of(ACCESS.subject)).toHaveLength(30);
    expect(tables.front.requests.length).toBeGreaterThan(2);
  });
});

describe('two administrators at once', () => {
  it('create a grant once', async () => {
    const change = { ...ACCESS, after: { effect: 'allow' } } as const;
    const outcomes = await Promise.all([1, 2, 3].map(() => store.change(change)));
    expect(outcomes.sort()).toEqual(['conflict', 'conflict', 'done']);
    expect(await store.history(ACCESS.subject)).toHaveLength(1);
  });

  it('do not overwrite what they have not seen', async () => {
    await store.change({ ...ACCESS, after: { effect: 'allow' } });
    const seen = await one();
    clock.time += 1;
    await store.change({ ...ACCESS, before: seen, after: { effect: 'deny' } });
    expect(await store.change({ ...ACCESS, before: seen, after: { effect: 'allow' } })).toBe(
      'conflict',
    );
    expect(await store.change({ ...ACCESS, before: seen })).toBe('conflict');
    expect(await one()).toMatchObject({ effect: 'deny' });
    expect(await store.history(ACCESS.subject)).toHaveLength(2);
  });
});

describe('every change', () => {
  it('has an audit line: who, when, before and after', async () => {
    await store.change({ ...ACCESS, after: { effect: 'allow' } });
    const before = await one();
    clock.time += 1_000;
    const other = createGrantStore(
      tables.permissions,
      corpId,
      async () => 'arn:aws:iam::1:user/eve',
      clock,
    );
    await other.change({ ...ACCESS, before, after: { effect: 'deny', until: 9, note: 'n' } });
    clock.time += 1_000;
    const [now] = await store.read([ACCESS]);
    await store.change({ ...ACCESS, before: now });
    expect(await store.history(ACCESS.subject)).toEqual([
      { ...ACCESS, at: clock.time - 2_000, by: 'local:somebody', after: { effect: 'allow' } },
      {
        ...ACCESS,
        at: clock.time - 1_000,
        by: 'arn:aws:iam::1:user/eve',
        before: { effect: 'allow' },
        after: { effect: 'deny', until: 9, note: 'n' },
      },
      {
        ...ACCESS,
        at: clock.time,
        by: 'local:somebody',
        before: { effect: 'deny', until: 9, note: 'n' },
      },
    ]);
  });

  it('is not made if its audit line cannot be written', async () => {
    const { permissions } = tables;
    const refusing: Table = {
      ...permissions,
      put: async (item, condition) => {
        if (String(item['pk']).startsWith(`${corpId}#audit#`)) throw new StoreUnavailable('no');
        return permissions.put(item, condition);
      },
    };
    const refused = createGrantStore(refusing, corpId, async () => 'local:somebody', clock);
    const change = { ...ACCESS, after: { effect: 'allow' } } as const;
    await expect(refused.change(change)).rejects.toThrow(StoreUnavailable);
    expect(await one()).toBeUndefined();
  });

  it('keeps its audit line if a response of DynamoDB was lost and the request is sent again', async () => {
    const { permissions } = tables;
    const twice: Table = {
      ...permissions,
      async put(item, condition) {
        await permissions.put(item, condition);
        return permissions.put(item, condition);
      },
      async delete(key, condition) {
        await permissions.delete(key, condition);
        return permissions.delete(key, condition);
      },
    };
    const unlucky = createGrantStore(twice, corpId, async () => 'local:somebody', clock);
    expect(await unlucky.change({ ...ACCESS, after: { effect: 'allow' } })).toBe('done');
    clock.time += 1;
    const before = await one();
    expect(await unlucky.change({ ...ACCESS, before, after: { effect: 'deny' } })).toBe('done');
    clock.time += 1;
    expect(await unlucky.change({ ...ACCESS, before: await one() })).toBe('done');
    expect(await one()).toBeUndefined();
    expect(await store.history(ACCESS.subject)).toHaveLength(3);
  });

  it('is in the history although an older line cannot be read', async () => {
    await tables.permissions.put({ pk: `${corpId}#audit#member#zhangsan`, sk: '2020', at: 'once' });
    await store.change({ ...ACCESS, after: { effect: 'allow' } });
    expect(await store.history(ACCESS.subject)).toHaveLength(1);
  });
});

describe('a tag', () => {
  const tag = (id: number, permission = 'access') => ({ subject: `tag#${id}`, permission });

  it('is in the directory record as long as a grant names it', async () => {
    await store.change({ ...tag(7), after: { effect: 'allow' } });
    await store.change({ ...tag(7, '*'), after: { effect: 'deny' } });
    await store.change({ ...tag(12), after: { effect: 'allow' } });
    expect(await directory()).toMatchObject({ version: 2, tags: [7, 12] });

    await store.change({ ...tag(7), before: await one(tag(7)) });
    expect((await directory()).tags).toEqual([7, 12]);
    await store.change({ ...tag(7, '*'), before: await one(tag(7, '*')) });
    expect((await directory()).tags).toEqual([12]);
  });

  it('raises the version only when the first grant names it', async () => {
    await store.change({ ...tag(7), after: { effect: 'allow' } });
    const { version } = await directory();
    await store.change({ ...tag(7, 'other'), after: { effect: 'allow' } });
    expect((await directory()).version).toBe(version);
  });

  it('stays in the record if another grant names it at the same time', async () => {
    await store.change({ ...tag(7), after: { effect: 'allow' } });
    const other = { ...tag(7, 'other'), after: { effect: 'allow' } } as const;
    for (let times = 0; times < 5; times++) {
      const [current] = await store.read([tag(7)]);
      await Promise.all([
        current ? store.change({ ...tag(7), before: current }) : undefined,
        store.change({ ...other, before: undefined }),
      ]);
      expect((await directory()).tags).toEqual([7]);
      const [made] = await store.read([other]);
      await store.change({ ...tag(7), before: undefined, after: { effect: 'allow' } });
      await store.change({ ...tag(7, 'other'), before: made });
    }
  });

  it('is recorded as usual if the change cannot be published', async () => {
    const failing = createGrantStore(
      tables.permissions,
      corpId,
      async () => 'local:somebody',
      clock,
      async () => {
        throw new Error('no queue');
      },
    );
    const made = failing.change({ ...tag(7), after: { effect: 'allow' } });
    await expect(made).rejects.toThrow('no queue');
    // Named before and after the grant was written.
    expect(await directory()).toMatchObject({ tags: [7], namings: 2 });
    const revoked = failing.change({ ...tag(7), before: await one(tag(7)) });
    await expect(revoked).rejects.toThrow('no queue');
    expect(await one(tag(7))).toBeUndefined();
    expect((await directory()).tags).toEqual([]);
  });

  it(`is refused as number ${NAMED_TAGS + 1}`, async () => {
    for (let id = 1; id <= NAMED_TAGS; id++) {
      await store.change({ ...tag(id), after: { effect: 'allow' } });
    }
    const more = { ...tag(NAMED_TAGS + 1), after: { effect: 'allow' } } as const;
    expect(await store.change(more)).toBe('too-many-tags');
    expect(await one(more)).toBeUndefined();
    expect(await store.change({ ...tag(1, 'other'), after: { effect: 'allow' } })).toBe('done');
    await store.change({ ...tag(2), before: await one(tag(2)) });
    expect(await store.change(more)).toBe('done');
  });
});

describe('a department', () => {
  const pair = (id: number, permission = 'access') => ({ subject: `department#${id}`, permission });
  const denied = async () => (await directory()).deniedDepartments;

  it('is in the directory record as long as a denial names it', async () => {
    await store.change({ ...pair(7), after: { effect: 'allow' } });
    expect(await denied()).toEqual([]);
    await store.change({ ...pair(7, '*'), after: { effect: 'deny' } });
    await store.change({ ...pair(7, 'other'), after: { effect: 'deny' } });
    await store.change({ ...pair(3), after: { effect: 'deny' } });
    expect(await denied()).toEqual([3, 7]);
    await store.change({ ...pair(7, '*'), before: await one(pair(7, '*')) });
    expect(await denied()).toEqual([3, 7]);
    const before = await one(pair(7, 'other'));
    clock.time += 1;
    await store.change({ ...pair(7, 'other'), before, after: { effect: 'allow' } });
    expect(await denied()).toEqual([3]);
  });

  it('does not raise the version when it is denied', async () => {
    const { version } = await directory();
    await store.change({ ...pair(7), after: { effect: 'deny' } });
    expect((await directory()).version).toBe(version);
  });

  it('stays in the record if another denial names it at the same time', async () => {
    await store.change({ ...pair(7), after: { effect: 'deny' } });
    const other = { ...pair(7, 'other'), after: { effect: 'deny' } } as const;
    for (let times = 0; times < 5; times++) {
      await Promise.all([
        store.change({ ...pair(7), before: await one(pair(7)) }),
        store.change({ ...other, before: undefined }),
      ]);
      expect(await denied()).toEqual([7]);
      await store.change({ ...pair(7), before: undefined, after: { effect: 'deny' } });
      await store.change({ ...pair(7, 'other'), before: await one(pair(7, 'other')) });
    }
  });
});

describe('the grants of groups', () => {
  it('take one request for forty-nine groups, and one more for every fifty', async () => {
    const groups = (count: number) =>
      Array.from({ length: count }, (_, at) => `department#${at + 1}`);
    const last = { subject: 'department#149', permission: '*' };
    await store.change({ ...last, after: { effect: 'deny' } });
    for (const [count, requests] of [
      [49, 1],
      [50, 2],
      [149, 3],
    ] as const) {
      tables.front.requests.length = 0;
      const { grants } = await newGroupGrants().read(groups(count), 'access');
      expect(tables.front.requests).toHaveLength(requests);
      expect(grants).toHaveLength(count === 149 ? 1 : 0);
    }
  });

  it('that do not exist are cached as well', async () => {
    const groupGrants = newGroupGrants();
    await groupGrants.read(['everyone'], 'access');
    tables.front.requests.length = 0;
    clock.time += 9_999;
    await groupGrants.read(['everyone'], 'access');
    expect(tables.front.requests).toEqual([]);
    clock.time += 1;
    await groupGrants.read(['everyone'], 'access');
    expect(tables.front.requests).toHaveLength(1);
  });

  it('are dropped from the memory when there are too many', async () => {
    const groupGrants = newGroupGrants();
    for (let at = 0; at < 51; at++) {
      const groups = Array.from({ length: 100 }, (_, each) => `department#${at * 100 + each + 1}`);
      await groupGrants.read(groups, 'access');
    }
    tables.front.requests.length = 0;
    await groupGrants.read(['department#1'], 'access');
    expect(tables.front.requests).toHaveLength(1);
  });
});
