import { createLog } from '../log/log.ts';
import { type AccessToken, createAccessToken } from '../token/accessToken.ts';
import { createDynamoTokenStore } from '../token/dynamoTokenStore.ts';
import { createFallbackTokenStore } from '../token/fallbackTokenStore.ts';
import { createMemoryTokenStore } from '../token/memoryTokenStore.ts';
import { getToken } from '../wecom/api/getToken.ts';
import { createWecomClient, type WecomClient } from '../wecom/client.ts';
import { withAccessToken } from '../wecom/withAccessToken.ts';
import { withRateLimit } from '../wecom/withRateLimit.ts';
import type { Tables } from './tables.ts';

/**
 * WeCom's API, with the access_token added.
 *
 *   client ──────────────────┬─► withRateLimit ─► withAccessToken
 *                            ▼                          ▲
 *   appSecret, tokenStore ─► accessToken ───────────────┘
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
): AccessToken {
  const { stage, corpId, agentId, secretParameter } = configuration();
  const shared = createDynamoTokenStore(cacheTable(), corpId, agentId, clock);
  const log = createLog({ function: 'accessToken', stage });
  return createAccessToken({
    store: createFallbackTokenStore(shared, createMemoryTokenStore(), clock, (error) =>
      error
        ? log.metric(
            'TokenStoreDown',
            'DynamoDB does not answer: this instance keeps an access_token for itself',
            { ...error.details },
          )
        : log.info('DynamoDB answers again: the access_token is shared again'),
    ),
    secret: parameter(secretParameter),
    callGetToken: (secret, invocation) => getToken(client, corpId, secret, invocation),
    clock,
    random: Math.random,
  });
}
