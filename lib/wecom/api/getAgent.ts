import * as v from 'valibot';
import type { Invocation } from '../../invocation.ts';
import type { WecomClient } from '../client.ts';
import { groupIds, read, text, wholeNumber } from '../read.ts';

/** The fields of an app that the doctor checks. Each part of its visible range may be absent. */
const Agent = v.object({
  name: text,
  /** 1 when an administrator has stopped the app. */
  close: v.optional(wholeNumber),
  redirect_domain: text,
  allow_userinfos: v.optional(v.object({ user: v.optional(v.array(v.unknown()), []) }), {}),
  allow_partys: v.optional(v.object({ partyid: groupIds }), {}),
  allow_tags: v.optional(v.object({ tagid: groupIds }), {}),
});
export type Agent = v.InferOutput<typeof Agent>;

/** `agent/get` (document 90227): the app itself. Only commands call it, never a visitor's request. */
export async function getAgent(
  client: WecomClient,
  agentId: string,
  invocation: Invocation,
): Promise<Agent> {
  const api = 'agent/get';
  const query = { agentid: agentId };
  return read(api, Agent, await client({ api, query, idempotent: true }, invocation));
}
