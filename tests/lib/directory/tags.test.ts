import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Tags } from '../../../lib/directory/tags.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { type App, tagKey } from '../../../lib/tableKeys.ts';
import { errcodeEntry } from '../../../lib/wecom/errcodes.ts';
import {
  WecomErrcode,
  WecomTransportError,
  WecomUnreadableAnswer,
} from '../../../lib/wecom/errors.ts';
import { newDirectoryInstance } from '../../harness/directory.ts';
import { createFakeWecom, type FakeWecom } from '../../harness/fakeWecom.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { createManualClock, type ManualClock } from '../../harness/manualClock.ts';
import { startTables, type Tables } from '../../harness/tables.ts';

const MINUTE = 60_000;

let tables: Tables;
let clock: ManualClock;
let wecom: FakeWecom;
let invocation: TestInvocation;
let app: App;
let corps = 0;

beforeAll(async () => {
  tables = await startTables();
  return tables.close;
});

beforeEach(() => {
  clock = createManualClock();
  wecom = createFakeWecom(clock);
  invocation = createInvocation();
  app = { corpId: `corp${corps++}`, agentId: '1' };
  tables.front.requests.length = 0;
});

const newTags = (): Tags => newDirectoryInstance({ tables, app, client: wecom.client, clock }).tags;

/** Reads the tags, and waits for the writes in the background. */
async function read(tags: Tags, userid: string, ids = [1], freshness = {}) {
  const facts = await tags.factsAbout(userid, ids, invocation, freshness);
  await invocation.settled();
  return facts;
}

const lists = async (tags: Tags, userid: string, freshness = {}) =>
  (await read(tags, userid, [1], freshness)).get(1)?.listsMember;

const members = (count: number, prefix = 'member') => ({
  userlist: Array.from({ length: count }, (_, at) => ({ userid: `${prefix}${at}` })),
});
const requests = (operation: string) =>
  tables.front.requests.filter((request) => request.startsWith(operation)).length;

describe.each([
  ['few', 3],
  ['many', 5_000],
])('a tag of %s members', (_, count) => {
  beforeEach(() => {
    wecom.tags = { 1: { ...members(count), partylist: [6] } };
  });

  it('is read from WeCom once for all instances', async () => {
    for (const at of [0, 1, count - 1]) {
      expect(await read(newTags(), `MEMBER${at}`)).toEqual(
        new Map([[1, { listsMember: true, departments: [6], complete: true }]]),
      );
    }
    expect(await lists(newTags(), 'stranger')).toBe(false);
    expect(wecom.calls).toEqual(['tag/get 1']);
  });

  it('costs another instance at most two requests, and one that has it in memory at most one', async () => {
    await read(newTags(), 'member0');
    tables.front.requests.length = 0;
    const tags = newTags();
    await read(tags, 'member1');
    expect(tables.front.requests.length).toBeLessThanOrEqual(2);
    tables.front.requests.length = 0;
    await read(tags, 'member2');
    expect(tables.front.requests.length).toBeLessThanOrEqual(1);
    expect(wecom.calls).toHaveLength(1);
  });

  it('is read again after an hour, or if the caller accepts no answer of that age', async () => {
    await read(newTags(), 'member0');
    clock.time += 10 * MINUTE;
    await read(newTags(), 'member0', [1], { maxAgeMs: 10 * MINUTE + 1 });
    expect(wecom.calls).toHaveLength(1);
    await read(newTags(), 'member0', [1], { maxAgeMs: 10 * MINUTE });
    expect(wecom.calls).toHaveLength(2);
    clock.time += 60 * MINUTE;
    await read(newTags(), 'member0');
    expect(wecom.calls).toHaveLength(3);
  });

  it('that is discarded is read again at once here, and by others under the new version', async () => {
    const [one, other] = [newTags(), newTags()];
    await lists(one, 'member0', { version: 1 });
    await lists(other, 'member0', { version: 1 });
    wecom.tags = { 1: members(count, 'other') };
    await one.discard(1);
    expect(await lists(other, 'member0', { version: 1 })).toBe(true);
    expect(await lists(one, 'member0', { version: 1 })).toBe(false);
    expect(await lists(other, 'member0', { version: 2 })).toBe(false);
  });

  it.each([-86_400_000, 0, 86_400_000])(
    'is not stored again by a call in progress, with a clock %i ms ahead',
    async (ahead) => {
      const slow = newDirectoryInstance({
        tables,
        app,
        clock: { ...clock, now: () => clock.time + ahead },
        async client(call, about) {
          const answer = await wecom.client(call, about);
          await newTags().discard(1);
          wecom.tags = { 1: members(count, 'other') };
          return answer;
        },
      });
      expect(await lists(slow.tags, 'member0')).toBe(true);
      expect(await lists(newTags(), 'member0')).toBe(false);
    },
  );

  it('is not read again for a minute after WeCom did not answer', async () => {
    wecom.failure = new WecomTransportError('down', { api: 'tag/get' });
    const tags = newTags();
    expect(await read(tags, 'member0')).toEqual(new Map());
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ GroupUnreadable: 1, group: 'tag:1' }),
    );
    wecom.failure = undefined;
    expect(await read(tags, 'member0')).toEqual(new Map());
    expect(wecom.calls).toHaveLength(1);
    clock.time += MINUTE;
    expect(await lists(tags, 'member0')).toBe(true);
  });

  it('is read from WeCom and cached in memory if the table does not answer', async () => {
    tables.front.fail('throttled');
    const tags = newTags();
    expect(await lists(tags, 'member0')).toBe(true);
    expect(await lists(tags, 'member1')).toBe(true);
    tables.front.fail(undefined);
    expect(wecom.calls).toHaveLength(1);
  });

  it('is not discarded, with an error, if the table does not answer', async () => {
    tables.front.fail('throttled');
    await expect(newTags().discard(1)).rejects.toThrow(StoreUnavailable);
    tables.front.fail(undefined);
  });

  it.each([
    { departments: ['6'] },
    { departments: 'x' },
    { complete: 'yes' },
    { userids: 7, parts: 7 },
    { userids: 'member0', parts: 'x' },
    { parts: 'x'.repeat(48) },
    { readAt: 'now' },
  ])('is read again if its item cannot be read: %j', async (damage) => {
    await read(newTags(), 'member0');
    const item = await tables.cache.get(tagKey(app, 1));
    await tables.cache.put({ ...item, ...tagKey(app, 1), ...damage });
    expect(await lists(newTags(), 'stranger')).toBe(false);
    expect(await lists(newTags(), 'member0')).toBe(true);
    expect(wecom.calls).toHaveLength(2);
  });
});

