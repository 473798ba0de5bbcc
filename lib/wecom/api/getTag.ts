import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { WecomUnreadableAnswer } from '../errors.ts';
import { groupId, read } from '../read.ts';
import { foldUserid, isUserid } from '../userid.ts';

/** The members and departments that carry a tag, as far as the app may see. */
export interface Tag {
  /** Folded, each once. */
  readonly userids: readonly string[];
  readonly departments: readonly number[];
  /** Entries that could not be read: a member or department that is not listed may be one of them. */
  readonly unreadable: number;
}

const Answer = v.object({
  userlist: v.optional(v.array(v.unknown())),
  partylist: v.optional(v.array(v.unknown())),
});

/** 100 000 members, each with a userid of 64 bytes, a name of 64 Chinese characters and the JSON around them. */
const MAX_ANSWER_BYTES = 40 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/**
 * `tag/get` (document 90213). WeCom has no call for the tags of one member.
 *
 * @throws WecomUnreadableAnswer also when the answer has neither a list of members nor one of departments
 */
export async function getTag(
  client: WecomClient,
  id: number,
  invocation: Invocation,
): Promise<Tag> {
  const api = 'tag/get';
  const answer = await client(
    {
      api,
      query: { tagid: String(id) },
      idempotent: true,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      timeoutMilliseconds: TIMEOUT_MS,
    },
    invocation,
  );
  const { userlist, partylist } = read(api, Answer, answer);
  if (userlist === undefined && partylist === undefined) {
    throw new WecomUnreadableAnswer('The answer has neither members nor departments', { api });
  }
  const userids = new Set<string>();
  const departments = new Set<number>();
  let unreadable = 0;
  for (const entry of userlist ?? []) {
    const userid = useridOf(entry);
    if (isUserid(userid)) userids.add(foldUserid(userid));
    else if (!isLinkedCorpMember(userid)) unreadable += 1;
  }
  for (const entry of partylist ?? []) {
    const department = v.safeParse(groupId, entry);
    if (department.success) departments.add(department.output);
    else unreadable += 1;
  }
  return { userids: [...userids], departments: [...departments], unreadable };
}

/** Narrowed by hand: a schema takes ten times as long for 100 000 members. */
function useridOf(entry: unknown): string {
  const userid = (entry as { userid?: unknown } | null)?.userid;
  return typeof userid === 'string' ? userid : '';
}

/** A member of a linked corp (`CorpId/userid`, document 96442): never one of ours. */
function isLinkedCorpMember(text: string): boolean {
  const [corpId = '', userid = '', ...rest] = text.split('/');
  return /^[\w-]{1,64}$/.test(corpId) && isUserid(userid) && rest.length === 0;
}
