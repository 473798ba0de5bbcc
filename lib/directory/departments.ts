import { type Item, isText } from '../dynamodb/item.ts';
import type { Invocation } from '../invocation.ts';
import { departmentKey } from '../tableKeys.ts';
import { getDepartment } from '../wecom/api/getDepartment.ts';
import type { WecomClient } from '../wecom/client.ts';
import { isGroupNotShown } from '../wecom/errors.ts';
import { CachedAnswers, type CacheParts, type Freshness } from './sharedCache.ts';

export interface Department {
  /** Its name, else its `name_en`, else `''`: names may be withheld (document 95407). */
  readonly name: string;
  /** 0 above the root. */
  readonly parentId?: number;
  /** Set if WeCom does not show the department to the app. */
  readonly hidden?: boolean;
}

/** Departments in memory. */
const MEMORY_ENTRIES = 1_000;

/** Departments as WeCom shows them to the app. */
export interface Departments {
  /**
   * Reads one department. If WeCom does not show it, it has no name and no parent, and is `hidden`.
   *
   * @throws what `department/get` throws
   */
  read(id: number, invocation: Invocation): Promise<Department>;
  /** After an event about the department; see `discardAnswer`. */
  discard(id: number): Promise<void>;
}

/** Departments, cached in each instance and in the cache table. */
export class CachedDepartments implements Departments {
  readonly #client: WecomClient;
  readonly #answers: CachedAnswers<Department>;

  constructor({ client, table, app, clock }: CacheParts) {
    this.#client = client;
    this.#answers = new CachedAnswers({
      table,
      clock,
      keyOf: (id) => departmentKey(app, id),
      restore: restoreDepartment,
      attributesOf: (department) => ({ ...department }),
      maxEntries: MEMORY_ENTRIES,
    });
  }

  read(id: number, invocation: Invocation, freshness: Freshness = {}): Promise<Department> {
    return this.#answers.read(id, () => this.#ask(id, invocation), invocation, freshness);
  }

  discard(id: number): Promise<void> {
    return this.#answers.discard(id);
  }

  async #ask(id: number, invocation: Invocation): Promise<Department> {
    try {
      const { name, name_en, parentid } = await getDepartment(this.#client, id, invocation);
      return { name: name || name_en, ...(parentid !== undefined && { parentId: parentid }) };
    } catch (error) {
      if (!isGroupNotShown(error)) throw error;
      return { name: '', hidden: true };
    }
  }
}

function restoreDepartment({ name, parentId, hidden }: Item): Department | undefined {
  if (!isText(name)) return undefined;
  if (hidden === true && parentId === undefined) return { name, hidden };
  if (hidden !== undefined) return undefined;
  if (parentId === undefined) return { name };
  return Number.isSafeInteger(parentId) ? { name, parentId: parentId as number } : undefined;
}
