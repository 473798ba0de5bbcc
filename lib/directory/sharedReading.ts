import type { Clock } from '../clock.ts';
import type { Value } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';

/** Things of one kind as WeCom shows them, by id, remembered for all instances in the cache table. */
export interface SharedReading<T> {
  /**
   * From this instance's memory (5 minutes), else from the cache table (1 hour), else from WeCom.
   * A cache table that does not answer is passed over.
   *
   * @throws what asking WeCom throws
   */
  read(id: number, invocation: Invocation, freshness?: Freshness): Promise<T>;
  /**
   * From now on, what was read before now counts no more, nor does a reading that is still under
   * way. Other instances hear of it by the version of the directory.
   *
   * @throws StoreUnavailable
   */
  discard(id: number): Promise<void>;
}

export interface Freshness {
  /** What this instance remembered under an older version of the directory does not count. */
  readonly version?: number;
  /** In milliseconds; what was read longer ago does not count. */
  readonly age?: number;
}

export interface SharedReadingParts<T> {
  readonly keyOf: (id: number) => Key;
  readonly table: Table;
  readonly clock: Clock;
  readonly ask: (id: number, invocation: Invocation) => Promise<T>;
  /** As attributes of an item, and back; nothing for an item in another form. */
  readonly store: (value: T) => Record<string, Value>;
  readonly restore: (item: unknown) => T | undefined;
  /** How much of the memory's room one takes; absent: 1. */
  readonly weight?: (value: T) => number;
  /** The memory's room. */
  readonly room: number;
}

const MEMORY = 300_000;
const TABLE = 3_600_000;

interface Remembered<T> {
  readonly value: T;
  readonly readAt: number;
  readonly at: number;
  readonly version: number;
}

export function createSharedReading<T>(parts: SharedReadingParts<T>): SharedReading<T> {
  const { keyOf, table, clock, weight = () => 1 } = parts;
  const memory = new Map<number, Remembered<T>>();
  let occupied = 0;

  function forget(id: number): void {
    const known = memory.get(id);
    if (known) occupied -= weight(known.value);
    memory.delete(id);
  }

  function remember(id: number, entry: Remembered<T>): void {
    forget(id);
    if (occupied + weight(entry.value) > parts.room) {
      memory.clear();
      occupied = 0;
    }
    occupied += weight(entry.value);
    memory.set(id, entry);
  }

  async function stored(id: number, oldest: number, invocation: Invocation) {
    const item = await table.get(keyOf(id)).catch(passOver(invocation));
    const readAt = item?.['readAt'];
    const value = parts.restore(item);
    if (value === undefined || typeof readAt !== 'number' || readAt <= oldest) return undefined;
    return { value, readAt };
  }

  async function fetched(id: number, invocation: Invocation) {
    const readAt = clock.now();
    const value = await parts.ask(id, invocation);
    const item = {
      ...keyOf(id),
      ...parts.store(value),
      readAt,
      ttl: Math.ceil((readAt + TABLE) / 1_000),
    };
    const written = table.put(item, {
      expression: 'attribute_not_exists(discardedAt) OR discardedAt <= :readAt',
      values: { ':readAt': readAt },
    });
    invocation.waitUntil(written.catch(passOver(invocation)));
    return { value, readAt };
  }

  return {
    async read(id, invocation, { version = 0, age = TABLE } = {}) {
      const now = clock.now();
      const oldest = now - Math.min(age, TABLE);
      const known = memory.get(id);
      if (known && known.version >= version && known.at > now - MEMORY && known.readAt > oldest) {
        return known.value;
      }
      const found = (await stored(id, oldest, invocation)) ?? (await fetched(id, invocation));
      remember(id, { ...found, at: now, version });
      return found.value;
    },

    async discard(id) {
      forget(id);
      const discardedAt = clock.now();
      const ttl = Math.ceil((discardedAt + TABLE) / 1_000);
      await table.put({ ...keyOf(id), discardedAt, ttl });
    },
  };
}

function passOver(invocation: Invocation) {
  return (error: unknown): undefined => {
    if (!(error instanceof StoreUnavailable)) throw error;
    invocation.log.warn('The cache table did not answer: asking WeCom', { ...error.details });
  };
}
