import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { integers, read } from '../read.ts';

const Tag = v.object({
  userlist: v.fallback(v.array(v.object({ userid: v.string() })), []),
  partylist: integers,
});
export type Tag = v.InferOutput<typeof Tag>;

/**
 * `tag/get` (document 90213): the members and departments that carry a tag, as far as the app may
 * see. There is no call for the tags of one member.
 */
export async function getTag(
  client: WecomClient,
  id: number,
  invocation: Invocation,
): Promise<Tag> {
  const api = 'tag/get';
  const query = { tagid: String(id) };
  return read(api, Tag, await client({ api, query, idempotent: true }, invocation));
}
