import { createLog } from '../log/log.ts';
import { createParameter } from '../parameters/parameter.ts';
import { type AccessToken, createAccessToken } from '../token/accessToken.ts';
import { createDynamoTokenStore } from '../token/dynamoTokenStore.ts';
import { createFallbackTokenStore } from '../token/fallbackTokenStore.ts';
import { createMemoryTokenStore } from '../token/memoryTokenStore.ts';
import { getToken } from '../wecom/api/getToken.ts';
import { createWecomClient, type WecomClient } from '../wecom/client.ts';
import { withAccessToken } from '../wecom/withAccessToken.ts';
import { withRateLimit } from '../wecom/withRateLimit.ts';
import { clock, configuration, once } from './base.ts';
import { fetchParameter } from './parameters.ts';
import { cacheTable } from './tables.ts';

/*
 *   client ──────────────────┬─► limited ─► authorized (wecom)
 *                              ▼                       ▲
 *   appSecret, tokenStore ─► accessToken ──────────────┘
 *
 * gettoken goes past the limited: the token's breaker, shared by all instances, knows more.
 */

const client = /* @__PURE__ */ once(
  (): WecomClient => createWecomClient(configuration().wecomApiBaseUrl, clock),
);

const accessToken = /* @__PURE__ */ once((): AccessToken => {
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
    secret: createParameter(secretParameter, fetchParameter(), clock),
    callGetToken: (secret, invocation) => getToken(client(), corpId, secret, invocation),
    clock,
    random: Math.random,
  });
});

/** WeCom's API, with the access_token added. */
export const wecom = /* @__PURE__ */ once(
  (): WecomClient => withAccessToken(withRateLimit(client(), clock), accessToken()),
);
