import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { createDynamoTokenStore } from '../../../lib/token/dynamoTokenStore.ts';
import { createFallbackTokenStore } from '../../../lib/token/fallbackTokenStore.ts';
import { createMemoryTokenStore } from '../../../lib/token/memoryTokenStore.ts';
import { emptyRecord, successor, type TokenRecord } from '../../../lib/token/tokenRecord.ts';
import type { TokenStore } from '../../../lib/token/tokenStore.ts';
import type { DynamoDbFront } from '../../harness/dynamoDbFront.ts';
import { startTables } from '../../harness/tables.ts';
import { createVirtualClock, type VirtualClock } from '../../harness/virtualClock.ts';
import { breakerUntil, NOW, tokenWith } from './records.ts';

const ALONE = 10_000;

let front: DynamoDbFront;
let table: Table;
let agents = 0;

beforeAll(async () => {
  const tables = await startTables();
  front = tables.front;
  table = tables.cache;
  return tables.close;
});

let clock: VirtualClock;
let shared: TokenStore;
let switches: string[];

function instance(): TokenStore {
  return createFallbackTokenStore(shared, createMemoryTokenStore(), clock, (error) =>
    switches.push(error ? String(error.details['reason']) : 'back'),
  );
}

beforeEach(() => {
  front.fail(undefined);
  clock = createVirtualClock(NOW);
  agents += 1;
  shared = createDynamoTokenStore(table, 'ww1', String(agents), clock);
  switches = [];
});

async function write(store: TokenStore, content: Omit<TokenRecord, 'version'>) {
  const seen = await store.read();
  const next = successor(seen, clock.now(), content);
  expect(await store.replace(seen, next)).toBe(true);
  return next;
}

describe.each(['down', 'throttled', 'hangs'] as const)('while DynamoDB is %s', (how) => {
  it('the own store serves, for this instance alone', async () => {
    const [one, other] = [instance(), instance()];
    front.fail(how);
    expect((await one.read()).token).toBeUndefined();
    await write(one, { token: tokenWith(1_000) });
    expect((await one.read()).token).toEqual(tokenWith(1_000));
    expect((await other.read()).token).toBeUndefined();
    expect(switches).toHaveLength(2);
  });

  it('what was seen last is known: the token and the breaker, but not the lease', async () => {
    const store = instance();
    const token = tokenWith(1_000);
    const breaker = breakerUntil(NOW + 60_000);
    await write(store, { token, breaker, lease: { owner: 'other/1', until: NOW + 8_000 } });
    front.fail(how);
    const record = await store.read();
    expect(record).toMatchObject({ token, breaker });
    expect(record.lease).toBeUndefined();
  });

  it('a claim that may have been written counts as lost, and what comes next is alone', async () => {
    const store = instance();
    const seen = await store.read();
    front.fail(how);
    const claim = successor(seen, NOW, { lease: { owner: 'r/1', until: NOW + 8_000 } });
    expect(await store.replace(seen, claim)).toBe(false);
    expect((await store.read()).lease).toBeUndefined();
    await write(store, { lease: { owner: 'r/1', until: NOW + 8_000 } });
  });

  it('how gettoken went under a shared lease is kept here', async () => {
    const store = instance();
    const claim = await write(store, { lease: { owner: 'r/1', until: NOW + 8_000 } });
    front.fail(how);
    const breaker = breakerUntil(NOW + 60_000);
    expect(await store.replace(claim, successor(claim, NOW, { breaker }))).toBe(false);
    expect(await store.read()).toMatchObject({ breaker });
  });
});

it('how gettoken went is kept also where its report was refused', async () => {
  const store = instance();
  const claim = await write(store, { lease: { owner: 'r/1', until: NOW + 8_000 } });
  // The report was sent twice: the second time its condition fails.
  await shared.replace(claim, successor(claim, NOW, {}));
  const breaker = breakerUntil(NOW + 60_000);
  expect(await store.replace(claim, successor(claim, NOW, { breaker }))).toBe(false);
  front.fail('down');
  expect(await store.read()).toMatchObject({ breaker });
});

