import type { Item } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';

/**
 * Reads all items of a partition, page by page. A page has 1 MB: thousands of grants.
 *
 * @param options.prefix of the sort key
 * @param options.pages the most pages to read
 * @throws StoreUnavailable also if there are more pages, rather than return a part of the items
 */
export async function readPartition(
  table: Table,
  pk: string,
  { prefix, pages }: { readonly prefix?: string; readonly pages: number },
): Promise<Item[]> {
  const items: Item[] = [];
  let after: Key | undefined;
  for (let page = 0; page < pages; page++) {
    const { items: more, next } = await table.query(pk, {
      ...(prefix && { prefix }),
      ...(after && { after }),
    });
    items.push(...more);
    if (next === undefined) return items;
    after = next;
  }
  throw new StoreUnavailable('A partition has more items than can be read', { reason: 'too many' });
}
