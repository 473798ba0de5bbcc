import type { Item } from '../dynamodb/item.ts';
import { isText } from '../dynamodb/item.ts';
import type { Invocation } from '../invocation.ts';
import { departmentNamesKey } from '../tableKeys.ts';
import { getNamedDepartments, type NamedDepartment } from '../wecom/api/getDepartmentList.ts';
import { type DepartmentMembers, getDepartmentMembers } from '../wecom/api/getDepartmentMembers.ts';
import { CachedAnswers, type CacheParts, Memory } from './sharedCache.ts';

/*
 * The directory as an administrator looks at it. No decision depends on it, so it may be minutes old, and no
 * event discards it.
 */

/** The id of the list in its cache, which holds nothing else. */
const LIST = 0;
const LIST_AGE_MS = 10 * 60_000;
/** Whoever clicks around must not use up the limits of WeCom that sign-ins need. */
const MEMBERS_AGE_MS = 60_000;
/** Members in memory: some 40 MB. */
const MAX_MEMBERS = 200_000;
/** An item of DynamoDB holds 400 kB; ours has little besides this text. */
const MAX_TEXT_BYTES = 390_000;

/** All departments with their names, cached in each instance and in the cache table. */
export class DepartmentNames {
  readonly #client: CacheParts['client'];
  readonly #lists: CachedAnswers<readonly NamedDepartment[]>;

  constructor({ client, table, app, clock }: CacheParts) {
    this.#client = client;
    this.#lists = new CachedAnswers({
      table,
      clock,
      keyOf: () => departmentNamesKey(app),
      restore: restoreNames,
      attributesOf: storeNames,
      maxEntries: 1,
    });
  }

  /**
   * In WeCom's order, at most ten minutes old.
   *
   * @throws what `department/list` throws
   */
  read(invocation: Invocation): Promise<readonly NamedDepartment[]> {
    const ask = () => getNamedDepartments(this.#client, invocation);
    return this.#lists.read(LIST, ask, invocation, { maxAgeMs: LIST_AGE_MS });
  }
}

/** The members of departments, cached in each instance for a minute. */
export class MembersOfDepartments {
  readonly #client: CacheParts['client'];
  readonly #clock: CacheParts['clock'];
  readonly #memory: Memory<DepartmentMembers>;

  constructor({ client, clock }: Pick<CacheParts, 'client' | 'clock'>) {
    this.#client = client;
    this.#clock = clock;
    this.#memory = new Memory(clock, MAX_MEMBERS, ({ members }) => 1 + members.length);
  }

  /** What is known of a department without a call. */
  known(id: number): DepartmentMembers | undefined {
    return this.#memory.get(id, { maxAgeMs: MEMBERS_AGE_MS });
  }

  /** @throws what `user/simplelist` throws */
  async read(id: number, invocation: Invocation): Promise<DepartmentMembers> {
    const known = this.known(id);
    if (known !== undefined) return known;
    const readAt = this.#clock.now();
    const read = await getDepartmentMembers(this.#client, id, invocation);
    this.#memory.set(id, read, readAt, {});
    return read;
  }
}

/** JSON, which is read faster than a DynamoDB list. */
function storeNames(list: readonly NamedDepartment[], { log }: Invocation) {
  const names = JSON.stringify(list.map(({ id, parentId, name }) => [id, parentId ?? -1, name]));
  if (Buffer.byteLength(names) <= MAX_TEXT_BYTES) return { names };
  log.info('The names of departments are too long for DynamoDB: each instance asks WeCom', {
    departments: list.length,
  });
  return undefined;
}

function restoreNames({ names }: Item): readonly NamedDepartment[] | undefined {
  if (!isText(names)) return undefined;
  try {
    const list = JSON.parse(names) as [number, number, string][];
    return list.map(([id, parentId, name]) => ({
      id,
      parentId: parentId < 0 ? undefined : parentId,
      name,
    }));
  } catch {
    return undefined;
  }
}
