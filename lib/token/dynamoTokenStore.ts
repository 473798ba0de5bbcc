import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { isNumber, type Item } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { withoutFutureTimes } from './futureTimes.ts';
import { emptyRecord, type TokenRecord, type TokenStore } from './tokenStore.ts';

/**
 * How long the item is kept after all in it has ended. DynamoDB's TTL must never delete a live lease,
 * an open breaker or the failures of the last hour.
 */
const KEPT_MS = 2 * 60 * 60 * 1_000;

const time = v.number();
const Stored = v.object({
  version: v.number(),
  token: v.optional(
    v.object({
      value: v.string(),
      obtainedAt: time,
      expiresAt: time,
      repeatedAt: v.optional(time),
      reissuedAt: v.optional(time),
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
      openedAt: v.optional(time),
      openUntil: time,
      secretRevision: v.string(),
      failedCalls: v.optional(v.array(v.object({ at: time, secretRevision: v.string() })), []),
    }),
  ),
  rejections: v.optional(v.array(time)),
});

/** The record as one item of the cache table, shared by every instance. */
export class DynamoTokenStore implements TokenStore {
  readonly #table: Table;
  readonly #pk: string;
  readonly #clock: Clock;

  /** @param parts.key of the item, see tableKeys.ts */
  constructor({ table, key, clock }: { table: Table; key: { readonly pk: string }; clock: Clock }) {
    this.#table = table;
    this.#pk = key.pk;
    this.#clock = clock;
  }

  async read(): Promise<TokenRecord> {
    const item = await this.#table.get({ pk: this.#pk });
    if (item === undefined) return emptyRecord;
    const stored = v.safeParse(Stored, item);
    if (stored.success) return withoutFutureTimes(stored.output, this.#clock.now());
    // Written by another version of this code. It is replaced, and so is shared again.
    const { version } = item;
    if (isNumber(version)) return { version };
    throw new StoreUnavailable('The stored access_token cannot be read', {
      reason: 'unknown format',
      advice: `Delete the item ${this.#pk} from the cache table.`,
    });
  }

  replace(seen: TokenRecord, next: TokenRecord): Promise<boolean> {
    const item = { pk: this.#pk, ...plain(next), ttl: timeToLive(next, this.#clock.now()) };
    return this.#table.put(
      item,
      seen.version === emptyRecord.version
        ? { expression: 'attribute_not_exists(pk)' }
        : { expression: 'version = :seen', values: { ':seen': seen.version } },
    );
  }
}

/** Seconds since the epoch, as DynamoDB wants it. */
function timeToLive({ token, lease, breaker }: TokenRecord, now: number): number {
  const latest = [now, token?.expiresAt ?? 0, lease?.until ?? 0, breaker?.openUntil ?? 0];
  return Math.ceil((Math.max(...latest) + KEPT_MS) / 1_000);
}

// Copies, because TypeScript gives interfaces no index signature.
function plain({ version, token, lease, breaker, rejections }: TokenRecord): Item {
  return {
    version,
    token: token && { ...token },
    lease: lease && { ...lease },
    breaker: breaker && {
      ...breaker,
      failedCalls: breaker.failedCalls.map((call) => ({ ...call })),
    },
    rejections,
  };
}
