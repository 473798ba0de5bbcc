import type { Invocation } from '../../invocation.ts';
import type { WecomAnswer, WecomClient } from '../client.ts';

/*
 * The tickets of the JS-SDK (document 96909). Called only by the tickets' own code: WeCom allows 400
 * calls an hour for the corp and 100 for the app. So a call is not sent again if its connection broke.
 *
 * The client adds the access_token of the very app that the ticket is for. The answers are returned as
 * they came; lib/token decides what of them can be trusted.
 */

/** `get_jsapi_ticket`: for a page's config signature. */
export function getConfigTicket(client: WecomClient, invocation: Invocation): Promise<WecomAnswer> {
  return client({ api: 'get_jsapi_ticket', query: {}, idempotent: false }, invocation);
}

/** `ticket/get`: for a page's agentConfig signature. */
export function getAgentConfigTicket(
  client: WecomClient,
  invocation: Invocation,
): Promise<WecomAnswer> {
  const query = { type: 'agent_config' };
  return client({ api: 'ticket/get', query, idempotent: false }, invocation);
}
