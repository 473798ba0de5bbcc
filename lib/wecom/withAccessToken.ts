import type { Invocation } from '../invocation.ts';
import type { WecomClient } from './client.ts';
import { WecomErrcode } from './errors.ts';

/** Where the access_token comes from. */
export interface AccessTokenSource {
  /**
   * @param options.rejected a token that WeCom has just rejected, to be replaced if it is still stored.
   *   It is returned again if WeCom has rejected too many within minutes; see token/nextStep.ts
   */
  get(invocation: Invocation, options?: { readonly rejected?: string }): Promise<string>;
}

/**
 * A client that adds the access_token to the query, the only place where WeCom reads it. If WeCom
 * rejects the token (40014, 42001 or 40001), for example because it was revoked, the client reports
 * the rejected token, gets another, and repeats the call once.
 */
export function withAccessToken(client: WecomClient, accessToken: AccessTokenSource): WecomClient {
  return async function authorized(call, invocation) {
    const send = (token: string) =>
      client({ ...call, query: { access_token: token, ...call.query } }, invocation);
    const token = await accessToken.get(invocation);
    try {
      return await send(token);
    } catch (error) {
      if (!(error instanceof WecomErrcode && error.entry.reaction === 'renew-token')) throw error;
      invocation.log.warn('WeCom rejected the access_token: retrying once with another', {
        ...error.details,
      });
      return await send(await accessToken.get(invocation, { rejected: token }));
    }
  };
}
