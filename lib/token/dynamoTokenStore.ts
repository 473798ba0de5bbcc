import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { isNumber, type Value } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { breakerWithoutFutureTimes } from './breaker.ts';
import { LONGEST_LIFE_MS } from './readToken.ts';
import {
  CLOCK_SKEW_MS,
  emptyRecord,
  LEASE_MS,
  type TokenRecord,
  type TokenStore,
} from './tokenStore.ts';

/**
 * How long the item is kept after everything in it has ended. DynamoDB's TTL must never delete a live
 * lease, an open breaker or the failures of the last hour.
 */
const KEPT_MS = 2 * 60 * 60 * 1_000;

/** A version outside of these cannot rise, or is that of no record: it counts as absent. */
const FIRST_VERSION = emptyRecord.version + 1;
const LAST_VERSION = Number.MAX_SAFE_INTEGER - 1;

const time = v.number();
const StoredBreaker = v.object({
  reason: v.picklist(['refused', 'limited', 'unreachable', 'unreported', 'no-secret', 'closed']),
  errcode: v.number(),
  failures: v.number(),
  since: time,
  openedAt: v.optional(time),
  openUntil: time,
  secretRevision: v.string(),
  failedCalls: v.optional(v.array(v.object({ at: time, secretRevision: v.string() })), []),
  calls: v.optional(v.array(time)),
});
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
  breaker: v.optional(StoredBreaker),
  rejections: v.optional(v.array(time)),
});

/** The record as one item of the cache table, shared by all instances. */
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
    const version = isVersion(item['version']) ? item['version'] : emptyRecord.version;
    const stored = v.safeParse(Stored, item);
    if (stored.success && stored.output.version === version)
      return withoutFutureTimes(stored.output, this.#clock.now());
    // Another version of this code wrote it. The next renewal replaces it. Otherwise each instance would
    // call gettoken for itself, with a breaker of its own.
    const breaker = v.safeParse(StoredBreaker, item['breaker']);
    const record = { version, ...(breaker.success && { breaker: breaker.output }) };
    return withoutFutureTimes(record, this.#clock.now());
  }

  replace(seen: TokenRecord, next: TokenRecord): Promise<boolean> {
    const item = { pk: this.#pk, ...next, ttl: timeToLive(next, this.#clock.now()) };
    return this.#table.put(
      item,
      seen.version === emptyRecord.version
        ? {
            expression:
              'attribute_not_exists(version) OR NOT attribute_type(version, :number) OR version < :first OR version > :last',
            values: { ':number': 'N', ':first': FIRST_VERSION, ':last': LAST_VERSION },
          }
        : { expression: 'version = :seen', values: { ':seen': seen.version } },
    );
  }
}

function isVersion(value: Value | undefined): value is number {
  return isNumber(value) && value >= FIRST_VERSION && value <= LAST_VERSION;
}

/**
 * The record without times that are further in the future than any code sets them: only an instance
 * whose clock is far ahead can have written them. A token, a lease or a rejection with such a time
 * counts as absent, which costs one gettoken at most.
 *
 * A clock that is ahead can be noticed only until the time that it wrote has come.
 */
function withoutFutureTimes(record: TokenRecord, now: number): TokenRecord {
  const isPossible = (time = 0) => time <= now + CLOCK_SKEW_MS;
  const { token, lease, breaker, rejections } = record;
  const hasPossibleTimes =
    token &&
    [token.obtainedAt, token.expiresAt - LONGEST_LIFE_MS, token.repeatedAt, token.reissuedAt].every(
      isPossible,
    );
  return {
    ...record,
    token: hasPossibleTimes ? token : undefined,
    lease: lease && isPossible(lease.until - LEASE_MS) ? lease : undefined,
    breaker: breaker && breakerWithoutFutureTimes(breaker, now),
    rejections: rejections?.filter(isPossible),
  };
}

/** @returns seconds since the epoch, as DynamoDB's TTL requires */
function timeToLive({ token, lease, breaker }: TokenRecord, now: number): number {
  const latest = [now, token?.expiresAt ?? 0, lease?.until ?? 0, breaker?.openUntil ?? 0];
  return Math.ceil((Math.max(...latest) + KEPT_MS) / 1_000);
}
