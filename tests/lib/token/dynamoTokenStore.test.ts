import { beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../../lib/dynamodb/item.ts';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { tokenKey } from '../../../lib/tableKeys.ts';
import { DynamoTokenStore } from '../../../lib/token/dynamoTokenStore.ts';
import { nextStep } from '../../../lib/token/nextStep.ts';
import {
  CLOCK_SKEW_MS,
  LEASE_MS,
  nextVersion,
  type TokenRecord,
} from '../../../lib/token/tokenStore.ts';
import { startTables } from '../../harness/tables.ts';
import { createVirtualClock } from '../../harness/virtualClock.ts';
import { breakerUntil, NOW, tokenWith } from './records.ts';

const { pk } = tokenKey('ww1', '1000002');
const HOUR = 3_600_000;
/** More than clocks may differ. */
const TOO_LATE_MS = CLOCK_SKEW_MS + 1;

/** A breaker as the item has it. */
const odd = {
  reason: 'refused',
  errcode: 40001,
  failures: 1,
  since: NOW,
  openUntil: NOW,
  secretRevision: 'r1',
};

let table: Table;

beforeAll(async () => {
  const tables = await startTables();
  table = tables.cache;
  return tables.close;
});

function storeAt(now = NOW) {
  return new DynamoTokenStore({ table, key: { pk }, clock: createVirtualClock(now) });
}

async function write(content: Omit<TokenRecord, 'version'>, now = NOW) {
  const store = storeAt(now);
  const seen = await store.read();
  const next = { ...content, version: nextVersion(seen, now) };
  expect(await store.replace(seen, next)).toBe(true);
  return next;
}

describe('the item in DynamoDB', () => {
  it('is one per corp and agent, and its key holds no secret', async () => {
    await write({ token: tokenWith(HOUR) });
    const other = new DynamoTokenStore({
      table,
      key: tokenKey('ww1', '1000003'),
      clock: createVirtualClock(),
    });
    expect((await other.read()).version).toBe(0);
    expect(await table.get({ pk })).toMatchObject({ token: { value: 'A' } });
  });

  it.each<[string, Omit<TokenRecord, 'version'>, number]>([
    ['nothing', {}, NOW],
    ['a token', { token: tokenWith(2 * HOUR) }, NOW + 2 * HOUR],
    ['a lease', { lease: { owner: 'r/1', until: NOW + 8_000 } }, NOW + 8_000],
    ['an open breaker', { breaker: breakerUntil(NOW + HOUR) }, NOW + HOUR],
    ['what ended long ago', { token: tokenWith(-9 * HOUR) }, NOW],
    [
      'a token that ends before the breaker',
      { token: tokenWith(60_000), breaker: breakerUntil(NOW + HOUR) },
      NOW + HOUR,
    ],
  ])('has a TTL two hours after the last end: %s', async (_what, content, latest) => {
    await write(content);
    const ttl = Math.ceil((latest + 2 * HOUR) / 1_000);
    expect(await table.get({ pk })).toMatchObject({ ttl });
  });

  it('counts as expired after its TTL, even if DynamoDB has not deleted it', async () => {
    await write({
      token: tokenWith(HOUR),
      lease: { owner: 'r/1', until: NOW + 8_000 },
      breaker: breakerUntil(NOW + HOUR),
    });
    const later = NOW + 72 * HOUR;
    const seen = await storeAt(later).read();
    expect(seen.token).toBeDefined();
    expect(nextStep(seen, later, undefined, 0)).toEqual({ do: 'renew' });
    expect(await storeAt(later).replace(seen, { version: nextVersion(seen, later) })).toBe(true);
  });

  it('cannot be replaced by a holder that was frozen while it was deleted and created again', async () => {
    const claimed = await write({ lease: { owner: 'frozen/1', until: NOW + 8_000 } });
    await table.delete({ pk });
    const fresh = await write({ token: tokenWith(5 * HOUR) }, NOW + 4 * HOUR);
    const late = {
      token: tokenWith(1, { value: 'late' }),
      version: nextVersion(claimed, NOW + 4 * HOUR),
    };
    expect(await storeAt().replace(claimed, late)).toBe(false);
    expect(await storeAt(NOW + 4 * HOUR).read()).toEqual(fresh);
  });

  it('cannot be replaced by its holder after it was deleted, but created again', async () => {
    const claimed = await write({ lease: { owner: 'r/1', until: NOW + 8_000 } });
    await table.delete({ pk });
    expect(await storeAt().replace(claimed, { version: nextVersion(claimed, NOW) })).toBe(false);
    expect((await storeAt().read()).version).toBe(0);
    await write({});
  });

  it('is read as it is with times that are as late as an instance can set them', async () => {
    const latest = NOW + CLOCK_SKEW_MS;
    const call = { at: latest, secretRevision: 'r1' };
    const written = await write({
      token: { value: 'A', obtainedAt: latest, expiresAt: latest + 2 * HOUR, reissuedAt: latest },
      lease: { owner: 'r/1', until: latest + LEASE_MS },
      breaker: breakerUntil(latest + HOUR, {
        failures: 5,
        since: latest,
        failedCalls: [call],
        calls: [NOW, latest],
      }),
      rejections: [NOW, latest],
    });
    expect(await storeAt().read()).toEqual(written);
  });

  it.each<[string, Omit<TokenRecord, 'version'>]>([
    ['when a token was obtained', { token: tokenWith(2 * HOUR + TOO_LATE_MS) }],
    ["a token's end", { token: tokenWith(2 * HOUR + TOO_LATE_MS, { obtainedAt: NOW }) }],
    ['when a token was repeated', { token: tokenWith(HOUR, { repeatedAt: NOW + TOO_LATE_MS }) }],
    ['when a token was given again', { token: tokenWith(HOUR, { reissuedAt: NOW + TOO_LATE_MS }) }],
    ["a lease's end", { lease: { owner: 'r/1', until: NOW + LEASE_MS + TOO_LATE_MS } }],
  ])('has no part with a time from the future: %s', async (_what, content) => {
    const { version } = await write(content);
    expect(await storeAt().read()).toEqual({ version });
  });

  it('keeps the other rejections if one is from the future', async () => {
    await write({ rejections: [NOW - 1, NOW + TOO_LATE_MS] });
    expect((await storeAt().read()).rejections).toEqual([NOW - 1]);
  });

  it('has no pause if its breaker is from the future, but the failures, as of now', async () => {
    const breaker = breakerUntil(NOW + HOUR + LEASE_MS + TOO_LATE_MS, {
      failures: 3,
      since: NOW + TOO_LATE_MS,
      failedCalls: [NOW - 1, NOW + TOO_LATE_MS].map((at) => ({ at, secretRevision: 'r1' })),
    });
    await write({ breaker });
    const latest = NOW + CLOCK_SKEW_MS;
    expect((await storeAt().read()).breaker).toEqual({
      ...breaker,
      since: latest,
      openUntil: NOW,
      failedCalls: [NOW - 1, latest].map((at) => ({ at, secretRevision: 'r1' })),
    });
  });

  it.each<[string, Item]>([
    ['a token that is a text', { token: 'must-not-show' }],
    ['a token without an end', { token: { value: 'must-not-show', obtainedAt: NOW } }],
    [
      'a token whose end is a text',
      { token: { value: 'must-not-show', obtainedAt: NOW, expiresAt: '9' } },
    ],
    ['a lease without an owner', { lease: { until: NOW } }],
    ['a breaker with an unknown reason', { breaker: { ...odd, reason: 'tired' } }],
    ['a breaker whose count is a text', { breaker: { ...odd, failures: '1' } }],
    ['failed calls that are no list', { breaker: { ...odd, failedCalls: 1 } }],
    ['a failed call without a time', { breaker: { ...odd, failedCalls: [{}] } }],
    ['rejections that are no times', { rejections: ['must-not-show'] }],
  ])('is replaced by the next renewal if it has %s', async (_what, content) => {
    await table.put({ pk, version: 7, ...content });
    const store = storeAt();
    const seen = await store.read();
    expect(seen).toEqual({ version: 7 });
    const next = { version: 8, lease: { owner: 'r/1', until: NOW } };
    expect(await store.replace(seen, next)).toBe(true);
    expect(await store.read()).toEqual(next);
    await table.delete({ pk });
  });

  it('keeps its breaker if another part of it cannot be read', async () => {
    await table.put({ pk, version: 7, token: 'of another form', breaker: odd });
    expect(await storeAt().read()).toMatchObject({ version: 7, breaker: odd });
    await table.delete({ pk });
  });

  it.each<[string, Item]>([
    ['a text', { version: '7' }],
    ['a list', { version: [7] }],
    ['zero', { version: 0 }],
    ['negative', { version: -1 }],
    ['too large to rise', { version: 2 ** 53 }],
    ['absent', {}],
  ])(
    'is replaced by the next renewal if its version is %s, and its breaker is kept',
    async (_what, item) => {
      await table.put({ pk, ...item, token: 'of another form', breaker: odd });
      const seen = await storeAt().read();
      expect(seen).toMatchObject({ version: 0, breaker: odd });
      const next = { version: nextVersion(seen, NOW), breaker: breakerUntil(NOW) };
      expect(await storeAt().replace(seen, next)).toBe(true);
      expect(await storeAt().read()).toEqual(next);
      expect(await storeAt().replace(seen, next)).toBe(false);
      await table.delete({ pk });
    },
  );
});
