import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { WecomUnreadableAnswer } from '../errors.ts';
import { read, text } from '../read.ts';
import { isSameUserid } from '../userid.ts';

const UserDetail = v.object({ userid: v.string(), mobile: text, email: text, biz_mail: text });

/** A field that WeCom does not give is `''`. */
export type UserDetail = Omit<v.InferOutput<typeof UserDetail>, 'userid'>;

/**
 * `auth/getuserdetail` (document 95833): the fields that both the administrator and the member
 * agreed to give.
 *
 * The call is never repeated after a broken connection: it is not documented whether a user_ticket works
 * more than once.
 *
 * @param userid the member whose user_ticket it is
 * @throws WecomUnreadableAnswer also when the answer is about another member
 */
export async function getUserDetail(
  client: WecomClient,
  userTicket: string,
  userid: string,
  invocation: Invocation,
): Promise<UserDetail> {
  const api = 'auth/getuserdetail';
  const body = { user_ticket: userTicket };
  const answer = await client({ api, query: {}, body, idempotent: false }, invocation);
  const { userid: answered, ...detail } = read(api, UserDetail, answer);
  if (!isSameUserid(answered, userid)) {
    throw new WecomUnreadableAnswer('The answer is about another member', { api });
  }
  return detail;
}
