import { createDepartments, type Departments } from '../directory/departments.ts';
import { createDirectoryReader } from '../directory/directoryReader.ts';
import { createMembershipStore, type MembershipStore } from '../directory/membershipStore.ts';
import { createMemberships, type Memberships } from '../directory/memberships.ts';
import { createTags, type Tags } from '../directory/tags.ts';
import { createLog } from '../log/log.ts';
import { createParameter } from '../parameters/parameter.ts';
import { type AccessToken, createAccessToken } from '../token/accessToken.ts';
import { createDynamoTokenStore } from '../token/dynamoTokenStore.ts';
import { createFallbackTokenStore } from '../token/fallbackTokenStore.ts';
import { createMemoryTokenStore } from '../token/memoryTokenStore.ts';
import { createAuthorizedExchange } from '../wecom/authorizedExchange.ts';
import { createExchange, type Exchange } from '../wecom/exchange.ts';
import { getToken } from '../wecom/getToken.ts';
import { clock, configuration, once } from './base.ts';
import { fetchParameter } from './parameters.ts';
import { cacheTable, permissionTable } from './tables.ts';

/*
 * WeCom, and what it says of the company.
 *
 *   cacheTable ─► tokenStore ─┐
 *   ssm ─► appSecret ─────────┴► accessToken ─► wecom ─► departments, tags ─┐
 *   permissionTable ─► membershipStore ─────────────────────────────────────┴► memberships
 */

const openExchange = once((): Exchange => createExchange(configuration().wecomApiBaseUrl, clock));

const accessToken = once((): AccessToken => {
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
    callGetToken: (secret, invocation) => getToken(openExchange(), corpId, secret, invocation),
    clock,
    random: Math.random,
  });
});

/** WeCom's API, with the access_token added. */
export const wecom = once((): Exchange => createAuthorizedExchange(openExchange(), accessToken()));

export const departments = once(
  (): Departments => createDepartments(configuration().corpId, wecom(), cacheTable(), clock),
);

export const tags = once(
  (): Tags => createTags(configuration().corpId, wecom(), cacheTable(), clock),
);

export const membershipStore = once(
  (): MembershipStore => createMembershipStore(permissionTable()),
);

export const memberships = once(
  (): Memberships =>
    createMemberships({
      store: membershipStore(),
      reader: createDirectoryReader(wecom(), departments(), tags(), clock),
      clock,
    }),
);
