import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FUNCTION_LIMITS } from '../../../lib/awsClient.ts';
import { createTable, type Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { tokenKey } from '../../../lib/tableKeys.ts';
import { DynamoTokenStore } from '../../../lib/token/dynamoTokenStore.ts';
import { FallbackTokenStore, MemoryTokenStore } from '../../../lib/token/fallbackTokenStore.ts';
import {
  emptyRecord,
  nextVersion,
  type TokenRecord,
  type TokenStore,
} from '../../../lib/token/tokenStore.ts';
import type { DynamoDbFront } from '../../harness/dynamoDbFront.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { localDynamoDb } from '../../harness/localAws.ts';
import { CACHE_TABLE, startTables } from '../../harness/tables.ts';
import { createVirtualClock, type VirtualClock } from '../../harness/virtualClock.ts';
import { breakerUntil, NOW, tokenWith } from './records.ts';

// For the requests that DynamoDB or SSM never answers.
vi.unmock('../../../lib/awsClient.ts');

const { log } = createInvocation();

const AWAY_MS = 10_000;

const claim = { owner: 'r/1', until: NOW + 8_000 };

let front: DynamoDbFront;
let table: Table;
let agents = 0;

beforeAll(async () => {
  const tables = await startTables();
  front = tables.front;
  const client = localDynamoDb(front.url, { ...FUNCTION_LIMITS, attempts: 1 });
  table = createTable(client, CACHE_TABLE);
  return async () => {
    client.destroy();
    await tables.close();
  };
});

let clock: VirtualClock;
let shared: TokenStore;
let switches: string[];

function instance(): TokenStore {
  return new FallbackTokenStore({
    shared,
    local: new MemoryTokenStore(),
    clock,
    onSwitch: (_log, error) => switches.push(error ? String(error.details['reason']) : 'back'),
  });
}

beforeEach(() => {
  front.fail(undefined);
  clock = createVirtualClock(NOW);
  agents += 1;
  shared = new DynamoTokenStore({ table, key: tokenKey('ww1', String(agents)), clock });
  switches = [];
});

function nextOf(seen: TokenRecord, content: Omit<TokenRecord, 'version'> = {}): TokenRecord {
  return { ...content, version: nextVersion(seen, clock.now()) };
}

async function write(store: TokenStore, content: Omit<TokenRecord, 'version'>) {
  const seen = await store.read(log);
  const next = nextOf(seen, content);
  expect(await store.replace(seen, next, log)).toBe(true);
  return next;
}

describe.each(['down', 'throttled', 'hangs'] as const)('while DynamoDB is %s', (how) => {
  it('the local store is used, by this instance alone', async () => {
    const [one, other] = [instance(), instance()];
    front.fail(how);
    expect((await one.read(log)).token).toBeUndefined();
    await write(one, { token: tokenWith(1_000) });
    expect((await one.read(log)).token).toEqual(tokenWith(1_000));
    expect((await other.read(log)).token).toBeUndefined();
    expect(switches).toHaveLength(2);
  });

  it('the local store starts from the last token and breaker, but not the lease', async () => {
    const store = instance();
    const token = tokenWith(1_000);
    const breaker = breakerUntil(NOW + 60_000);
    await write(store, { token, breaker, lease: { owner: 'other/1', until: NOW + 8_000 } });
    front.fail(how);
    const record = await store.read(log);
    expect(record).toMatchObject({ token, breaker });
    expect(record.lease).toBeUndefined();
  });

  it('a claim that may have been written counts as not written, and the next one is local', async () => {
    const store = instance();
    const seen = await store.read(log);
    front.fail(how);
    const claim = nextOf(seen, { lease: { owner: 'r/1', until: NOW + 8_000 } });
    expect(await store.replace(seen, claim, log)).toBe(false);
    expect((await store.read(log)).lease).toBeUndefined();
    await write(store, { lease: { owner: 'r/1', until: NOW + 8_000 } });
  });

  it('the outcome of gettoken under a shared lease is kept in the local store', async () => {
    const store = instance();
    const claim = await write(store, { lease: { owner: 'r/1', until: NOW + 8_000 } });
    front.fail(how);
    const breaker = breakerUntil(NOW + 60_000);
    expect(await store.replace(claim, nextOf(claim, { breaker }), log)).toBe(false);
    expect(await store.read(log)).toMatchObject({ breaker });
  });
});

describe('after DynamoDB failed', () => {
  it('it is not used for ten seconds, then tried again', async () => {
    const store = instance();
    front.fail('down');
    await store.read(log);
    front.requests.length = 0;
    await store.read(log);
    expect(front.requests).toEqual([]);
    await clock.pass(AWAY_MS);
    await store.read(log);
    expect(front.requests).toHaveLength(1);
  });

  it('its record is used again, and each switch is reported once', async () => {
    const store = instance();
    const before = await write(store, { token: tokenWith(5_000) });
    front.fail('down');
    await store.read(log);
    await write(store, { token: tokenWith(9_000, { value: 'mine' }) });
    await clock.pass(AWAY_MS);
    await store.read(log);
    await clock.pass(AWAY_MS);
    front.fail(undefined);
    expect(await store.read(log)).toEqual(before);
    expect(await store.read(log)).toEqual(before);
    expect(switches).toHaveLength(2);
    expect(switches[1]).toBe('back');
    await write(store, { token: tokenWith(1) });
    expect((await shared.read(log)).token).toEqual(tokenWith(1));
  });

  it('nothing of the local record is copied to the shared one', async () => {
    const store = instance();
    const before = await write(store, { breaker: breakerUntil(NOW, { failures: 1 }) });
    front.fail('down');
    await store.read(log);
    await write(store, { breaker: breakerUntil(NOW + 60_000, { failures: 3 }) });
    await clock.pass(AWAY_MS);
    front.fail(undefined);
    expect(await store.read(log)).toEqual(before);
    expect(await shared.read(log)).toEqual(before);
  });

  it('and fails again, unchanged, the local count continues', async () => {
    const store = instance();
    await store.read(log);
    front.fail('down');
    await clock.pass(1);
    await store.read(log);
    const breaker = breakerUntil(NOW + 60_000, { failures: 4 });
    await write(store, { breaker });
    for (let n = 0; n < 3; n += 1) {
      await clock.pass(AWAY_MS);
      front.fail(undefined);
      expect((await store.read(log)).breaker).toBeUndefined();
      front.fail('down');
      const seen = await shared.read(log).catch(() => emptyRecord);
      // The instance notices by a claim that cannot be written.
      expect(await store.replace(seen, nextOf(seen, { lease: claim }), log)).toBe(false);
      expect((await store.read(log)).breaker).toEqual(breaker);
    }
  });

  it('and fails again after another instance has written, the local store starts from that record', async () => {
    const store = instance();
    front.fail('down');
    await store.read(log);
    await write(store, { breaker: breakerUntil(NOW + 60_000, { failures: 4 }) });
    await clock.pass(AWAY_MS);
    front.fail(undefined);
    const breaker = breakerUntil(NOW + 90_000, { failures: 2 });
    await write(instance(), { breaker });
    await store.read(log);
    front.fail('down');
    await clock.pass(AWAY_MS);
    expect((await store.read(log)).breaker).toEqual(breaker);
  });

  it('a write is sent to the store whose record it replaces', async () => {
    const store = instance();
    const seen = await store.read(log);
    front.fail('down');
    const local = await store.read(log);
    expect(await store.replace(seen, nextOf(seen, { lease: claim }), log)).toBe(false);
    front.fail(undefined);
    expect(await store.replace(local, nextOf(local, { token: tokenWith(1) }), log)).toBe(true);
    expect(await shared.read(log)).toEqual(emptyRecord);
  });
});

describe('the local store starts from the newest record', () => {
  const newer: TokenRecord = { version: 3, token: tokenWith(5_000) };

  /** What the instance continues with once the shared store fails. */
  async function tokenAfter(shared: TokenStore, requests: (store: TokenStore) => Promise<void>) {
    const local = new MemoryTokenStore();
    const store = new FallbackTokenStore({ shared, local, clock, onSwitch: () => {} });
    await requests(store);
    shared.read = () => Promise.reject(new StoreUnavailable('fake', { reason: 'down' }));
    return (await store.read(log)).token;
  }

  it('if a read that began before a write ends after it', async () => {
    const { promise, resolve } = Promise.withResolvers<TokenRecord>();
    const fake: TokenStore = { read: () => promise, replace: async () => true };
    const token = await tokenAfter(fake, async (store) => {
      const reading = store.read(log);
      await store.replace({ version: 2 }, newer, log);
      resolve({ version: 1 });
      expect(await reading).toEqual({ version: 1 });
    });
    expect(token).toEqual(newer.token);
  });

  it('if a write ends after a read of the record that replaced it', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const fake: TokenStore = { read: async () => newer, replace: () => promise };
    const token = await tokenAfter(fake, async (store) => {
      const writing = store.replace({ version: 1 }, { version: 2 }, log);
      await store.read(log);
      resolve(true);
      expect(await writing).toBe(true);
    });
    expect(token).toEqual(newer.token);
  });
});

it('an error that is a defect is not hidden', async () => {
  const defect = new TypeError('a defect');
  const broken: TokenStore = {
    read: () => Promise.reject(defect),
    replace: () => Promise.reject(defect),
  };
  const local = new MemoryTokenStore();
  const store = new FallbackTokenStore({ shared: broken, local, clock, onSwitch: () => {} });
  await expect(store.read(log)).rejects.toBe(defect);
  await expect(store.replace(emptyRecord, emptyRecord, log)).rejects.toBe(defect);
});
