import type { Item } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { type Grant, readGrant } from '../permissions/grant.ts';
import { ANY_PERMISSION } from '../permissions/permissionName.ts';
import { GRANT, listName } from '../tableKeys.ts';

/*
 * The lists of the whole corp; see tableKeys.ts. They may lack a change of the last second, so a grant is read
 * again before it is changed.
 */

export interface Corp {
  readonly table: Table;
  readonly corpId: string;
}

/** Of 1 MB each: a million grants. */
const MAX_PAGES = 300;

/**
 * Every item of a list.
 *
 * @param options.sk only those with this very sort key
 * @throws StoreUnavailable also if there are more than can be read
 */
export async function readList(
  { table, corpId }: Corp,
  kind: Parameters<typeof listName>[1],
  options: { readonly sk?: string } = {},
): Promise<Item[]> {
  const items: Item[] = [];
  let after: Key | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const found = await table.list(listName(corpId, kind), { ...options, ...(after && { after }) });
    items.push(...found.items);
    if (found.next === undefined) return items;
    after = found.next;
  }
  throw new StoreUnavailable('A list has more items than can be read', { reason: 'too many' });
}

/** The grants of a permission and of `*`, expired ones included. @throws StoreUnavailable */
export async function grantsOfPermission(corp: Corp, permission: string): Promise<Grant[]> {
  const names = [...new Set([permission, ANY_PERMISSION])];
  const lists = await Promise.all(
    names.map((name) => readList(corp, 'grants', { sk: GRANT + name })),
  );
  return lists.flat().map(readGrant);
}
