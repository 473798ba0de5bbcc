import { type Item, isNumber } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { directoryKey } from '../tableKeys.ts';

/** What every instance has to know of the whole company, in one item of the permission table. */
export interface DirectoryRecord {
  /**
   * Rises when departments or tags changed in a way that may move members. What was worked out of
   * an older version is worked out again: one number reaches 50 000 members without touching them.
   */
  readonly version: number;
  /** The tags that grants name, in rising order: WeCom is asked about no others. */
  readonly tags: readonly number[];
  /** Rises whenever a grant names a tag; see `unnameTag`. */
  readonly namings: number;
}

/** Each named tag is one more question to WeCom. */
export const NAMED_TAGS = 100;

/** Each named tag is an attribute, so that naming one is one conditional write. */
const TAG = 'tag:';

/** @param item the item, if there is one yet */
export function readDirectoryRecord(item: Item | undefined): DirectoryRecord {
  const tags = Object.keys(item ?? {})
    .filter((name) => name.startsWith(TAG))
    .map((name) => Number(name.slice(TAG.length)));
  const { version, namings } = item ?? {};
  return {
    version: isNumber(version) ? version : 0,
    tags: tags.sort((a, b) => a - b),
    namings: isNumber(namings) ? namings : 0,
  };
}

/**
 * Notes that a grant names the tag: called after the grant is written, so that `unnameTag`, run by
 * somebody else at the same time, either sees the grant or fails.
 */
export async function nameTag(table: Table, corpId: string, id: number): Promise<void> {
  const names = { '#tag': `${TAG}${id}`, '#version': 'version' };
  const values = { ':true': true, ':one': 1 };
  const first = { expression: 'SET #tag = :true ADD #version :one, namings :one', names, values };
  if (await table.update(directoryKey(corpId), first, 'attribute_not_exists(#tag)')) return;
  await table.update(directoryKey(corpId), {
    expression: 'ADD namings :one',
    values: { ':one': 1 },
  });
}

/** Notes that no grant names the tag any more, unless one did since the record was read. */
export async function unnameTag(
  table: Table,
  corpId: string,
  id: number,
  seen: DirectoryRecord,
): Promise<void> {
  await table.update(
    directoryKey(corpId),
    {
      expression: 'REMOVE #tag',
      names: { '#tag': `${TAG}${id}` },
      values: { ':seen': seen.namings },
    },
    'namings = :seen',
  );
}

/** Raises the version: after a change of departments, or of a tag if a grant names it. */
export async function raiseVersion(table: Table, corpId: string, tag?: number): Promise<void> {
  const raise = 'ADD #version :one';
  const version = { '#version': 'version' };
  const values = { ':one': 1 };
  if (tag === undefined) {
    await table.update(directoryKey(corpId), { expression: raise, names: version, values });
  } else {
    const names = { ...version, '#tag': `${TAG}${tag}` };
    await table.update(
      directoryKey(corpId),
      { expression: raise, names, values },
      'attribute_exists(#tag)',
    );
  }
}
