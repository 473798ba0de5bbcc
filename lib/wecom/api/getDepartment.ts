import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { WecomUnreadableAnswer } from '../errors.ts';
import { groupId, parentId, read, text } from '../read.ts';

const Department = v.object({
  id: v.optional(groupId),
  name: text,
  name_en: text,
  /** 0 above the root. With a partial visible range it may name a department that the app cannot see. */
  parentid: v.optional(parentId),
});
export type Department = Omit<v.InferOutput<typeof Department>, 'id'>;

const Answer = v.object({ department: Department });

/**
 * `department/get` (document 95407): one department. Names may be withheld.
 *
 * @throws WecomUnreadableAnswer also when the answer is about another department
 */
export async function getDepartment(
  client: WecomClient,
  id: number,
  invocation: Invocation,
): Promise<Department> {
  const api = 'department/get';
  const query = { id: String(id) };
  const answer = await client({ api, query, idempotent: true }, invocation);
  const { id: answered, ...department } = read(api, Answer, answer).department;
  if (answered !== undefined && answered !== id) {
    throw new WecomUnreadableAnswer('The answer is about another department', { api });
  }
  return department;
}
