import { beforeAll, describe, expect, it } from 'vitest';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { createDynamoTokenStore } from '../../../lib/token/dynamoTokenStore.ts';
import { nextStep } from '../../../lib/token/nextStep.ts';
import { successor, type TokenRecord } from '../../../lib/token/tokenRecord.ts';
import { startTables } from '../../harness/tables.ts';
import { createVirtualClock } from '../../harness/virtualClock.ts';
import { breakerUntil, NOW, tokenWith } from './records.ts';

const pk = 'ww1#token#1000002';
const HOUR = 3_600_000;

let table: Table;

beforeAll(async () => {
  const tables = await startTables();
  table = tables.cache;
  return tables.close;
});

function storeAt(now = NOW) {
  return createDynamoTokenStore(table, 'ww1', '1000002', createVirtualClock(now));
}

async function write(content: Omit<TokenRecord, 'version'>, now = NOW) {
  const store = storeAt(now);
  const seen = await store.read();
  const next = successor(seen, now, content);
  expect(await store.replace(seen, next)).toBe(true);
  return next;
}

describe('the item in DynamoDB', () => {
  it('is one per corp and agent, and its key holds no secret', async () => {
    await write({ token: tokenWith(HOUR) });
    const other = createDynamoTokenStore(table, 'ww1', '1000003', createVirtualClock());
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
  ])('with %s has a TTL, in seconds, two hours after all of it', async (_what, content, latest) => {
    await write(content);
    const ttl = Math.ceil((latest + 2 * HOUR) / 1_000);
    expect(await table.get({ pk })).toMatchObject({ ttl });
  });

  it('past its TTL and not deleted yet: what it holds counts as gone', async () => {
    await write({
      token: tokenWith(HOUR),
      lease: { owner: 'r/1', until: NOW + 8_000 },
      breaker: breakerUntil(NOW + HOUR),
    });
    const later = NOW + 72 * HOUR;
    const seen = await storeAt(later).read();
    expect(seen.token).toBeDefined();
    expect(nextStep(seen, later, undefined, 0)).toEqual({ do: 'renew' });
    expect(await storeAt(later).replace(seen, successor(seen, later, {}))).toBe(true);
  });

  it('deleted and made anew: a holder that was frozen meanwhile is still fenced off', async () => {
    const claimed = await write({ lease: { owner: 'frozen/1', until: NOW + 8_000 } });
    await table.delete({ pk });
    const fresh = await write({ token: tokenWith(5 * HOUR) }, NOW + 4 * HOUR);
    const late = successor(claimed, NOW + 4 * HOUR, { token: tokenWith(1, { value: 'late' }) });
    expect(await storeAt().replace(claimed, late)).toBe(false);
    expect(await storeAt().read()).toEqual(fresh);
  });

  it('deleted under a holder: its write-back is refused, the next one begins anew', async () => {
    const claimed = await write({ lease: { owner: 'r/1', until: NOW + 8_000 } });
    await table.delete({ pk });
    expect(await storeAt().replace(claimed, successor(claimed, NOW, {}))).toBe(false);
    expect((await storeAt().read()).version).toBe(0);
    await write({});
  });

  it('in another form is an error that says what to do, and quotes no value', async () => {
    await table.put({ pk, version: 'x', token: 'a-token-that-must-not-show' });
    const error = await storeAt()
      .read()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect((error as StoreUnavailable).details['advice']).toContain(pk);
    expect(JSON.stringify(error)).not.toContain('must-not-show');
    await table.delete({ pk });
  });
});
