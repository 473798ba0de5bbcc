import { describe, expect, it } from 'vitest';
import { readDirectoryRecord } from '../../../lib/directory/directoryRecord.ts';
import { Memory, oldestReadAt, readAtOf } from '../../../lib/directory/sharedCache.ts';
import type { Item } from '../../../lib/dynamodb/item.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { createManualClock } from '../../harness/manualClock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = 1_800_000_000_000;

describe('an answer in the cache table', () => {
  it('counts for an hour, or for less where the caller says so, and never for more', () => {
    expect(oldestReadAt({}, NOW)).toBe(NOW - HOUR);
    expect(oldestReadAt({ maxAgeMs: MINUTE }, NOW)).toBe(NOW - MINUTE);
    expect(oldestReadAt({ maxAgeMs: 0 }, NOW)).toBe(NOW);
    expect(oldestReadAt({ maxAgeMs: 2 * HOUR }, NOW)).toBe(NOW - HOUR);
  });

  it('counts if it was read after the oldest that may', () => {
    const item = { pk: 'x', readAt: NOW };
    expect(readAtOf(item, {}, NOW + HOUR - 1)).toBe(NOW);
    expect(readAtOf(item, {}, NOW + HOUR)).toBeUndefined();
  });

  it('counts if its time is ahead by a clock that is wrong by minutes, and not by more', () => {
    const item = { pk: 'x', readAt: NOW };
    expect(readAtOf(item, {}, NOW - 5 * MINUTE)).toBe(NOW);
    expect(readAtOf(item, {}, NOW - 5 * MINUTE - 1)).toBeUndefined();
  });

  it.each([
    ['that is not there', undefined],
    ['without a time', { pk: 'x' }],
    ['with a time as text', { pk: 'x', readAt: String(NOW) }],
    ['that an event discarded', { pk: 'x', readAt: NOW, discarded: true }],
    ['that is discarded in any form', { pk: 'x', readAt: NOW, discarded: false }],
  ])('%s does not count', (_, item) => {
    expect(readAtOf(item, {}, NOW)).toBeUndefined();
  });
});

describe('what an instance remembers', () => {
  function remembering(maxWeight = 10) {
    const clock = createManualClock(NOW);
    const memory = new Memory<string>(clock, maxWeight, (value) => value.length);
    return { clock, memory };
  }

  it('counts for five minutes after it was remembered, however new it is', () => {
    const { clock, memory } = remembering();
    memory.set(1, 'a', NOW + HOUR, {});
    clock.time = NOW + 5 * MINUTE - 1;
    expect(memory.get(1, {})).toBe('a');
    clock.time = NOW + 5 * MINUTE;
    expect(memory.get(1, {})).toBeUndefined();
  });

  it('counts only while the reading itself does', () => {
    const { memory } = remembering();
    memory.set(1, 'a', NOW - HOUR + 1, {});
    expect(memory.get(1, {})).toBe('a');
    expect(memory.get(1, { maxAgeMs: HOUR - 1 })).toBeUndefined();
    memory.set(1, 'a', NOW - HOUR, {});
    expect(memory.get(1, {})).toBeUndefined();
  });

  it('does not count under a newer version of the directory', () => {
    const { memory } = remembering();
    memory.set(1, 'a', NOW, { version: 5 });
    expect(memory.get(1, { version: 4 })).toBe('a');
    expect(memory.get(1, { version: 5 })).toBe('a');
    expect(memory.get(1, { version: 6 })).toBeUndefined();
    expect(memory.get(1, {})).toBe('a');
    memory.set(2, 'b', NOW, {});
    expect(memory.get(2, { version: 1 })).toBeUndefined();
  });

  it('is bounded: when it is full, it is forgotten', () => {
    const { memory } = remembering();
    memory.set(1, '12345', NOW, {});
    memory.set(2, '12345', NOW, {});
    expect([memory.get(1, {}), memory.get(2, {})]).toEqual(['12345', '12345']);
    memory.set(3, '1', NOW, {});
    expect([1, 2, 3].map((id) => memory.get(id, {}))).toEqual([undefined, undefined, '1']);
    memory.set(4, '123456789', NOW, {});
    expect([3, 4].map((id) => memory.get(id, {}))).toEqual(['1', '123456789']);
  });

  it('has room again for what was replaced or deleted', () => {
    const { memory } = remembering();
    memory.set(1, '12345', NOW, {});
    for (let at = 0; at < 5; at++) memory.set(2, '12345', NOW, {});
    expect(memory.get(1, {})).toBe('12345');
    memory.delete(2);
    memory.delete(2);
    memory.set(3, '12345', NOW, {});
    expect([1, 2, 3].map((id) => memory.get(id, {}))).toEqual(['12345', undefined, '12345']);
  });

  it('is nothing that is larger than all of it, also where a smaller one was remembered', () => {
    const { memory } = remembering();
    memory.set(1, '1234567890', NOW, {});
    expect(memory.get(1, {})).toBe('1234567890');
    memory.set(2, '12345678901', NOW, {});
    memory.set(1, '12345678901', NOW, {});
    expect([memory.get(1, {}), memory.get(2, {})]).toEqual([undefined, undefined]);
  });
});

describe('the directory record', () => {
  const key = { pk: 'ww1#directory', sk: 'directory' };

  it('is empty where there is none, and where it has nothing yet', () => {
    const empty = { version: 0, tags: [], deniedDepartments: [], namings: 0 };
    expect(readDirectoryRecord(undefined)).toEqual(empty);
    expect(readDirectoryRecord(key)).toEqual(empty);
  });

  it('has its ids in rising order', () => {
    const item: Item = {
      ...key,
      version: 3,
      tags: new Set([10, 9, 100]),
      deniedDepartments: new Set([7]),
      namings: 4,
    };
    expect(readDirectoryRecord(item)).toEqual({
      version: 3,
      tags: [9, 10, 100],
      deniedDepartments: [7],
      namings: 4,
    });
  });

  it.each([
    { version: '3' },
    { version: null },
    { tags: [7] },
    { tags: null },
    { tags: undefined },
    { deniedDepartments: 7 },
    { namings: true },
  ])('that cannot be read refuses: without it a denial would be passed over: %j', (part) => {
    expect(() => readDirectoryRecord({ ...key, ...part } as Item)).toThrow(StoreUnavailable);
  });
});
