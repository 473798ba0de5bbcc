import { describe, expect, it } from 'vitest';
import { readDirectoryRecord } from '../../../lib/directory/directoryRecord.ts';
import type { Item } from '../../../lib/dynamodb/item.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';

describe('the directory record', () => {
  const key = { pk: 'ww1#directory', sk: 'directory' };

  it('is empty if there is no item, and if the item has no attributes yet', () => {
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
  ])('that cannot be read is an error, because a denial could be missed: %j', (part) => {
    expect(() => readDirectoryRecord({ ...key, ...part } as Item)).toThrow(StoreUnavailable);
  });
});
