import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { WecomUnreadableAnswer } from '../errors.ts';
import { groupIds, read, text, wholeNumber } from '../read.ts';
import { isSameUserid } from '../userid.ts';

const User = v.object({
  userid: v.string(),
  name: text,
  position: text,
  department: groupIds,
  main_department: v.optional(wholeNumber),
  /** See `isActive`. */
  status: v.optional(wholeNumber),
  /** Only for apps made before 2022-06-20. */
  mobile: text,
  email: text,
  biz_mail: text,
});
export type User = v.InferOutput<typeof User>;

/**
 * 1 active, 2 disabled, 4 not activated, 5 left. An app that may not see the status gets none (document
 * 90196).
 */
export function isActive({ status }: Pick<User, 'status'>): boolean {
  return status === undefined || status === 1;
}

/**
 * `user/get` (document 90196): a member of the address book, as far as the app may see.
 *
 * @throws WecomUnreadableAnswer also when the answer is about another member
 */
export async function getUser(
  client: WecomClient,
  userid: string,
  invocation: Invocation,
): Promise<User> {
  const api = 'user/get';
  const user = read(
    api,
    User,
    await client({ api, query: { userid }, idempotent: true }, invocation),
  );
  if (!isSameUserid(user.userid, userid)) {
    throw new WecomUnreadableAnswer('The answer is about another member', { api });
  }
  return user;
}
