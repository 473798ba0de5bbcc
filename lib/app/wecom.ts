import { tokenKey } from '../tableKeys.ts';
import { DynamoTokenStore } from '../token/dynamoTokenStore.ts';
import { FallbackTokenStore, MemoryTokenStore } from '../token/fallbackTokenStore.ts';
import { SharedToken } from '../token/sharedToken.ts';
import { ACCESS_TOKEN } from '../token/tokenKind.ts';
import { TokenRenewal } from '../token/tokenRenewal.ts';
import { getToken } from '../wecom/api/getToken.ts';
import { createWecomClient, type WecomClient } from '../wecom/client.ts';
import { withAccessToken } from '../wecom/withAccessToken.ts';
import { withRateLimit } from '../wecom/withRateLimit.ts';
import type { Tables } from './tables.ts';

/**
 * WeCom's API, with the access_token added.
 *
 *   client ────────────────┬───────────► withRateLimit ─► withAccessToken
 *                          ▼                                     ▲
 *   secret, store ─► TokenRenewal ─► SharedToken ────────────────┘
 *
 * gettoken bypasses the rate limit: the token's breaker, shared by all instances, knows more.
 */
export function createWecom(tables: Tables): WecomClient {
  const { clock, configuration } = tables;
  const client = createWecomClient(configuration().wecomApiBaseUrl, clock);
  return withAccessToken(withRateLimit(client, clock), createAccessToken(tables, client));
}

/** @param client without an access_token */
export function createAccessToken(
  { clock, configuration, cacheTable, parameter }: Tables,
  client: WecomClient,
): SharedToken {
  const { corpId, agentId, secretParameter } = configuration();
  const store = new FallbackTokenStore({
    shared: new DynamoTokenStore({ table: cacheTable(), key: tokenKey(corpId, agentId), clock }),
    local: new MemoryTokenStore(),
    clock,
    onSwitch: (log, error) =>
      error
        ? log.metric(
            'TokenStoreDown',
            'DynamoDB does not answer: this instance keeps an access_token for itself',
            { ...error.details },
          )
        : log.info('DynamoDB answers again: the access_token is shared again'),
  });
  const renewal = new TokenRenewal({
    kind: ACCESS_TOKEN,
    store,
    credential: parameter(secretParameter),
    call: (secret, invocation) => getToken(client, corpId, secret, invocation),
    clock,
  });
  return new SharedToken({ kind: ACCESS_TOKEN, store, renewal, clock, random: Math.random });
}
