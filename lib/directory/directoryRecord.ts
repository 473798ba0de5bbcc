import * as v from 'valibot';
import type { Item } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';

/** What every instance has to know of the whole company, in one item of the permission table. */
export interface DirectoryRecord {
  /**
   * Rises when departments or tags changed in a way that may move members. What was worked out of
   * an older version is worked out again: one number reaches 50 000 members without touching them.
   */
  readonly version: number;
  /** The tags that grants name, in rising order: WeCom is asked about no others. */
  readonly tags: readonly number[];
}

/** Each named tag is one more question to WeCom. */
export const NAMED_TAGS = 100;

export const directoryKey = { pk: 'directory', sk: 'directory' } as const;

/** Each named tag is an attribute, so that naming one is one conditional write. */
const TAG = 'tag:';

/** @param item the item, if there is one yet */
export function readDirectoryRecord(item: Item | undefined): DirectoryRecord {
  const tags = Object.keys(item ?? {})
    .filter((name) => name.startsWith(TAG))
    .map((name) => Number(name.slice(TAG.length)));
  const version = v.safeParse(v.number(), item?.['version']);
  return { version: version.success ? version.output : 0, tags: tags.sort((a, b) => a - b) };
}

/** Notes that a grant names the tag; the version rises if none did before. */
export async function nameTag(table: Table, id: number): Promise<void> {
  await table.update(directoryKey, changed(id, 'SET #tag = :true'), 'attribute_not_exists(#tag)');
}

/** Raises the version: with a tag, only if a grant names it. */
export async function raiseVersion(table: Table, tag?: number): Promise<void> {
  if (tag === undefined) {
    await table.update(directoryKey, {
      expression: 'ADD #version :one',
      names: { '#version': 'version' },
      values: { ':one': 1 },
    });
  } else {
    await table.update(directoryKey, changed(tag, 'SET #tag = :true'), 'attribute_exists(#tag)');
  }
}

function changed(tag: number, expression: string) {
  return {
    expression: `${expression} ADD #version :one`,
    names: { '#tag': `${TAG}${tag}`, '#version': 'version' },
    values: { ':true': true, ':one': 1 },
  };
}
