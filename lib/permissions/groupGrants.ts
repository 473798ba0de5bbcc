import type { TimeSource } from '../clock.ts';
import { type DirectoryRecord, readDirectoryRecord } from '../directory/directoryRecord.ts';
import type { Item } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { directoryKey, grantKey, keyText } from '../tableKeys.ts';
import { type Grant, readGrant } from './grant.ts';
import { ANY_PERMISSION } from './permissionName.ts';

/** What `GroupGrants.read` found. */
export interface GroupFacts {
  /** Grants of the groups for the permission or `*`, expired ones included. */
  readonly grants: readonly Grant[];
  readonly directory: DirectoryRecord;
}

/** The longest delay until an instance sees a changed grant of a group, or a raised version. */
export const GROUP_GRANTS_TTL_MS = 10_000;
/** Items in memory. */
const MEMORY_ENTRIES = 10_000;

type Key = { readonly pk: string; readonly sk: string };

/** The grants of departments, tags and everyone, and the directory record, cached for ten seconds. */
export class GroupGrants {
  readonly #table: Table;
  readonly #corpId: string;
  readonly #clock: TimeSource;
  /** Absent items are cached too: most keys have none. */
  readonly #memory = new Map<string, { item: Item | undefined; at: number }>();

  constructor(parts: {
    readonly table: Table;
    readonly corpId: string;
    readonly clock: TimeSource;
  }) {
    this.#table = parts.table;
    this.#corpId = parts.corpId;
    this.#clock = parts.clock;
  }

  /**
   * Reads what is not cached with one BatchGetItem for every hundred keys: one key for the record, two
   * for each group.
   *
   * @param groups subject keys
   * @param permission a name, or `*` for the grants of `*` alone
   * @throws StoreUnavailable
   */
  async read(groups: readonly string[], permission: string): Promise<GroupFacts> {
    const oldest = this.#clock.now() - GROUP_GRANTS_TTL_MS;
    const directory = directoryKey(this.#corpId);
    const names = permission === ANY_PERMISSION ? [permission] : [permission, ANY_PERMISSION];
    const grantKeys = groups.flatMap((group) =>
      names.map((name) => grantKey(this.#corpId, group, name)),
    );
    const items = new Map<string, Item | undefined>();
    const missing: Key[] = [];
    for (const key of [directory, ...grantKeys]) {
      const known = this.#memory.get(keyText(key));
      if (known && known.at > oldest) items.set(keyText(key), known.item);
      else missing.push(key);
    }
    if (missing.length > 0) {
      for (const [name, item] of await this.#fetch(missing)) items.set(name, item);
    }
    return {
      grants: grantKeys
        .map((key) => items.get(keyText(key)))
        .filter((item) => item !== undefined)
        .map(readGrant),
      directory: readDirectoryRecord(items.get(keyText(directory))),
    };
  }

  async #fetch(keys: readonly Key[]): Promise<Map<string, Item>> {
    const at = this.#clock.now();
    const items = await this.#table.batchGet(keys);
    const found = new Map(items.map((item) => [keyText(item), item]));
    if (this.#memory.size + keys.length > MEMORY_ENTRIES) this.#memory.clear();
    for (const key of keys) {
      this.#memory.set(keyText(key), { item: found.get(keyText(key)), at });
    }
    return found;
  }
}
