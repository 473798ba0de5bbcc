import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { read, text } from '../read.ts';

const UserDetail = v.object({ mobile: text, email: text, biz_mail: text });
export type UserDetail = v.InferOutput<typeof UserDetail>;

/**
 * `auth/getuserdetail` (document 95833): the fields that both the administrator and the member
 * agreed to give. Any of them may be missing, and then is `''`.
 * Never sent twice: whether a user_ticket works more than once is not documented.
 */
export async function getUserDetail(
  client: WecomClient,
  userTicket: string,
  invocation: Invocation,
): Promise<UserDetail> {
  const api = 'auth/getuserdetail';
  const body = { user_ticket: userTicket };
  return read(
    api,
    UserDetail,
    await client({ api, query: {}, body, idempotent: false }, invocation),
  );
}
