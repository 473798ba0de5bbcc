import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { tokenKey } from '../../../lib/tableKeys.ts';
import { DynamoTokenStore } from '../../../lib/token/dynamoTokenStore.ts';
import { FallbackTokenStore, MemoryTokenStore } from '../../../lib/token/fallbackTokenStore.ts';
import {
  emptyRecord,
  nextVersion,
  type TokenRecord,
  type TokenStore,
} from '../../../lib/token/tokenStore.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { startTables } from '../../harness/tables.ts';
import { breakerUntil, NOW, tokenWith } from './records.ts';

const { log } = createInvocation();

let table: Table;
let agents = 0;

beforeAll(async () => {
  const tables = await startTables();
  table = tables.cache;
  return tables.close;
});

/** Two views of one store: of two instances of a table, or two flights of one memory. */
type Views = () => readonly [TokenStore, TokenStore];

function dynamoViews(): [TokenStore, TokenStore] {
  agents += 1;
  const view = () =>
    new DynamoTokenStore({ table, key: tokenKey('ww1', String(agents)), clock: systemClock });
  return [view(), view()];
}

const implementations: [string, Views][] = [
  [
    'in memory',
    () => {
      const store = new MemoryTokenStore();
      return [store, store];
    },
  ],
  ['in DynamoDB', dynamoViews],
  [
    'in DynamoDB, with the fallback in memory',
    () => {
      const [one, other] = dynamoViews().map((shared): TokenStore => {
        const local = new MemoryTokenStore();
        return new FallbackTokenStore({ shared, local, clock: systemClock, onSwitch: () => {} });
      }) as [TokenStore, TokenStore];
      return [one, other];
    },
  ],
];

const full: Omit<TokenRecord, 'version'> = {
  token: tokenWith(3_600_000, { repeatedAt: NOW - 5, reissuedAt: NOW - 4 }),
  rejections: [NOW - 9, NOW - 8],
  lease: { owner: 'request/1', until: NOW + 8_000 },
  breaker: breakerUntil(NOW + 60_000),
};
const nextOf = (seen: TokenRecord, content: Omit<TokenRecord, 'version'> = {}) => ({
  ...content,
  version: nextVersion(seen, NOW),
});

describe.each(implementations)('a token store %s', (_where, views) => {
  it('has the empty record before the first write', async () => {
    const [store] = views();
    expect(await store.read(log)).toEqual(emptyRecord);
  });

  it('returns the record that was written, and nothing else', async () => {
    const [one, other] = views();
    const first = nextOf(emptyRecord, full);
    expect(await one.replace(await one.read(log), first, log)).toBe(true);
    expect(await other.read(log)).toEqual(first);
    const second = nextOf(first, { token: tokenWith(1) });
    expect(await other.replace(await other.read(log), second, log)).toBe(true);
    expect(await one.read(log)).toEqual(second);
    expect(Object.keys(JSON.parse(JSON.stringify(await one.read(log)))).sort()).toEqual([
      'token',
      'version',
    ]);
  });

  it('replaces only the record that was read: a late write changes nothing', async () => {
    const [one, other] = views();
    const seen = await one.read(log);
    await other.read(log);
    const first = nextOf(seen);
    await one.replace(seen, first, log);
    const second = nextOf(first, full);
    await other.replace(await other.read(log), second, log);

    expect(await one.replace(first, nextOf(first), log)).toBe(false);
    expect(await one.replace(seen, nextOf(seen), log)).toBe(false);
    expect(await other.read(log)).toEqual(second);
  });

  it('lets one of many concurrent writers write the first record', async () => {
    const [one, other] = views();
    const seen = await Promise.all([one.read(log), other.read(log)]);
    const written = await Promise.all(
      Array.from({ length: 40 }, (_, n) => {
        const [store, mine] = n % 2 ? [one, seen[0]] : [other, seen[1]];
        return store.replace(mine, nextOf(mine, { lease: { owner: `r/${n}`, until: NOW } }), log);
      }),
    );
    const winners = written.flatMap((won, n) => (won ? [`r/${n}`] : []));
    expect(winners).toHaveLength(1);
    expect((await one.read(log)).lease?.owner).toBe(winners[0]);
  });

  it('loses no update of concurrent writers that retry', async () => {
    const [one, other] = views();
    const writer = async (store: TokenStore) => {
      for (let done = 0; done < 5; ) {
        const seen = await store.read(log);
        const failures = (seen.breaker?.failures ?? 0) + 1;
        const breaker = breakerUntil(NOW, { failures });
        if (await store.replace(seen, nextOf(seen, { breaker }), log)) done += 1;
      }
    };
    await Promise.all([one, other, one, other].map(writer));
    expect((await one.read(log)).breaker?.failures).toBe(20);
  });

  it('has versions that only rise', async () => {
    const [one] = views();
    let version = 0;
    for (const now of [NOW, NOW - 2_000, NOW + 1]) {
      const seen = await one.read(log);
      await one.replace(seen, { version: nextVersion(seen, now) }, log);
      const next = await one.read(log);
      expect(next.version).toBeGreaterThan(version);
      version = next.version;
    }
  });
});
