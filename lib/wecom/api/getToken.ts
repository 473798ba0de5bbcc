import type { Invocation } from '../../invocation.ts';
import type { WecomAnswer, WecomClient } from '../client.ts';

/**
 * `gettoken` (document 91039). Called only by the access token's own code: WeCom throttles it, and
 * bans the caller's IP for an hour when the secret is wrong too often.
 *
 * @returns the answer as it came; lib/token decides what of it can be trusted
 */
export function getToken(
  client: WecomClient,
  corpId: string,
  secret: string,
  invocation: Invocation,
): Promise<WecomAnswer> {
  return client(
    { api: 'gettoken', query: { corpid: corpId, corpsecret: secret }, idempotent: true },
    invocation,
  );
}
