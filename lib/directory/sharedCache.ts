import type { Clock } from '../clock.ts';
import { type Item, isNumber, type Value } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';

/*
 * What the caches of departments and tags have in common. An item of the cache table is one answer
 * of WeCom's. An event discards it: `generation` rises, and `discarded` stands until the next answer
 * is written. A reading that was under way when the event came has seen another generation, and is
 * not written, whatever the clocks say.
 */

/** An answer in the table counts so long. */
export const TABLE_TTL_MS = 60 * 60_000;
/** An answer in an instance's memory counts so long. */
const MEMORY_TTL_MS = 5 * 60_000;

export interface Freshness {
  /** What an instance remembered under an older version of the directory does not count. */
  readonly version?: number;
  /** In milliseconds; what was read longer ago does not count. */
  readonly age?: number;
}

/** When the oldest answer that counts was read, in milliseconds since the epoch. */
export function oldestReadAt({ age = TABLE_TTL_MS }: Freshness, now: number): number {
  return now - Math.min(age, TABLE_TTL_MS);
}

/** When the answer in the item was read; nothing where it does not count. */
export function readAtOf(item: Item | undefined, oldest: number): number | undefined {
  const readAt = item?.['readAt'];
  if (item?.['discarded'] !== undefined || !isNumber(readAt)) return undefined;
  return readAt > oldest ? readAt : undefined;
}

/** The item, and whether the table answered. Where it did not, WeCom is asked and nothing written. */
export async function getAnswer(
  table: Table,
  key: Key,
  invocation: Invocation,
): Promise<{ item: Item | undefined; answered: boolean }> {
  let answered = true;
  const item = await table.get(key).catch((error: unknown) => {
    answered = false;
    return ignoreUnavailable(invocation)(error);
  });
  return { item, answered };
}

/**
 * Writes an answer, unless an event has discarded it meanwhile.
 *
 * @param seen the item as it was before WeCom was asked
 * @throws StoreUnavailable
 */
export function putAnswer(
  table: Table,
  key: Key,
  answer: Record<string, Value | undefined>,
  readAt: number,
  seen: Item | undefined,
): Promise<boolean> {
  const generation = seen?.['generation'];
  const item = { ...key, ...answer, generation, readAt, ttl: ttlAfter(readAt) };
  return table.put(
    item,
    generation === undefined
      ? { expression: 'attribute_not_exists(generation)' }
      : { expression: 'generation = :generation', values: { ':generation': generation } },
  );
}

/**
 * From now on no earlier reading counts, nor one that is still under way. Other instances learn of
 * it from the version of the directory.
 *
 * @throws StoreUnavailable
 */
export async function discardAnswer(table: Table, key: Key, now: number): Promise<void> {
  await table.update(key, {
    expression: 'SET discarded = :true, #ttl = :ttl ADD generation :one',
    names: { '#ttl': 'ttl' },
    values: { ':true': true, ':ttl': ttlAfter(now), ':one': 1 },
  });
}

/** For `catch`: a cache table that does not answer is not needed, and leaves a log line. */
export function ignoreUnavailable(invocation: Invocation) {
  return (error: unknown): undefined => {
    if (!(error instanceof StoreUnavailable)) throw error;
    invocation.log.warn('The cache table did not answer: asking WeCom', { ...error.details });
  };
}

function ttlAfter(time: number): number {
  return Math.ceil((time + TABLE_TTL_MS) / 1_000);
}

interface Remembered<T> {
  readonly value: T;
  readonly readAt: number;
  readonly rememberedAt: number;
  readonly version: number;
}

/** What one instance remembers, within a bound: when that is reached, it forgets everything. */
export class Memory<T> {
  readonly #entries = new Map<number, Remembered<T>>();
  readonly #clock: Clock;
  readonly #weight: (value: T) => number;
  readonly #maxWeight: number;
  #occupied = 0;

  constructor(parts: {
    readonly clock: Clock;
    /** Absent: each entry weighs 1. */
    readonly weight?: (value: T) => number;
    readonly maxWeight: number;
  }) {
    this.#clock = parts.clock;
    this.#weight = parts.weight ?? (() => 1);
    this.#maxWeight = parts.maxWeight;
  }

  get(id: number, freshness: Freshness): T | undefined {
    const now = this.#clock.now();
    const known = this.#entries.get(id);
    if (known === undefined || known.version < (freshness.version ?? 0)) return undefined;
    if (known.rememberedAt <= now - MEMORY_TTL_MS) return undefined;
    return known.readAt > oldestReadAt(freshness, now) ? known.value : undefined;
  }

  set(id: number, value: T, readAt: number, { version = 0 }: Freshness): void {
    this.delete(id);
    const weight = this.#weight(value);
    if (weight > this.#maxWeight) return;
    if (this.#occupied + weight > this.#maxWeight) {
      this.#entries.clear();
      this.#occupied = 0;
    }
    this.#occupied += weight;
    this.#entries.set(id, { value, readAt, rememberedAt: this.#clock.now(), version });
  }

  delete(id: number): void {
    const known = this.#entries.get(id);
    if (known) this.#occupied -= this.#weight(known.value);
    this.#entries.delete(id);
  }
}
