import * as v from 'valibot';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { emptyRecord, type TokenRecord } from './tokenRecord.ts';
import type { TokenStore } from './tokenStore.ts';

/**
 * How long the item outlives all that it holds. DynamoDB may delete it any time after its TTL:
 * never a lease that is live, nor the count of refusals that the breaker's longest pause rests on.
 */
const KEPT = 2 * 60 * 60 * 1_000;

const time = v.number();
const Stored = v.object({
  version: v.number(),
  token: v.optional(
    v.object({
      value: v.string(),
      obtainedAt: time,
      expiresAt: time,
      repeatedAt: v.exactOptional(time),
    }),
  ),
  lease: v.optional(v.object({ owner: v.string(), until: time })),
  breaker: v.optional(
    v.object({
      reason: v.picklist(['refused', 'limited', 'unreachable']),
      errcode: v.number(),
      failures: v.number(),
      openUntil: time,
      secretRevision: v.string(),
    }),
  ),
});

/** The record as one item of the cache table, shared by every instance. */
export function createDynamoTokenStore(table: Table, corpId: string, agentId: string): TokenStore {
  const pk = `token#${corpId}#${agentId}`;
  return {
    async read() {
      const item = await table.get({ pk });
      if (item === undefined) return emptyRecord;
      const stored = v.safeParse(Stored, item);
      if (!stored.success) {
        throw new StoreUnavailable('The stored access_token cannot be read', {
          reason: 'unknown format',
          advice: `Delete the item ${pk} from the cache table.`,
        });
      }
      return stored.output as TokenRecord;
    },

    replace(next) {
      const { token, lease, breaker } = next;
      const latest = Math.max(token?.expiresAt ?? 0, lease?.until ?? 0, breaker?.openUntil ?? 0);
      const ttl = Math.ceil((latest + KEPT) / 1_000);
      const seen = next.version - 1;
      return table.put(
        { pk, version: next.version, ...records({ token, lease, breaker }), ttl },
        seen === 0
          ? { expression: 'attribute_not_exists(pk)' }
          : { expression: 'version = :seen', values: { ':seen': seen } },
      );
    },
  };
}

// Interfaces are not index signatures to TypeScript; the copies are.
function records(parts: Omit<TokenRecord, 'version'> | Record<string, object | undefined>) {
  return Object.fromEntries(
    Object.entries(parts).map(([name, part]) => [name, part && { ...part }]),
  );
}
