import type { Clock } from '../clock.ts';
import { type Item, isNumber, type Value } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';

/*
 * The common part of the caches of departments and tags. An item of the cache table is one answer of
 * WeCom. An event discards it: `generation` rises, and `discarded` stays set until the next answer is
 * written. A call that was in progress when the event came has seen another generation, so its answer
 * is not written, independent of clocks.
 */

/** How long an answer in the table is used. */
export const TABLE_TTL_MS = 60 * 60_000;
/** How long an answer in an instance's memory is used. */
const MEMORY_TTL_MS = 5 * 60_000;

export interface Freshness {
  /** Answers that an instance cached under an older version of the directory are not used. */
  readonly version?: number;
  /** In milliseconds; older answers are not used. */
  readonly age?: number;
}

/** An answer is used if it was read after this time, in milliseconds since the epoch. */
export function oldestReadAt({ age = TABLE_TTL_MS }: Freshness, now: number): number {
  return now - Math.min(age, TABLE_TTL_MS);
}

/** When the answer in the item was read; nothing if it must not be used. */
export function readAtOf(item: Item | undefined, oldest: number): number | undefined {
  const readAt = item?.['readAt'];
  if (item?.['discarded'] !== undefined || !isNumber(readAt)) return undefined;
  return readAt > oldest ? readAt : undefined;
}

/** The item, and whether the table answered. If it did not, WeCom is asked and nothing is written. */
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
 * Invalidates the stored answer, and any call that is in progress. Other instances notice by the
 * version of the directory.
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

/** For `catch`: logs that the cache table did not answer, and continues without it. */
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

/** A bounded cache in one instance. When it is full, it is emptied. */
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
