import { tokenKey } from '../tableKeys.ts';
import { AccessTokenRenewal } from '../token/accessTokenRenewal.ts';
import { DynamoTokenStore } from '../token/dynamoTokenStore.ts';
import { FallbackTokenStore, MemoryTokenStore } from '../token/fallbackTokenStore.ts';
import { SharedToken } from '../token/sharedToken.ts';
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
 *   secret, store ─► AccessTokenRenewal ─► SharedToken ──────────┘
 *
 * gettoken bypasses the rate limit: the token's breaker, shared by all instances, knows more.
 */
export function createWecom(tables: Tables): WecomClient {
  const { clock, configuration } = tables;
  const client = createWecomClient(configuration().wecomApiBaseUrl, clock);
  return withAccessToken(withRateLimit(client, clock), createToken(tables, client));
}

function createToken(
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
  const renewal = new AccessTokenRenewal({
    store,
    secret: parameter(secretParameter),
    callGetToken: (secret, invocation) => getToken(client, corpId, secret, invocation),
    clock,
  });
  return new SharedToken({ store, renewal, clock, random: Math.random });
}