describe('a tag of many members', () => {
  beforeEach(() => {
    wecom.tags = { 1: members(5_000) };
  });

  /** Every item of members that was written, and its key. */
  async function parts() {
    const { parts: text } = (await tables.cache.get(tagKey(app, 1))) ?? {};
    return (String(text).match(/.{16}/g) ?? []).map((hash) => ({
      pk: `${app.corpId}#members#1#${hash}`,
    }));
  }

  it('is stored in small parts', async () => {
    await read(newTags(), 'member0');
    const keys = await parts();
    expect(keys).toHaveLength(32);
    for (const key of keys) {
      expect(String((await tables.cache.get(key))?.['userids']).length).toBeLessThan(16_000);
    }
  });

  it('has its head written again if nothing changed, and one part as well if one member changed', async () => {
    await read(newTags(), 'member0');
    tables.front.requests.length = 0;
    clock.time += 10 * MINUTE;
    await read(newTags(), 'member0', [1], { maxAgeMs: MINUTE });
    expect(requests('PutItem')).toBe(1);
    tables.front.requests.length = 0;
    clock.time += 10 * MINUTE;
    wecom.tags = { 1: { userlist: [...members(5_000).userlist, { userid: 'new' }] } };
    expect(await lists(newTags(), 'new', { maxAgeMs: MINUTE })).toBe(true);
    expect(requests('PutItem')).toBe(2);
    expect(await lists(newTags(), 'new')).toBe(true);
  });

  it('has its parts written again before DynamoDB may delete them', async () => {
    await read(newTags(), 'member0');
    const { ttl } = (await tables.cache.get((await parts())[0] ?? { pk: '' })) ?? {};
    while (clock.time < Number(ttl) * 1_000 - 60 * MINUTE) {
      clock.time += 55 * MINUTE;
      await read(newTags(), 'member0', [1], { maxAgeMs: MINUTE });
    }
    const later = (await tables.cache.get((await parts())[0] ?? { pk: '' }))?.['ttl'];
    expect(Number(later) * 1_000).toBeGreaterThan(clock.time + 60 * MINUTE);
  });

  it.each([
    ['missing', async (key: { pk: string }) => void (await tables.cache.delete(key))],
    [
      'another text',
      async (key: { pk: string }) => void (await tables.cache.put({ ...key, userids: 'x' })),
    ],
    [
      'no text',
      async (key: { pk: string }) => void (await tables.cache.put({ ...key, userids: 7 })),
    ],
  ])('of which a part is %s is read again, and all of it is written', async (_, damage) => {
    const tags = newTags();
    await read(tags, 'member0');
    for (const key of await parts()) await damage(key);
    // An instance that has the head in memory, and one that has not.
    expect(await lists(tags, 'member1')).toBe(true);
    expect(await lists(newTags(), 'stranger')).toBe(false);
    expect(wecom.calls).toHaveLength(2);
  });

  it('is unreadable if a part is missing and WeCom cannot be asked', async () => {
    await read(newTags(), 'member0');
    for (const key of await parts()) await tables.cache.delete(key);
    wecom.failure = new WecomTransportError('down');
    expect(await read(newTags(), 'member0')).toEqual(new Map());
  });

  it('is right at every size as it grows and shrinks', async () => {
    for (const count of [200, 201, 399, 401, 3_201, 150]) {
      wecom.tags = { 1: members(count) };
      clock.time += MINUTE;
      await read(newTags(), 'member0', [1], { maxAgeMs: MINUTE });
      expect(await lists(newTags(), `member${count - 1}`)).toBe(true);
      expect(await lists(newTags(), `member${count}`)).toBe(false);
    }
  });

  it('of 100 000 members costs another instance two requests', async () => {
    wecom.tags = { 1: members(100_000) };
    const tags = newTags();
    expect(await lists(tags, 'member99999')).toBe(true);
    tables.front.requests.length = 0;
    expect(await lists(newTags(), 'member54321')).toBe(true);
    expect(tables.front.requests).toHaveLength(2);
    expect(wecom.calls).toHaveLength(1);
  });
});

