import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { type App, departmentKey } from '../tableKeys.ts';
import { getDepartment } from '../wecom/api/getDepartment.ts';
import type { WecomClient } from '../wecom/client.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import { createSharedReading, type SharedReading } from './sharedReading.ts';

export interface Department {
  /** Its name, else its `name_en`, else `''`: names may be withheld (document 95407). */
  readonly name: string;
  readonly parentId?: number;
}

/**
 * Departments as WeCom shows them to the app, remembered. One that WeCom does not show to the app
 * has no name and no parent, and is remembered as that.
 */
export type Departments = SharedReading<Department>;

const MEMORY_ENTRIES = 1_000;

/** Which of them department/get answers for an unknown or invisible id is not documented. */
const NOT_SHOWN = [60003, 60011, 60123];

const Stored = v.object({ name: v.string(), parentId: v.exactOptional(v.number()) });

export function createDepartments(
  app: App,
  client: WecomClient,
  table: Table,
  clock: Clock,
): Departments {
  async function ask(id: number, invocation: Invocation): Promise<Department> {
    try {
      const { name, name_en, parentid } = await getDepartment(client, id, invocation);
      return { name: name || name_en, ...(parentid !== undefined && { parentId: parentid }) };
    } catch (error) {
      if (!(error instanceof WecomErrcode && NOT_SHOWN.includes(error.errcode))) throw error;
      return { name: '' };
    }
  }

  return createSharedReading<Department>({
    keyOf: (id) => departmentKey(app, id),
    table,
    clock,
    ask,
    store: (department) => ({ ...department }),
    restore(item) {
      const stored = v.safeParse(Stored, item);
      return stored.success ? stored.output : undefined;
    },
    room: MEMORY_ENTRIES,
  });
}
