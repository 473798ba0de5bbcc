import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { groupId, parentId, read, text } from '../read.ts';

const Place = { id: groupId, parentid: v.optional(parentId) };
const Answer = v.object({ department: v.array(v.object(Place)) });
/** Apart, so that a name that cannot be read refuses nobody. */
const NamedAnswer = v.object({
  department: v.array(v.object({ ...Place, name: text, name_en: text })),
});

export interface DepartmentParent {
  readonly id: number;
  /** Absent or 0 above the root; it may name a department that the app cannot see. */
  readonly parentId: number | undefined;
}

/** A department with its name, else its `name_en`, else `''`: names may be withheld (document 95407). */
export interface NamedDepartment extends DepartmentParent {
  readonly name: string;
}

/** 5 000 departments with the longest names and 100 leaders each; WeCom documents no limit. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
const API = 'department/list';

/**
 * `department/list` without an id (document 90344): every department that the app may see.
 */
export async function getDepartmentList(
  client: WecomClient,
  invocation: Invocation,
): Promise<readonly DepartmentParent[]> {
  const { department } = read(API, Answer, await ask(client, invocation));
  return department.map(({ id, parentid }) => ({ id, parentId: parentid }));
}

/** The same with names. */
export async function getNamedDepartments(
  client: WecomClient,
  invocation: Invocation,
): Promise<readonly NamedDepartment[]> {
  const { department } = read(API, NamedAnswer, await ask(client, invocation));
  return department.map(({ id, parentid, name, name_en }) => ({
    id,
    parentId: parentid,
    name: name || name_en,
  }));
}

function ask(client: WecomClient, invocation: Invocation) {
  return client(
    {
      api: API,
      query: {},
      idempotent: true,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      timeoutMilliseconds: TIMEOUT_MS,
    },
    invocation,
  );
}
