import { type Item, isNumber, isNumberSet } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import { directoryKey } from '../tableKeys.ts';

/** What concerns all members of the corp: one item of the permission table. */
export interface DirectoryRecord {
  /**
   * Rises when a change of departments or tags may move members. Groups that were computed under an
   * older version are computed again, so one write covers every member.
   */
  readonly version: number;
  /** The tags that grants name, in rising order. No other tag is read from WeCom. */
  readonly tags: readonly number[];
  /**
   * The departments that denials name, in rising order. If the departments above a member are not
   * known, any of these may be among them.
   */
  readonly deniedDepartments: readonly number[];
  /** Rises each time a grant names a tag or a denial names a department; see `unname`. */
  readonly namings: number;
}

/** The most tags that grants may name: each is one more call of WeCom. */
export const NAMED_TAGS = 100;

/**
 * @param item the item, if there is one yet
 * @throws StoreUnavailable if it cannot be read: without the ids a denial would be missed
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

/**
 * Records that a grant names the tag. Call it before and after the grant is written. After the first
 * call the grant is read even if the command dies. The second call makes an `unname` fail that has not
 * seen the grant.
 *
 * @throws StoreUnavailable
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

/** Records that a denial names the department. Call it before and after, as `nameTag`. */
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

/**
 * Records that grants no longer name the tag, or denials the department. It has no effect if a grant has
 * named any group since `seen` was read.
 *
 * @param set the names are fixed, so that a role can be limited to these attributes
 * @throws StoreUnavailable
 */
export async function unname(
  table: Table,
  corpId: string,
  set: 'tags' | 'deniedDepartments',
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
