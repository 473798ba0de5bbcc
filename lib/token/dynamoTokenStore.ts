import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { Item } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { tokenKey } from '../tableKeys.ts';
import { emptyRecord, type TokenRecord } from './tokenRecord.ts';
import type { TokenStore } from './tokenStore.ts';

/**
 * How long the item outlives all that it holds. DynamoDB may delete it any time after its TTL:
 * never a lease that is live, a breaker that is open, nor the count of refusals in the last hour.
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
      repeatedAt: v.optional(time),
      reportAnsweredAt: v.optional(time),
    }),
  ),
  lease: v.optional(v.object({ owner: v.string(), until: time })),
  breaker: v.optional(
    v.object({
      reason: v.picklist([
        'refused',
        'limited',
        'unreachable',
        'unreported',
        'no-secret',
        'closed',
      ]),
      errcode: v.number(),
      failures: v.number(),
      since: time,
      calledAt: time,
      openUntil: time,
      secretRevision: v.string(),
      announced: v.optional(v.boolean(), false),
    }),
  ),
});

/** The record as one item of the cache table, shared by every instance. */
export function createDynamoTokenStore(
  table: Table,
  corpId: string,
  agentId: string,
  clock: Clock,
): TokenStore {
  const { pk } = tokenKey(corpId, agentId);
  return {
    async read(): Promise<TokenRecord> {
      const item = await table.get({ pk });
      if (item === undefined) return emptyRecord;
      const stored = v.safeParse(Stored, item);
      if (stored.success) return stored.output;
      throw new StoreUnavailable('The stored access_token cannot be read', {
        reason: 'unknown format',
        advice: `Delete the item ${pk} from the cache table.`,
      });
    },

    replace(seen, next) {
      const item = { pk, ...plain(next), ttl: timeToLive(next, clock.now()) };
      return table.put(
        item,
        seen.version === emptyRecord.version
          ? { expression: 'attribute_not_exists(pk)' }
          : { expression: 'version = :seen', values: { ':seen': seen.version } },
      );
    },
  };
}

/** Seconds since the epoch, as DynamoDB wants it. */
function timeToLive({ token, lease, breaker }: TokenRecord, now: number): number {
  const latest = [now, token?.expiresAt ?? 0, lease?.until ?? 0, breaker?.openUntil ?? 0];
  return Math.ceil((Math.max(...latest) + KEPT) / 1_000);
}

// Interfaces are not index signatures to TypeScript; the copies are.
function plain({ version, token, lease, breaker }: TokenRecord): Item {
  return {
    version,
    token: token && { ...token },
    lease: lease && { ...lease },
    breaker: breaker && { ...breaker },
  };
}
