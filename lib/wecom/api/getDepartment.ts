import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { optionalInteger, read, text } from '../read.ts';

const Department = v.object({
  department: v.object({ name: text, name_en: text, parentid: optionalInteger }),
});
export type Department = v.InferOutput<typeof Department>['department'];

/**
 * `department/get` (document 95407): one department. Names may be absent; with a partial visible
 * range `parentid` may name a department that cannot be read.
 */
export async function getDepartment(
  client: WecomClient,
  id: number,
  invocation: Invocation,
): Promise<Department> {
  const api = 'department/get';
  const query = { id: String(id) };
  return read(api, Department, await client({ api, query, idempotent: true }, invocation))
    .department;
}
