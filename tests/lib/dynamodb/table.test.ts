import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decode, encode, type Item, isNumberSet } from '../../../lib/dynamodb/item.ts';
import { createTable, type Key, type Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { output, startAwsService } from '../../harness/awsService.ts';
import { localDynamoDb } from '../../harness/localAws.ts';
import { createManualClock } from '../../harness/manualClock.ts';
import { PERMISSION_TABLE, startTables, type Tables } from '../../harness/tables.ts';

let tables: Tables;
let table: Table;
let pk: string;
let partitions = 0;

beforeAll(async () => {
  tables = await startTables();
  table = tables.permissions;
  return tables.close;
});

beforeEach(() => {
  pk = `partition-${partitions++}`;
  tables.front.requests.length = 0;
});

afterEach(() => tables.front.fail(undefined));

const NEW = { expression: 'attribute_not_exists(pk)' };
const HELD = { expression: 'holder = :holder', values: { ':holder': 'me' } };

describe('an item', () => {
  const value = fc.letrec<{ value: NonNullable<Item[string]> }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.string(),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.uniqueArray(fc.maxSafeInteger(), { minLength: 1 }).map((numbers) => new Set(numbers)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ minLength: 1 }), tie('value'), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    ),
  })).value;

  it('is read as it was put', async () => {
    const key = { pk, sk: 'sort' };
    await fc.assert(
      fc.asyncProperty(value, async (stored) => {
        await table.put({ ...key, stored });
        expect(await table.get(key)).toEqual({ ...key, stored });
      }),
      { numRuns: 50 },
    );
  });

  it('has no undefined attributes', () => {
    expect(decode(encode({ a: 1, b: undefined, c: { d: undefined } }))).toEqual({ a: 1, c: {} });
  });

  it('is undefined if there is none', async () => {
    expect(await table.get({ pk, sk: 'nothing' })).toBeUndefined();
  });
});

describe('a condition', () => {
  it('lets one of two concurrent writers put, and is false for the other', async () => {
    const put = (holder: string) => table.put({ pk, sk: 'lease', holder }, NEW);
    const written = await Promise.all([put('me'), put('you')]);
    expect(written.sort()).toEqual([false, true]);
  });

  it('leaves the item unchanged if it fails', async () => {
    const key = { pk, sk: 'lease' };
    await table.put({ ...key, holder: 'you' });
    const update = { expression: 'SET #n = :n', names: { '#n': 'name' }, values: { ':n': 'x' } };
    expect(await table.put({ ...key, holder: 'me' }, NEW)).toBe(false);
    expect(await table.update(key, update, 'attribute_not_exists(pk)')).toBe(false);
    expect(await table.delete(key, HELD)).toBe(false);
    expect(await table.get(key)).toEqual({ ...key, holder: 'you' });
  });

  it('lets a write through if it holds', async () => {
    const key = { pk, sk: 'lease' };
    await table.put({ ...key, holder: 'me' });
    const update = { expression: 'SET #n = :n', names: { '#n': 'name' }, values: { ':n': 'x' } };
    expect(await table.update(key, update, 'attribute_exists(pk)')).toBe(true);
    expect(await table.get(key)).toEqual({ ...key, holder: 'me', name: 'x' });
    expect(await table.delete(key, HELD)).toBe(true);
    expect(await table.get(key)).toBeUndefined();
  });

  it('is optional', async () => {
    const key = { pk, sk: 'x' };
    expect(await table.update(key, { expression: 'SET a = :a', values: { ':a': 1 } })).toBe(true);
    expect(await table.delete(key)).toBe(true);
    expect(await table.delete(key)).toBe(true);
  });
});

