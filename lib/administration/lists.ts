import type { Item } from '../dynamodb/item.ts';
import type { Key, Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { type AuditLine, readAudit } from '../permissions/audit.ts';
import { type Grant, readGrant } from '../permissions/grant.ts';
import {
  ACCESS,
  ADMIN_CLIENTS,
  ADMIN_PERMISSIONS,
  ANY_PERMISSION,
  VERIFY_ANY,
} from '../permissions/permissionName.ts';
import { auditPartition, GRANT, listName, subjectPartition } from '../tableKeys.ts';
import { readCursor, writeCursor } from './cursor.ts';

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

/** Items of a page for an administrator. */
const PAGE_ITEMS = 100;

export interface GrantPage {
  readonly grants: readonly Grant[];
  /** Absent on the last page. */
  readonly next?: string;
}

/**
 * One page of grants, in the order of their permissions.
 *
 * @param filter.subject its key; these grants are read consistently
 * @throws InvalidInput for a bad cursor; StoreUnavailable
 */
export async function grantPage(
  { table, corpId }: Corp,
  filter: { readonly subject?: string; readonly permission?: string },
  cursor: string | undefined,
): Promise<GrantPage> {
  const { subject, permission } = filter;
  if (subject !== undefined) {
    const pk = subjectPartition(corpId, subject);
    const isOurs = (key: { pk: string; sk: string }) => key.pk === pk && key.sk.startsWith(GRANT);
    const after = readCursor(cursor, corpId, isOurs);
    const page = { prefix: GRANT, limit: PAGE_ITEMS, ...(after && { after }) };
    return toGrants(await table.query(pk, page));
  }
  if (permission === undefined) {
    const after = readCursor(cursor, corpId, ({ sk }) => sk.startsWith(GRANT));
    const page = { limit: PAGE_ITEMS, ...(after && { after }) };
    return toGrants(await table.list(listName(corpId, 'grants'), page));
  }
  // First those of the permission, then those of `*`.
  const sorts = [...new Set([GRANT + permission, GRANT + ANY_PERMISSION])];
  let after = readCursor(cursor, corpId, ({ sk }) => sorts.includes(sk));
  const items: Item[] = [];
  for (const sk of sorts.slice(after ? sorts.indexOf(String(after.sk)) : 0)) {
    const limit = PAGE_ITEMS - items.length;
    // A page that is full: the rest is on the next one, from the last item on.
    if (limit === 0) return toGrants({ items, next: keyOfItem(items.at(-1)) });
    const page = { sk, limit, ...(after && { after }) };
    const found = await table.list(listName(corpId, 'grants'), page);
    items.push(...found.items);
    if (found.next) return toGrants({ items, next: found.next });
    after = undefined;
  }
  return toGrants({ items });
}

function toGrants({ items, next }: { items: Item[]; next?: Key | undefined }): GrantPage {
  return { grants: items.map(readGrant), ...(next && { next: writeCursor(next) }) };
}

function keyOfItem(item: Item | undefined): Key {
  return { pk: String(item?.['pk']), sk: String(item?.['sk']) };
}

/** Enough for an administrator to choose from. */
const MAX_PERMISSIONS = 500;

/**
 * The permissions in use: those that grants name, `others`, and those of wecom-auth itself; without `*`.
 * It reads a page of grants, and then goes on behind the last permission of it, so that a permission with
 * many grants is not read to its end.
 *
 * @param others such as those that applications need
 * @throws StoreUnavailable
 */
export async function permissionsInUse(
  { table, corpId }: Corp,
  others: readonly string[],
): Promise<{ readonly permissions: string[]; readonly more: boolean }> {
  const names = new Set([ACCESS, ADMIN_CLIENTS, ADMIN_PERMISSIONS, VERIFY_ANY, ...others]);
  let above: string | undefined;
  do {
    const { items, next } = await table.list(listName(corpId, 'grants'), above ? { above } : {});
    for (const { sk } of items) names.add(String(sk).slice(GRANT.length));
    above = next && String(next.sk);
  } while (above !== undefined && names.size <= MAX_PERMISSIONS);
  names.delete(ANY_PERMISSION);
  const all = [...names].sort();
  const more = above !== undefined || all.length > MAX_PERMISSIONS;
  return { permissions: all.slice(0, MAX_PERMISSIONS), more };
}

export interface HistoryPage {
  /** The newest first. */
  readonly lines: readonly AuditLine[];
  readonly next?: string;
}

/**
 * One page of the changes of grants, of one subject or of all.
 *
 * @param subject its key
 * @throws InvalidInput for a bad cursor; StoreUnavailable
 */
export async function historyPage(
  { table, corpId }: Corp,
  subject: string | undefined,
  cursor: string | undefined,
): Promise<HistoryPage> {
  const audit = auditPartition(corpId, subject ?? '');
  const isOurs = ({ pk }: { pk: string }) =>
    subject === undefined ? pk.startsWith(audit) : pk === audit;
  const after = readCursor(cursor, corpId, isOurs);
  const options = { limit: PAGE_ITEMS, descending: true, ...(after && { after }) };
  const { items, next } =
    subject === undefined
      ? await table.list(listName(corpId, 'audit'), options)
      : await table.query(audit, options);
  const lines = items.map(readAudit).filter((line) => line !== undefined);
  return { lines, ...(next && { next: writeCursor(next) }) };
}
