import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { read, text } from '../read.ts';
import { isUserid } from '../userid.ts';

/** The members of a department, as far as the app may see. */
export interface DepartmentMembers {
  /** As WeCom writes the userids. */
  readonly members: readonly { readonly userid: string; readonly name: string }[];
  /** Entries that could not be read. */
  readonly unreadable: number;
}

const Answer = v.object({ userlist: v.array(v.unknown()) });
const Entry = v.object({ userid: v.pipe(v.string(), v.check(isUserid)), name: text });

/** 100 000 members with the longest names, each in 10 departments; WeCom documents no limit. */
const MAX_ANSWER_BYTES = 40 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/**
 * `user/simplelist` (document 90200): the members of one department, without those of the departments
 * below it.
 */
export async function getDepartmentMembers(
  client: WecomClient,
  id: number,
  invocation: Invocation,
): Promise<DepartmentMembers> {
  const api = 'user/simplelist';
  const answer = await client(
    {
      api,
      query: { department_id: String(id) },
      idempotent: true,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      timeoutMilliseconds: TIMEOUT_MS,
    },
    invocation,
  );
  const entries = read(api, Answer, answer).userlist.map((entry) => v.safeParse(Entry, entry));
  const members = entries.flatMap((entry) => (entry.success ? [entry.output] : []));
  return { members, unreadable: entries.length - members.length };
}
