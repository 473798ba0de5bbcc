import type { Clock } from '../clock.ts';
import { isText } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { type App, departmentKey } from '../tableKeys.ts';
import { getDepartment } from '../wecom/api/getDepartment.ts';
import type { WecomClient } from '../wecom/client.ts';
import { isGroupNotShown } from '../wecom/errors.ts';
import {
  discardAnswer,
  type Freshness,
  getAnswer,
  ignoreUnavailable,
  Memory,
  oldestReadAt,
  putAnswer,
  readAtOf,
} from './sharedCache.ts';

export interface Department {
  /** Its name, else its `name_en`, else `''`: names may be withheld (document 95407). */
  readonly name: string;
  /** 0 above the root. */
  readonly parentId?: number;
  /** Whether WeCom does not show it to the app. */
  readonly hidden?: boolean;
}

const MEMORY_ENTRIES = 1_000;

/** Departments as WeCom shows them to the app. */
export interface Departments {
  /**
   * One department. One that WeCom does not show has no name and no parent, and is `hidden`.
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
  readonly #table: Table;
  readonly #app: App;
  readonly #clock: Clock;
  readonly #memory: Memory<Department>;

  constructor(parts: {
    readonly client: WecomClient;
    readonly table: Table;
    readonly app: App;
    readonly clock: Clock;
  }) {
    this.#client = parts.client;
    this.#table = parts.table;
    this.#app = parts.app;
    this.#clock = parts.clock;
    this.#memory = new Memory({ clock: parts.clock, maxWeight: MEMORY_ENTRIES });
  }

  /** From memory (5 minutes), else from the cache table (1 hour), else from WeCom. */
  async read(id: number, invocation: Invocation, freshness: Freshness = {}): Promise<Department> {
    const known = this.#memory.get(id, freshness);
    if (known) return known;
    const key = departmentKey(this.#app, id);
    const stored = await getAnswer(this.#table, key, invocation);
    const storedAt = readAtOf(stored.item, oldestReadAt(freshness, this.#clock.now()));
    const found = storedAt === undefined ? undefined : restoreDepartment(stored.item);
    if (found && storedAt !== undefined) {
      this.#memory.set(id, found, storedAt, freshness);
      return found;
    }
    const readAt = this.#clock.now();
    const department = await this.#ask(id, invocation);
    if (stored.answered) {
      const written = putAnswer(this.#table, key, { ...department }, readAt, stored.item);
      invocation.waitUntil(written.catch(ignoreUnavailable(invocation)));
    }
    this.#memory.set(id, department, readAt, freshness);
    return department;
  }

  /** After an event about the department; see `discardAnswer`. */
  async discard(id: number): Promise<void> {
    this.#memory.delete(id);
    await discardAnswer(this.#table, departmentKey(this.#app, id), this.#clock.now());
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

function restoreDepartment(item: Record<string, unknown> | undefined): Department | undefined {
  const { name, parentId, hidden } = item ?? {};
  if (!isText(name)) return undefined;
  if (hidden === true && parentId === undefined) return { name, hidden };
  if (hidden !== undefined) return undefined;
  if (parentId === undefined) return { name };
  return Number.isSafeInteger(parentId) ? { name, parentId: parentId as number } : undefined;
}