it('what is learnt while a claim is under way does not fence it off', async () => {
  const store = instance();
  const sharedClaim = await write(store, { lease: { owner: 'r/1', until: NOW + 8_000 } });
  front.fail('down');
  await store.read();
  const ownClaim = await write(store, { lease: { owner: 'r/2', until: NOW + 8_000 } });
  const learnt = breakerUntil(NOW + 60_000, { failures: 2 });
  await store.replace(sharedClaim, successor(sharedClaim, NOW, { breaker: learnt }));
  expect(await store.replace(ownClaim, successor(ownClaim, NOW, { token: tokenWith(9_000) }))).toBe(
    true,
  );
  expect(await store.read()).toMatchObject({ token: tokenWith(9_000), breaker: learnt });
});

describe('after DynamoDB failed', () => {
  it('it is left alone for ten seconds, then asked again', async () => {
    const store = instance();
    front.fail('down');
    await store.read();
    front.requests.length = 0;
    await store.read();
    expect(front.requests).toEqual([]);
    await clock.pass(ALONE);
    await store.read();
    expect(front.requests).toHaveLength(1);
  });

  it('its record counts again, whatever happened here, and that is said once each time', async () => {
    const store = instance();
    const before = await write(store, { token: tokenWith(5_000) });
    front.fail('down');
    await store.read();
    await write(store, { token: tokenWith(9_000, { value: 'mine' }) });
    await clock.pass(ALONE);
    await store.read();
    await clock.pass(ALONE);
    front.fail(undefined);
    expect(await store.read()).toEqual(before);
    expect(await store.read()).toEqual(before);
    expect(switches).toHaveLength(2);
    expect(switches[1]).toBe('back');
    await write(store, { token: tokenWith(1) });
    expect((await shared.read()).token).toEqual(tokenWith(1));
  });

  it('refusals that were met alone count again, for all with the next write', async () => {
    const store = instance();
    await write(store, { breaker: breakerUntil(NOW, { failures: 1 }) });
    front.fail('down');
    await store.read();
    const met = breakerUntil(NOW + 60_000, { failures: 3, calledAt: NOW });
    await write(store, { breaker: met });
    await clock.pass(ALONE);
    front.fail(undefined);
    const seen = await store.read();
    expect(seen.breaker).toEqual(met);
    expect((await shared.read()).breaker).toMatchObject({ failures: 1 });
    expect(await store.replace(seen, successor(seen, clock.now(), seen))).toBe(true);
    expect((await shared.read()).breaker).toEqual(met);
  });

  it('what was learnt alone is known the next time: a breaker, and its count', async () => {
    const store = instance();
    front.fail('down');
    await store.read();
    await write(store, { breaker: breakerUntil(NOW + 60_000, { failures: 4 }) });
    await clock.pass(ALONE);
    front.fail(undefined);
    await write(store, { breaker: breakerUntil(NOW + 90_000, { failures: 1 }) });
    front.fail('down');
    await clock.pass(ALONE);
    expect((await store.read()).breaker).toMatchObject({ openUntil: NOW + 90_000, failures: 4 });
  });

  it('a later token that was fetched alone is not forgotten for an earlier one', async () => {
    const store = instance();
    front.fail('down');
    await store.read();
    await write(store, { token: tokenWith(9_000, { value: 'mine' }) });
    await clock.pass(ALONE);
    front.fail(undefined);
    await write(store, { token: tokenWith(5_000) });
    front.fail('down');
    expect(await store.replace(emptyRecord, successor(emptyRecord, NOW, {}))).toBe(false);
    expect((await store.read()).token?.value).toBe('mine');
  });
});

it('an error that is no failure of the store is not hidden', async () => {
  const defect = new TypeError('a defect');
  const broken: TokenStore = {
    read: () => Promise.reject(defect),
    replace: () => Promise.reject(defect),
  };
  const store = createFallbackTokenStore(broken, createMemoryTokenStore(), clock, () => {});
  await expect(store.read()).rejects.toBe(defect);
  await expect(store.replace(emptyRecord, emptyRecord)).rejects.toBe(defect);
});
