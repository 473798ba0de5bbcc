import type { Clock } from '../clock.ts';
import { type Item, isNumber, type Value } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { App } from '../tableKeys.ts';
import type { WecomClient } from '../wecom/client.ts';
import { CLOCK_SKEW_MS } from './freshness.ts';

/*
 * The common part of the caches of departments and tags. An item of the cache table is one answer of
 * WeCom. An event discards it: `generation` rises, and `discarded` stays set until the next answer is
 * written. A call that was in progress when the event came has seen the generation before it, so its
 * answer is not written, whatever the clocks say.
 */

/** How long an answer in the table is used. */
export const TABLE_TTL_MS = 60 * 60_000;
/** How long an answer in an instance's memory is used. */
const MEMORY_TTL_MS = 5 * 60_000;

/** What each of these caches needs. */
export interface CacheParts {
  readonly client: WecomClient;
  /** The cache table. */
  readonly table: Table;
  readonly app: App;
  readonly clock: Clock;
}

/** Which cached answers a caller accepts. Default: all that are within their TTL. */
export interface Freshness {
  /** Answers that an instance cached under an older version of the directory are not used. */
  readonly version?: number;
  /** Answers of this age or older are not used. */
  readonly maxAgeMs?: number;
}

/** An answer is used if it was read after this time. Times are in milliseconds since the epoch. */
export function oldestReadAt({ maxAgeMs = TABLE_TTL_MS }: Freshness, now: number): number {
  return now - Math.min(maxAgeMs, TABLE_TTL_MS);
}

/** @returns when the answer in the item was read; nothing if the answer may not be used */
export function readAtOf(
  item: Item | undefined,
  freshness: Freshness,
  now: number,
): number | undefined {
  const readAt = item?.['readAt'];
  if (item?.['discarded'] !== undefined || !isNumber(readAt)) return undefined;
  const isUsable = readAt > oldestReadAt(freshness, now) && readAt <= now + CLOCK_SKEW_MS;
  return isUsable ? readAt : undefined;
}

type Attributes = Record<string, Value | undefined>;

/**
 * Writes an answer, unless an event came since WeCom was asked.
 *
 * @param seen the item as it was before WeCom was asked
 * @returns whether it was written
 * @throws StoreUnavailable
 */
export function putAnswer(
  table: Table,
  key: Key,
  answer: Attributes,
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
 * Discards the stored answer, and the answer of any call in progress. Other instances keep theirs until
 * the version of the directory rises.
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

/** For `catch`: logs that the cache table did not answer, and resolves to nothing. */
export function ignoreUnavailable(invocation: Invocation) {
  return (error: unknown): undefined => {
    if (!(error instanceof StoreUnavailable)) throw error;
    invocation.log.warn('The cache table did not answer: continuing without it', {
      ...error.details,
    });
  };
}

/** @returns seconds since the epoch, for DynamoDB */
function ttlAfter(time: number): number {
  return Math.ceil((time + TABLE_TTL_MS) / 1_000);
}

interface Remembered<T> {
  readonly value: T;
  readonly readAt: number;
  readonly rememberedAt: number;
  readonly version: number;
}

/** A bounded cache in one instance. It is emptied when it is full. A value over the bound is not kept. */
export class Memory<T> {
  readonly #entries = new Map<number, Remembered<T>>();
  readonly #clock: Clock;
  readonly #weight: (value: T) => number;
  readonly #maxWeight: number;
  #totalWeight = 0;

  /** @param weight default: each entry weighs 1 */
  constructor(clock: Clock, maxWeight: number, weight: (value: T) => number = () => 1) {
    this.#clock = clock;
    this.#maxWeight = maxWeight;
    this.#weight = weight;
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
    if (this.#totalWeight + weight > this.#maxWeight) {
      this.#entries.clear();
      this.#totalWeight = 0;
    }
    this.#totalWeight += weight;
    this.#entries.set(id, { value, readAt, rememberedAt: this.#clock.now(), version });
  }

  delete(id: number): void {
    const known = this.#entries.get(id);
    if (known) this.#totalWeight -= this.#weight(known.value);
    this.#entries.delete(id);
  }
}

interface CachedAnswersParts<T> {
  readonly table: Table;
  readonly clock: Clock;
  readonly keyOf: (id: number) => Key;
  /** @returns nothing if the item cannot be read: WeCom is asked */
  readonly restore: (item: Item) => T | undefined;
  /** @returns nothing if no item can hold the value: only the instance keeps it */
  readonly attributesOf: (value: T, invocation: Invocation) => Attributes | undefined;
  readonly maxEntries: number;
}

/** Answers that are an item each, cached in each instance and in the cache table. */
export class CachedAnswers<T> {
  readonly #parts: CachedAnswersParts<T>;
  readonly #memory: Memory<T>;

  constructor(parts: CachedAnswersParts<T>) {
    this.#parts = parts;
    this.#memory = new Memory(parts.clock, parts.maxEntries);
  }

  /**
   * From memory (5 minutes), else from the cache table (1 hour), else from WeCom. The answer is
   * written in the background.
   *
   * @param ask calls WeCom; `undefined` is returned and not cached
   * @throws what `ask` throws
   */
  async read<Asked extends T | undefined>(
    id: number,
    ask: () => Promise<Asked>,
    invocation: Invocation,
    freshness: Freshness,
  ): Promise<T | Asked> {
    const { table, clock, keyOf, restore, attributesOf } = this.#parts;
    const known = this.#memory.get(id, freshness);
    if (known !== undefined) return known;
    const key = keyOf(id);
    let answered = true;
    const item = await table.get(key).catch((error: unknown) => {
      answered = false;
      return ignoreUnavailable(invocation)(error);
    });
    const storedAt = readAtOf(item, freshness, clock.now());
    const stored = item && storedAt !== undefined ? restore(item) : undefined;
    if (stored !== undefined && storedAt !== undefined) {
      this.#memory.set(id, stored, storedAt, freshness);
      return stored;
    }
    const readAt = clock.now();
    const value = await ask();
    if (value === undefined) return value;
    this.#memory.set(id, value, readAt, freshness);
    const attributes = attributesOf(value, invocation);
    // If the table did not answer, the generation that the answer may replace is unknown.
    if (answered && attributes !== undefined) {
      const written = putAnswer(table, key, attributes, readAt, item);
      invocation.waitUntil(written.catch(ignoreUnavailable(invocation)));
    }
    return value;
  }

  /** After an event; see `discardAnswer`. */
  async discard(id: number): Promise<void> {
    this.#memory.delete(id);
    const { table, clock, keyOf } = this.#parts;
    await discardAnswer(table, keyOf(id), clock.now());
  }
}
