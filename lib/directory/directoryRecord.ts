import { type Item, isNumber, isNumberSet } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { directoryKey } from '../tableKeys.ts';

/** What every instance has to know about the whole corp: one item of the permission table. */
export interface DirectoryRecord {
  /**
   * Rises when departments or tags changed in a way that may move members. Groups that were computed
   * under an older version are computed again, so one write covers 50 000 members.
   */
  readonly version: number;
  /** The tags that grants name, in rising order: WeCom is asked about no others. */
  readonly tags: readonly number[];
  /**
   * The departments that denials name, in rising order. If the departments above a member are not
   * known, any of these may be among them.
   */
  readonly deniedDepartments: readonly number[];
  /** Rises whenever a grant names a group; see `unname`. */
  readonly namings: number;
}

/** The most tags that grants may name: each is one more call of WeCom. */
export const NAMED_TAGS = 100;

/**
 * @param item the item, if there is one yet
 * @throws StoreUnavailable if it cannot be read: without the groups' names a denial would be missed
 */
export function readDirectoryRecord(item: Item | undefined): DirectoryRecord {
  return {
    version: numberIn(item, 'version'),
    tags: idsIn(item, 'tags'),
    deniedDepartments: idsIn(item, 'deniedDepartments'),
    namings: numberIn(item, 'namings'),
  };
}

function numberIn(item: Item | undefined, name: string): number {
  if (item === undefined || !(name in item)) return 0;
  const value = item[name];
  if (!isNumber(value)) throw unreadable(name);
  return value;
}

/** DynamoDB has no empty set: an absent attribute is one. */
function idsIn(item: Item | undefined, name: string): number[] {
  if (item === undefined || !(name in item)) return [];
  const value = item[name];
  if (!isNumberSet(value)) throw unreadable(name);
  return [...value].sort((a, b) => a - b);
}

function unreadable(attribute: string): StoreUnavailable {
  return new StoreUnavailable('The directory record cannot be read', {
    reason: 'unknown format',
    attribute,
    advice:
      'Delete the item from the permission table. Then grant again what names tags, and deny again what names departments.',
  });
}

/** The sets of the record. Their names are fixed, so that a role can be limited to them. */
type NamedSet = 'tags' | 'deniedDepartments';

/**
 * Records that a grant names the tag. Call it before and after the grant is written: if the command
 * dies in between, the grant is still read, and an `unnameTag` at the same time either sees the grant
 * or fails.
 */
export async function nameTag(table: Table, corpId: string, id: number): Promise<void> {
  const key = directoryKey(corpId);
  const first = {
    expression: 'ADD tags :ids, #version :one, namings :one',
    names: { '#version': 'version' },
    values: { ':ids': new Set([id]), ':id': id, ':one': 1 },
  };
  if (await table.update(key, first, 'NOT contains(tags, :id)')) return;
  await table.update(key, { expression: 'ADD namings :one', values: { ':one': 1 } });
}

/** Records that no grant names the tag any more, unless one was named since the record was read. */
export function unnameTag(
  table: Table,
  corpId: string,
  id: number,
  seen: DirectoryRecord,
): Promise<void> {
  return unname(table, corpId, 'tags', id, seen);
}

/** Records that a denial names the department. Call it before and after, like `nameTag`. */
export async function nameDeniedDepartment(
  table: Table,
  corpId: string,
  id: number,
): Promise<void> {
  // The version stays: this changes no member's groups.
  await table.update(directoryKey(corpId), {
    expression: 'ADD deniedDepartments :ids, namings :one',
    values: { ':ids': new Set([id]), ':one': 1 },
  });
}

/** Records that no denial names the department any more, unless one was named since the read. */
export function unnameDeniedDepartment(
  table: Table,
  corpId: string,
  id: number,
  seen: DirectoryRecord,
): Promise<void> {
  return unname(table, corpId, 'deniedDepartments', id, seen);
}

async function unname(
  table: Table,
  corpId: string,
  set: NamedSet,
  id: number,
  seen: DirectoryRecord,
): Promise<void> {
  await table.update(
    directoryKey(corpId),
    {
      expression: `DELETE ${set} :ids`,
      values: { ':ids': new Set([id]), ':seen': seen.namings },
    },
    'namings = :seen',
  );
}

/** Raises the version: after a change of departments, or of a tag that a grant names. */
export async function raiseVersion(table: Table, corpId: string): Promise<void> {
  await table.update(directoryKey(corpId), {
    expression: 'ADD #version :one',
    names: { '#version': 'version' },
    values: { ':one': 1 },
  });
}
