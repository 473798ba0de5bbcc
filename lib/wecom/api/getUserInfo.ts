import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { read, text } from '../read.ts';

/** The visitor behind an authorization code; `userid` is `''` for a visitor who is not a member. */
const Visitor = v.object({
  userid: text,
  /** Only from page OAuth with snsapi_privateinfo, for a member in the visible range. */
  user_ticket: text,
});
export type Visitor = v.InferOutput<typeof Visitor>;

/**
 * `auth/getuserinfo` (documents 91023 and 98176): exchanges an authorization code for the visitor. The
 * call is never repeated after a broken connection, because a code works once.
 */
export async function getUserInfo(
  client: WecomClient,
  code: string,
  invocation: Invocation,
): Promise<Visitor> {
  const api = 'auth/getuserinfo';
  return read(api, Visitor, await client({ api, query: { code }, idempotent: false }, invocation));
}
