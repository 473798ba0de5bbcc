import { beforeAll, describe, expect, it } from 'vitest';
import { scan } from '../../../commands/administration/scan.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { PERMISSION_TABLE, startTables, type Tables } from '../../harness/tables.ts';

let tables: Tables;

beforeAll(async () => {
  tables = await startTables();
  return tables.close;
});

describe('a scan', () => {
  it('gives all that passes the filter, past the end of a page', async () => {
    const pk = 'partition';
    // A page ends at 1 MB.
    const filler = 'x'.repeat(300_000);
    for (const sk of ['1', '2', '3', '4', '5', '6'])
      await tables.permissions.put({ pk, sk, filler });
    tables.front.requests.length = 0;
    const filter = { expression: 'pk = :pk AND sk <> :two', values: { ':pk': pk, ':two': '2' } };
    const sorts: unknown[] = [];
    for await (const { sk } of scan(tables.client, PERMISSION_TABLE, filter)) sorts.push(sk);
    expect(sorts.sort()).toEqual(['1', '3', '4', '5', '6']);
    expect(tables.front.requests.length).toBeGreaterThan(1);
  });

  it('ends with an error where DynamoDB does, not early', async () => {
    tables.front.fail('throttled');
    const items = scan(tables.client, PERMISSION_TABLE, { expression: 'attribute_exists(pk)' });
    await expect(items.next()).rejects.toBeInstanceOf(StoreUnavailable);
  });
});