describe('a partition', () => {
  async function fill(...sorts: string[]) {
    for (const sk of sorts) await table.put({ pk, sk });
  }

  it('is read in the order of its sort keys, whole or by a prefix', async () => {
    await fill('b#2', 'a#1', 'b#1');
    const sorts = async (options?: { prefix: string }) =>
      (await table.query(pk, options)).items.map(({ sk }) => sk);
    expect(await sorts()).toEqual(['a#1', 'b#1', 'b#2']);
    expect(await sorts({ prefix: 'b#' })).toEqual(['b#1', 'b#2']);
    expect(await sorts({ prefix: 'c#' })).toEqual([]);
  });

  it('is read page by page, each with one request and no item twice', async () => {
    await fill('1', '2', '3', '4', '5');
    tables.front.requests.length = 0;
    const seen: unknown[] = [];
    let after: Key | undefined;
    do {
      const page = await table.query(pk, { limit: 2, ...(after && { after }) });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ sk }) => sk));
      after = page.next;
    } while (after);
    expect(seen).toEqual(['1', '2', '3', '4', '5']);
    expect(tables.front.requests).toHaveLength(3);
  });
});

describe('a list', () => {
  const listName = 'corp#grants';
  const keys = ({ items }: { items: Item[] }) => items.map(({ pk, sk }) => `${pk} ${sk}`);

  it('has the items of all partitions that name it, in the order of their sort keys', async () => {
    await table.put({ pk: 'b', sk: '1', listName });
    await table.put({ pk: 'a', sk: '2', listName });
    await table.put({ pk: 'a', sk: '3' });
    await table.put({ pk: 'a', sk: '4', listName: 'other#grants' });
    expect(keys(await table.list(listName))).toEqual(['b 1', 'a 2']);
    expect(keys(await table.list(listName, { descending: true }))).toEqual(['a 2', 'b 1']);
    expect(keys(await table.list(listName, { sk: '2' }))).toEqual(['a 2']);
    expect(keys(await table.list(listName, { above: '1' }))).toEqual(['a 2']);
  });

  it('is read page by page, also where items have the same sort key', async () => {
    for (const each of ['a', 'b', 'c']) await table.put({ pk: each, sk: '1', listName });
    const seen: string[] = [];
    let after: Key | undefined;
    do {
      const page = await table.list(listName, { sk: '1', limit: 2, ...(after && { after }) });
      seen.push(...keys(page));
      // As a cursor keeps it.
      after = page.next && { pk: page.next.pk, sk: String(page.next.sk) };
    } while (after);
    expect(seen.sort()).toEqual(['a 1', 'b 1', 'c 1']);
  });
});

describe('many keys at once', () => {
  it('are one request, and return the items that exist', async () => {
    await table.put({ pk, sk: '1', n: 1 });
    await table.put({ pk, sk: '2', n: 2 });
    tables.front.requests.length = 0;
    const found = await table.batchGet(['1', '2', '3'].map((sk) => ({ pk, sk })));
    expect(found.map(({ n }) => n).sort()).toEqual([1, 2]);
    expect(tables.front.requests).toEqual([`BatchGetItem ${PERMISSION_TABLE}`]);
  });

  describe('that DynamoDB returns as unprocessed', () => {
    const one = { pk: { S: pk }, sk: { S: '1' } };
    const two = { pk: { S: pk }, sk: { S: '2' } };
    const inPart = output({
      Responses: { [PERMISSION_TABLE]: [one] },
      UnprocessedKeys: { [PERMISSION_TABLE]: { Keys: [two], ConsistentRead: true } },
    });
    const keys = ['1', '2'].map((sk) => ({ pk, sk }));

    it('are requested again, and no others', async () => {
      const rest = output({ Responses: { [PERMISSION_TABLE]: [two] }, UnprocessedKeys: {} });
      const service = await startAwsService(inPart, rest);
      const found = await createTable(localDynamoDb(service.url), PERMISSION_TABLE).batchGet(keys);
      expect(found.map(({ sk }) => sk)).toEqual(['1', '2']);
      const again = { [PERMISSION_TABLE]: { Keys: [two], ConsistentRead: true } };
      expect(service.requests[1]?.input).toEqual({ RequestItems: again });
    });

    it('are an error after a second', async () => {
      const service = await startAwsService(inPart);
      const clock = createManualClock(0);
      const patient = createTable(localDynamoDb(service.url), PERMISSION_TABLE, clock);
      await expect(patient.batchGet(keys)).rejects.toMatchObject({
        code: 'ERR_STORE_UNAVAILABLE',
        details: { reason: 'UnprocessedKeys' },
      });
      expect(clock.time).toBeGreaterThan(500);
      expect(clock.time).toBeLessThanOrEqual(1_000);
      expect(service.requests.length).toBeLessThan(10);
    });
  });

  it('have no item if the response has none', async () => {
    const { url } = await startAwsService(output({ Responses: {}, UnprocessedKeys: {} }));
    const empty = createTable(localDynamoDb(url), PERMISSION_TABLE);
    expect(await empty.batchGet([{ pk, sk: '1' }])).toEqual([]);
  });

  it('are an error if the response is empty: a denial could seem absent', async () => {
    const { url } = await startAwsService(output({}));
    const empty = createTable(localDynamoDb(url), PERMISSION_TABLE);
    const details = { reason: expect.stringContaining('without') };
    await expect(empty.batchGet([{ pk, sk: '1' }])).rejects.toMatchObject({ details });
    await expect(empty.query(pk)).rejects.toMatchObject({ details });
  });
});

