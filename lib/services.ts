import { clock, configuration, fetchParameter, once } from './baseServices.ts';
import { createDepartments, type Departments } from './directory/departments.ts';
import { createDirectoryChanges, type DirectoryChanges } from './directory/directoryChanges.ts';
import { createDirectoryReader, type DirectoryReader } from './directory/directoryReader.ts';
import { createObservedUser } from './directory/observedUser.ts';
import { createTags, type Tags } from './directory/tags.ts';
import { createTable } from './dynamodb/table.ts';
import { createLog } from './log/log.ts';
import { createParameter } from './parameters/parameter.ts';
import { dynamoDb, membershipStore, memberships, permissionTable } from './permissionServices.ts';
import { sessions } from './sessionServices.ts';
import { type BeginSignIn, createBeginSignIn } from './signin/beginSignIn.ts';
import { createRedeem, type Redeem } from './signin/redeem.ts';
import { createSignIn, type SignIn } from './signin/signIn.ts';
import { createStateStore, type StateStore } from './signin/stateStore.ts';
import { type AccessToken, createAccessToken } from './token/accessToken.ts';
import { createDynamoTokenStore } from './token/dynamoTokenStore.ts';
import { createFallbackTokenStore } from './token/fallbackTokenStore.ts';
import { createMemoryTokenStore } from './token/memoryTokenStore.ts';
import { createAuthorizedExchange } from './wecom/authorizedExchange.ts';
import { createExchange, type Exchange } from './wecom/exchange.ts';
import { getToken } from './wecom/getToken.ts';

/*
 * The wiring, all of it with baseServices.ts and permissionServices.ts: what is made of what. Each
 * part is made when a request first needs it and then kept for the life of the instance. A
 * function's bundle holds only the parts it names, because the bundler drops the rest: keep this
 * file free of work at import.
 *
 *   configuration ─► dynamoDb ─► cacheTable ─► accessToken ─► wecom ─► departments ─► signIn
 *                └─► ssm ──────► appSecret ──┘
 */

export const cacheTable = once(() => createTable(dynamoDb(), configuration().cacheTable));

const openExchange = once((): Exchange => createExchange(configuration().wecomApiBaseUrl, clock));

export const accessToken = once((): AccessToken => {
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
const wecom = once((): Exchange => createAuthorizedExchange(openExchange(), accessToken()));

const departments = once(
  (): Departments => createDepartments(configuration().corpId, wecom(), cacheTable(), clock),
);

const tags = once((): Tags => createTags(configuration().corpId, wecom(), cacheTable(), clock));

/** What asks WeCom about a member for `verify`; loaded by permissionServices.ts. */
export const directoryReader = once(
  (): DirectoryReader => createDirectoryReader(wecom(), departments(), tags(), clock),
);

/** What WeCom's events change. */
export const directoryChanges = once(
  (): DirectoryChanges =>
    createDirectoryChanges({
      memberships: memberships(),
      membershipStore: membershipStore(),
      permissionTable: permissionTable(),
      departments: departments(),
      tags: tags(),
      clock,
    }),
);

export const signIn = once(
  (): SignIn =>
    createSignIn(wecom(), createObservedUser(wecom(), membershipStore(), clock), departments()),
);

const stateStore = once((): StateStore => {
  const { corpId, agentId } = configuration();
  return createStateStore(cacheTable(), corpId, agentId);
});

export const beginSignIn = once((): BeginSignIn => {
  const { wecomOauthBaseUrl, wecomLoginBaseUrl, corpId, agentId } = configuration();
  const pages = {
    oauthBaseUrl: wecomOauthBaseUrl,
    loginBaseUrl: wecomLoginBaseUrl,
    corpId,
    agentId,
  };
  const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  return createBeginSignIn(pages, stateStore(), clock, randomBytes);
});

export const redeem = once((): Redeem => {
  const { corpId, agentId } = configuration();
  return createRedeem({
    corpId,
    agentId,
    store: stateStore(),
    signIn: signIn(),
    sessions: sessions(),
    clock,
    random: Math.random,
  });
});
