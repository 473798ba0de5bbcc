import type { Clock } from '../clock.ts';
import { type DirectoryRecord, readDirectoryRecord } from '../directory/directoryRecord.ts';
import type { Item } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { directoryKey, grantKey, keyText } from '../tableKeys.ts';
import { type Grant, readGrant } from './grant.ts';
import { ANY_PERMISSION } from './permissionName.ts';

/** The grants of departments, tags and everyone, and the directory record, remembered shortly. */
export interface GroupGrants {
  /**
   * What is not remembered comes by one BatchGetItem, or by one for every hundred keys: the record
   * is one key, each subject is two.
   *
   * @param subjects keys of groups
   * @throws StoreUnavailable
   */
  read(subjects: readonly string[], permission: string): Promise<GroupFacts>;
}

export interface GroupFacts {
  /** Of these subjects, about this permission or `*`; expired ones too. */
  readonly grants: readonly Grant[];
  readonly directory: DirectoryRecord;
}

/** How late a group's new grant, or a raised version, reaches an instance: 10 seconds. */
export const GROUP_GRANTS_REMEMBERED = 10_000;
const ENTRIES = 10_000;
/** The most that one BatchGetItem takes. */
const BATCH_KEYS = 100;

type Key = { readonly pk: string; readonly sk: string };

export function createGroupGrants(table: Table, corpId: string, clock: Clock): GroupGrants {
  // That there is no such item is remembered too: it is the usual case.
  const directory = directoryKey(corpId);
  const memory = new Map<string, { item: Item | undefined; at: number }>();

  async function fetch(keys: readonly Key[]): Promise<Map<string, Item>> {
    const at = clock.now();
    const batches = [];
    for (let from = 0; from < keys.length; from += BATCH_KEYS) {
      batches.push(table.batchGet(keys.slice(from, from + BATCH_KEYS)));
    }
    const items = (await Promise.all(batches)).flat();
    const found = new Map(items.map((item) => [keyText(item), item]));
    if (memory.size + keys.length > ENTRIES) memory.clear();
    for (const key of keys) memory.set(keyText(key), { item: found.get(keyText(key)), at });
    return found;
  }

  return {
    async read(subjects, permission) {
      const oldest = clock.now() - GROUP_GRANTS_REMEMBERED;
      const grantKeys = subjects.flatMap((subject) => [
        grantKey(corpId, subject, permission),
        grantKey(corpId, subject, ANY_PERMISSION),
      ]);
      const items = new Map<string, Item | undefined>();
      const missing: Key[] = [];
      for (const key of [directory, ...grantKeys]) {
        const known = memory.get(keyText(key));
        if (known && known.at > oldest) items.set(keyText(key), known.item);
        else missing.push(key);
      }
      if (missing.length > 0) {
        for (const [name, item] of await fetch(missing)) items.set(name, item);
      }
      return {
        grants: grantKeys
          .map((key) => items.get(keyText(key)))
          .filter((item) => item !== undefined)
          .map(readGrant),
        directory: readDirectoryRecord(items.get(keyText(directory))),
      };
    },
  };
}