describe('a set of numbers', () => {
  const key = { pk: 'set', sk: 'x' };

  it('is read as one, and numbers can be added and deleted', async () => {
    await table.put({ ...key, tags: new Set([1, 20]) });
    const ids = (...numbers: number[]) => ({ ':ids': new Set(numbers) });
    await table.update(key, { expression: 'ADD tags :ids', values: ids(20, 300) });
    expect((await table.get(key))?.['tags']).toEqual(new Set([1, 20, 300]));
    await table.update(key, { expression: 'DELETE tags :ids', values: ids(1, 20) });
    const tags = (await table.get(key))?.['tags'];
    expect(isNumberSet(tags) && [...tags]).toEqual([300]);
  });

  it('can be tested for a number in a condition', async () => {
    await table.put({ ...key, tags: new Set([1, 20]) });
    const update = (id: number) =>
      table.update(
        key,
        { expression: 'SET n = :n', values: { ':n': 1, ':id': id } },
        'contains(tags, :id)',
      );
    expect([await update(20), await update(2)]).toEqual([true, false]);
  });
});

describe('a read', () => {
  it('is strongly consistent', async () => {
    const { url, requests } = await startAwsService(output({ Items: [], Responses: {} }));
    const recorded = createTable(localDynamoDb(url), PERMISSION_TABLE);
    await recorded.get({ pk, sk: '1' });
    await recorded.query(pk);
    await recorded.batchGet([{ pk, sk: '1' }]);
    expect(requests).toHaveLength(3);
    for (const { input } of requests)
      expect(JSON.stringify(input)).toContain('"ConsistentRead":true');
  });
});

describe('an error of DynamoDB', () => {
  const KEY = { pk: 'CANARY', sk: 'CANARY' };
  const operations: [string, () => Promise<unknown>][] = [
    ['get', () => table.get(KEY)],
    ['put', () => table.put(KEY, NEW)],
    ['update', () => table.update(KEY, { expression: 'REMOVE a' })],
    ['delete', () => table.delete(KEY, HELD)],
    ['query', () => table.query('CANARY')],
    ['list', () => table.list('CANARY')],
    ['batchGet', () => table.batchGet([KEY])],
  ];

  it.each(operations)('is StoreUnavailable on %s, and names no key', async (_name, operate) => {
    for (const how of ['throttled', 'down'] as const) {
      tables.front.fail(how);
      const error = await operate().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(
        'CANARY',
      );
    }
  });

  it('is named as the reason', async () => {
    tables.front.fail('throttled');
    await expect(table.get(KEY)).rejects.toMatchObject({
      details: { reason: 'ProvisionedThroughputExceededException' },
    });
  });

  it('is not a failed condition if the request is invalid', async () => {
    await expect(table.put({ pk, sk: '' }, NEW)).rejects.toMatchObject({
      details: { reason: 'ValidationException' },
    });
  });
});