describe('a hundred tags', () => {
  it('are read by one request for heads and one for parts', async () => {
    const ids = Array.from({ length: 100 }, (_, at) => at + 1);
    wecom.tags = Object.fromEntries(ids.map((id) => [id, members(id % 2 ? 3 : 300)]));
    await read(newTags(), 'member0', ids);
    tables.front.requests.length = 0;
    const facts = await read(newTags(), 'member2', ids);
    expect([...facts.values()].every(({ listsMember }) => listsMember)).toBe(true);
    expect(tables.front.requests).toEqual([
      'BatchGetItem wecom-auth-local-cache',
      'BatchGetItem wecom-auth-local-cache',
    ]);
  });
});

describe('a tag', () => {
  it.each([40068, 60011, 81011])(
    'that WeCom does not show (%i) is empty, with a line in the log',
    async (errcode) => {
      wecom.failure = new WecomErrcode('tag/get', errcode, 'no', errcodeEntry(errcode));
      expect(await read(newTags(), 'member0')).toEqual(
        new Map([[1, { listsMember: false, departments: [], complete: true }]]),
      );
      expect(invocation.lines).toContainEqual(
        expect.objectContaining({ level: 'WARN', group: 'tag:1' }),
      );
    },
  );

  it('of which an entry cannot be read is incomplete, also for other instances', async () => {
    wecom.tags = { 1: { userlist: [{ userid: 'a' }, { userid: 7 }] } };
    const expected = { listsMember: false, departments: [], complete: false };
    expect((await read(newTags(), 'b')).get(1)).toEqual(expected);
    expect((await read(newTags(), 'b')).get(1)).toEqual(expected);
    expect(wecom.calls).toHaveLength(1);
  });

  it('whose answer cannot be read names nobody and is incomplete, and is read again after a minute', async () => {
    wecom.tags = { 1: members(3) };
    wecom.failure = new WecomUnreadableAnswer('no userlist', { api: 'tag/get' });
    const tags = newTags();
    const nothing = new Map([[1, { listsMember: false, departments: [], complete: false }]]);
    expect(await read(tags, 'member0')).toEqual(nothing);
    wecom.failure = undefined;
    expect(await read(tags, 'member0')).toEqual(nothing);
    expect(wecom.calls).toHaveLength(1);
    clock.time += MINUTE;
    expect(await lists(tags, 'member0')).toBe(true);
  });

  it('is dropped from the memory when the tags together are too large for it', async () => {
    wecom.tags = { 1: members(150_000), 2: members(60_000) };
    tables.front.fail('throttled');
    const tags = newTags();
    for (const id of [1, 1, 2, 2, 1]) await read(tags, 'member0', [id]);
    tables.front.fail(undefined);
    expect(wecom.calls).toEqual(['tag/get 1', 'tag/get 2', 'tag/get 1']);
  });
});
