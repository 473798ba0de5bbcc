import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { groupId, parentId, read } from '../read.ts';

const Answer = v.object({
  department: v.array(v.object({ id: groupId, parentid: v.optional(parentId) })),
});

export interface DepartmentParent {
  readonly id: number;
  /** Absent or 0 above the root; it may name a department that the app cannot see. */
  readonly parentId: number | undefined;
}

/** 5 000 departments with the longest names and 100 leaders each; WeCom documents no limit. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/**
 * `department/list` without an id (document 90344): every department that the app may see.
 */
export async function getDepartmentList(
  client: WecomClient,
  invocation: Invocation,
): Promise<readonly DepartmentParent[]> {
  const api = 'department/list';
  const answer = await client(
    {
      api,
      query: {},
      idempotent: true,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      timeoutMilliseconds: TIMEOUT_MS,
    },
    invocation,
  );
  return read(api, Answer, answer).department.map(({ id, parentid }) => ({
    id,
    parentId: parentid,
  }));
}
