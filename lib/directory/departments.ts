import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import type { Exchange } from '../wecom/exchange.ts';
import { getDepartment } from '../wecom/getDepartment.ts';

export interface Department {
  /** Its name, else its `name_en`, else `''`: names may be withheld (document 95407). */
  readonly name: string;
  readonly parentId?: number;
}

/** Departments as WeCom shows them to the app, remembered. */
export interface Departments {
  /**
   * From this instance's memory (5 minutes), else from the cache table (1 hour), else from WeCom.
   * A cache table that does not answer is passed over. A department that WeCom does not show to
   * the app has no name and no parent, and is remembered as that.
   *
   * @throws what the exchange with WeCom throws, but for "no such department, or not for you"
   */
  read(id: number, invocation: Invocation): Promise<Department>;
}

const MEMORY = 300_000;
const MEMORY_ENTRIES = 1_000;
const TABLE = 3_600_000;

/** Which of them department/get answers for an unknown or invisible id is not documented. */
const NOT_SHOWN = [60003, 60011, 60123];

const Stored = v.object({
  name: v.string(),
  parentId: v.exactOptional(v.number()),
  readAt: v.number(),
});

export function createDepartments(
  corpId: string,
  exchange: Exchange,
  table: Table,
  clock: Clock,
): Departments {
  const memory = new Map<number, { department: Department; at: number }>();
  const key = (id: number) => ({ pk: `department#${corpId}#${id}` });

  function remember(id: number, department: Department): Department {
    if (memory.size >= MEMORY_ENTRIES) memory.clear();
    memory.set(id, { department, at: clock.now() });
    return department;
  }

  async function stored(id: number, invocation: Invocation): Promise<Department | undefined> {
    const item = await table.get(key(id)).catch(passOver(invocation));
    const parsed = v.safeParse(Stored, item);
    if (!parsed.success) return undefined;
    const { readAt, ...department } = parsed.output;
    return clock.now() < readAt + TABLE ? department : undefined;
  }

  async function fetched(id: number, invocation: Invocation): Promise<Department> {
    const department = await ask(id, invocation);
    const readAt = clock.now();
    const ttl = Math.ceil((readAt + TABLE) / 1_000);
    invocation.background(
      table.put({ ...key(id), ...department, readAt, ttl }).catch(passOver(invocation)),
    );
    return department;
  }

  async function ask(id: number, invocation: Invocation): Promise<Department> {
    try {
      const { name, name_en, parentid } = await getDepartment(exchange, id, invocation);
      return { name: name || name_en, ...(parentid !== undefined && { parentId: parentid }) };
    } catch (error) {
      if (!(error instanceof WecomErrcode && NOT_SHOWN.includes(error.errcode))) throw error;
      return { name: '' };
    }
  }

  return {
    async read(id, invocation) {
      const known = memory.get(id);
      if (known && clock.now() < known.at + MEMORY) return known.department;
      return remember(id, (await stored(id, invocation)) ?? (await fetched(id, invocation)));
    },
  };
}

function passOver(invocation: Invocation) {
  return (error: unknown): undefined => {
    if (!(error instanceof StoreUnavailable)) throw error;
    invocation.log.warn('The cache table did not answer: asking WeCom', { ...error.details });
  };
}
