import { describe, expect, it } from 'vitest';
import { Memory, oldestReadAt, readAtOf } from '../../../lib/directory/sharedCache.ts';
import { createManualClock } from '../../harness/manualClock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = 1_800_000_000_000;

describe('an answer in the cache table', () => {
  it('is used for an hour, or for less if the caller says so, and never for more', () => {
    expect(oldestReadAt({}, NOW)).toBe(NOW - HOUR);
    expect(oldestReadAt({ maxAgeMs: MINUTE }, NOW)).toBe(NOW - MINUTE);
    expect(oldestReadAt({ maxAgeMs: 0 }, NOW)).toBe(NOW);
    expect(oldestReadAt({ maxAgeMs: 2 * HOUR }, NOW)).toBe(NOW - HOUR);
  });

  it('is used until its age reaches the limit', () => {
    const item = { pk: 'x', readAt: NOW };
    expect(readAtOf(item, {}, NOW + HOUR - 1)).toBe(NOW);
    expect(readAtOf(item, {}, NOW + HOUR)).toBeUndefined();
  });

  it('is used if its time is at most five minutes in the future', () => {
    const item = { pk: 'x', readAt: NOW };
    expect(readAtOf(item, {}, NOW - 5 * MINUTE)).toBe(NOW);
    expect(readAtOf(item, {}, NOW - 5 * MINUTE - 1)).toBeUndefined();
  });

  it.each([
    ['that does not exist', undefined],
    ['without a time', { pk: 'x' }],
    ['with a time as text', { pk: 'x', readAt: String(NOW) }],
    ['that an event discarded', { pk: 'x', readAt: NOW, discarded: true }],
    ['that is discarded in any form', { pk: 'x', readAt: NOW, discarded: false }],
  ])('%s is not used', (_, item) => {
    expect(readAtOf(item, {}, NOW)).toBeUndefined();
  });
});

describe('a value in memory', () => {
  function newMemory(maxWeight = 10) {
    const clock = createManualClock(NOW);
    const memory = new Memory<string>(clock, maxWeight, (value) => value.length);
    return { clock, memory };
  }

  it('is used for five minutes, however new the answer is', () => {
    const { clock, memory } = newMemory();
    memory.set(1, 'a', NOW + HOUR, {});
    clock.time = NOW + 5 * MINUTE - 1;
    expect(memory.get(1, {})).toBe('a');
    clock.time = NOW + 5 * MINUTE;
    expect(memory.get(1, {})).toBeUndefined();
  });

  it('is used only while the answer may be used', () => {
    const { memory } = newMemory();
    memory.set(1, 'a', NOW - HOUR + 1, {});
    expect(memory.get(1, {})).toBe('a');
    expect(memory.get(1, { maxAgeMs: HOUR - 1 })).toBeUndefined();
    memory.set(1, 'a', NOW - HOUR, {});
    expect(memory.get(1, {})).toBeUndefined();
  });

  it('is not used under a newer version of the directory', () => {
    const { memory } = newMemory();
    memory.set(1, 'a', NOW, { version: 5 });
    expect(memory.get(1, { version: 4 })).toBe('a');
    expect(memory.get(1, { version: 5 })).toBe('a');
    expect(memory.get(1, { version: 6 })).toBeUndefined();
    expect(memory.get(1, {})).toBe('a');
    memory.set(2, 'b', NOW, {});
    expect(memory.get(2, { version: 1 })).toBeUndefined();
  });

  it('is dropped with all others when the memory is full', () => {
    const { memory } = newMemory();
    memory.set(1, '12345', NOW, {});
    memory.set(2, '12345', NOW, {});
    expect([memory.get(1, {}), memory.get(2, {})]).toEqual(['12345', '12345']);
    memory.set(3, '1', NOW, {});
    expect([1, 2, 3].map((id) => memory.get(id, {}))).toEqual([undefined, undefined, '1']);
    memory.set(4, '123456789', NOW, {});
    expect([3, 4].map((id) => memory.get(id, {}))).toEqual(['1', '123456789']);
  });

  it('frees its room when it is replaced or deleted', () => {
    const { memory } = newMemory();
    memory.set(1, '12345', NOW, {});
    for (let at = 0; at < 5; at++) memory.set(2, '12345', NOW, {});
    expect(memory.get(1, {})).toBe('12345');
    memory.delete(2);
    memory.delete(2);
    memory.set(3, '12345', NOW, {});
    expect([1, 2, 3].map((id) => memory.get(id, {}))).toEqual(['12345', undefined, '12345']);
  });

  it('is not kept if it is larger than the memory, nor is the smaller value before it', () => {
    const { memory } = newMemory();
    memory.set(1, '1234567890', NOW, {});
    expect(memory.get(1, {})).toBe('1234567890');
    memory.set(2, '12345678901', NOW, {});
    memory.set(1, '12345678901', NOW, {});
    expect([memory.get(1, {}), memory.get(2, {})]).toEqual([undefined, undefined]);
  });
});
