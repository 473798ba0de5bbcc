import { format } from 'node:util';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, expect, vi } from 'vitest';
import { firstKey, newSessionKey } from '../../commands/sessionKeys/rotation.ts';
import { createHandler as createAdminClients } from '../../functions/adminClients.ts';
import { createHandler as createAdminDirectory } from '../../functions/adminDirectory.ts';
import { createHandler as createAdminPage } from '../../functions/adminPage.ts';
import { createHandler as createAdminPermissions } from '../../functions/adminPermissions.ts';
import { createHandler as createAuthorize } from '../../functions/authorize.ts';
import { createHandler as createCallback } from '../../functions/callback.ts';
import { createHandler as createDomainProof } from '../../functions/domainProof.ts';
import { createHandler as createGetUserInfo } from '../../functions/getUserInfo.ts';
import { createHandler as createJssdk } from '../../functions/jssdk.ts';
import { createHandler as createJwks } from '../../functions/jwks.ts';
import { createHandler as createNotFound } from '../../functions/notFound.ts';
import { createHandler as createOpenid } from '../../functions/openid.ts';
import { createHandler as createOpenidConfiguration } from '../../functions/openidConfiguration.ts';
import { createHandler as createOpenidToken } from '../../functions/openidToken.ts';
import { createHandler as createPersonChanges } from '../../functions/personChanges.ts';
import { createHandler as createPublishEvents } from '../../functions/publishEvents.ts';
import { createHandler as createSignOuts } from '../../functions/signOuts.ts';
import { createHandler as createVerify } from '../../functions/verify.ts';
import { createTable, type Table } from '../../lib/dynamodb/table.ts';
import { routes } from '../../lib/http/routes.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { type EventBridge, startEventBridge } from '../../local/eventBridge/start.ts';
import { type AsyncInvocation, startAsyncInvocation } from '../../local/lambda/asyncInvocation.ts';
import { type Sqs, startSqs } from '../../local/sqs/start.ts';
import { type Ssm, startSsm } from '../../local/ssm/start.ts';
import { createTables } from '../../local/tables.ts';
import {
  FIXTURE_KEYS,
  type FixtureKeys,
} from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import type { WecomOptions } from '../../packages/emulator/source/options.ts';
import { startWecom, type Wecom } from '../../packages/emulator/source/server.ts';
import { type DynamoDbFront, startDynamoDbFront } from './dynamoDbFront.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type LambdaPort, startLambdaPort } from './lambdaPort.ts';
import { localDynamoDb } from './localAws.ts';

/** The services that the functions call: embedded DynamoDB, SSM stand-in and WeCom emulator. */
export interface Stack {
  readonly wecom: Wecom;
  readonly ssm: Ssm;
  readonly dynamoDb: DynamoDbFront;
  /** The work that a function handed over to another one. */
  readonly handedOver: AsyncInvocation;
  /** The queue of events. */
  readonly eventQueue: Sqs;
  readonly eventBridge: EventBridge;
  /** The settings of the functions of a stage with an event bus, over `environment`. */
  readonly withBus: Settings;
  /** Settings of the functions that others invoke; a test may change them. */
  readonly background: Record<string, string | undefined>;
  /** The port that runs functions by name. */
  readonly lambda: LambdaPort;
  /** The functions that may be handed work. A test may take one out, and put it back. */
  readonly invocable: string[];
  /** The environment of every function. */
  readonly environment: Record<string, string>;
  /** Calls the embedded DynamoDB directly, not through the front. */
  readonly client: DynamoDBClient;
  /** The permission table, through `client`. */
  readonly permissions: Table;
  /** The lines that the code under test wrote to standard output so far. */
  readonly printed: string[];
  /** Everything printed so far, to any output. */
  output(): string;
  /** `printed`, parsed. */
  log(): Record<string, unknown>[];
  /** @returns a new Lambda instance of every function. @param settings override `environment` */
  handlers(settings?: Settings): ReturnType<typeof createHandlers>;
  /** Starts a gateway in front of new instances. */
  newInstance(settings?: Settings): Promise<Instance>;
}

/** Variables of a function's environment; undefined removes one. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** An instance reads most of its environment in its first request, so a test may change it before. */
export interface Instance extends Gateway {
  readonly environment: Record<string, string | undefined>;
}

export const SECRET_PARAMETER = '/wecom-auth/local/app-secret';
export const SESSION_KEYS_PARAMETER = '/wecom-auth/local/session-keys';
/** As in resources/environment.yml, where `npm run why` reads it. */
export const LOG_KEY = 'the-log-key-of-the-local-stack-is-no-secret';
/** The URL of the tests' front end. */
export const REDIRECT_URI = 'http://localhost:3000/';
/** The origin whose scripts may call the API. */
export const ORIGIN = 'http://localhost:3000';
/** The bus that `publishEvents` puts events on. */
export const EVENT_BUS = 'wecom-auth-local';
const PUBLISH_EVENTS = 'wecom-auth-local-publishEvents';
/** The 16 characters with which WeCom verifies the domain. */
export const DOMAIN_PROOF = 'EmulatorProof000';
export const CALLBACK_PARAMETERS = {
  app: '/wecom-auth/local/callback-app',
  contacts: '/wecom-auth/local/callback-contacts',
} as const;

/** Registered here, because vitest ignores `afterAll` inside `beforeAll`. */
const cleanups: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(cleanups.map((end) => end())));

/**
 * Starts a stack for a test file. After the file it stops, and its output is searched for secrets.
 *
 * @param wecomOptions of the emulator
 */
export async function startStack(wecomOptions?: WecomOptions): Promise<Stack> {
  const wecom = await startWecom(wecomOptions);
  const app = wecom.company.apps.find((each) => each.agentid === 1000002);
  if (app === undefined) throw new Error('the fixture company has no main app');
  const embedded = await startDynamoDb();
  const front = await startDynamoDbFront(embedded.url);
  const sessionKeys = firstKey(await newSessionKey(), Math.floor(Date.now() / 1_000));
  const ssm = await startSsm({
    parameters: {
      [SECRET_PARAMETER]: { value: app.secret },
      [SESSION_KEYS_PARAMETER]: { value: JSON.stringify(sessionKeys) },
      [CALLBACK_PARAMETERS.app]: { value: callbackKeys(FIXTURE_KEYS.app) },
      [CALLBACK_PARAMETERS.contacts]: { value: callbackKeys(FIXTURE_KEYS.contacts) },
    },
  });
  const eventBridge = await startEventBridge({ buses: [EVENT_BUS] });
  const background: Record<string, string | undefined> = {};
  const lambda = await startLambdaPort(async (name) => {
    if (name === PUBLISH_EVENTS) {
      return createPublishEvents({ ...environment, EVENT_BUS, ...background });
    }
    const settings = { ...environment, ...background };
    return name.endsWith('-signOuts') ? createSignOuts(settings) : createPersonChanges(settings);
  });
  const invocable = ['wecom-auth-local-personChanges', 'wecom-auth-local-signOuts'];
  const handedOver = await startAsyncInvocation({
    lambdaUrl: lambda.url,
    functions: invocable,
    pausesMs: [0, 0],
  });
  const eventQueue = await startSqs({
    queue: 'wecom-auth-local-events',
    lambdaUrl: lambda.url,
    function: PUBLISH_EVENTS,
    pausesMs: [0, 0],
  });
  const client = localDynamoDb(embedded.url);
  await createTables(client, 'local');

  const environment: Record<string, string> = {
    STAGE: 'local',
    LOGOUT_REACH: 'loopback',
    WECOM_CORP_ID: wecom.company.corpid,
    WECOM_AGENT_ID: String(app.agentid),
    WECOM_API_BASE_URL: wecom.url,
    WECOM_SECRET_PARAMETER: SECRET_PARAMETER,
    WECOM_CALLBACK_APP_PARAMETER: CALLBACK_PARAMETERS.app,
    WECOM_CALLBACK_CONTACTS_PARAMETER: CALLBACK_PARAMETERS.contacts,
    WECOM_OAUTH_BASE_URL: wecom.url,
    WECOM_LOGIN_BASE_URL: wecom.url,
    REDIRECT_URIS: REDIRECT_URI,
    CORS_ORIGINS: ORIGIN,
    SESSION_ISSUER: 'http://localhost:3000',
    SESSION_KEYS_PARAMETER,
    CACHE_TABLE: 'wecom-auth-local-cache',
    PERSON_CHANGES_FUNCTION: 'wecom-auth-local-personChanges',
    SIGN_OUTS_FUNCTION: 'wecom-auth-local-signOuts',
    PERMISSION_TABLE: 'wecom-auth-local-permissions',
    VERIFY_ACCESS: 'open',
    LOG_KEY,
    DOMAIN_PROOF,
    AWS_REGION: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: front.url,
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_ENDPOINT_URL_LAMBDA: handedOver.url,
    AWS_ENDPOINT_URL_SQS: eventQueue.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: eventBridge.url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);

  const codes: string[] = [];
  const { mint } = wecom.codes;
  wecom.codes.mint = (request) => {
    const code = mint(request);
    codes.push(code);
    return code;
  };

  const printed: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    printed.push(String(chunk));
    return true;
  });
  // Recorded but still printed: a test's own output, a library's warnings.
  const others = [
    ...(['debug', 'info', 'log', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name)),
    vi.spyOn(process.stderr, 'write'),
  ];
  const output = () =>
    [printed, ...others.map(({ mock }) => mock.calls.map((call) => format(...call)))]
      .flat()
      .join('');
  const instances: Gateway[] = [];

  cleanups.push(async () => {
    write.mockRestore();
    vi.unstubAllEnvs();
    await Promise.all(instances.map((instance) => instance.close()));
    await handedOver.close();
    await eventQueue.close();
    await lambda.close();
    await Promise.all([wecom.close(), ssm.close(), front.close(), eventBridge.close()]);
    client.destroy();
    await embedded.close();
    const privateKeys = sessionKeys.keys.map(({ d }) => d);
    expectNoSecrets(output(), wecom, [...privateKeys, ...codes, ...front.accessTokens]);
  });

  return {
    wecom,
    ssm,
    dynamoDb: front,
    handedOver,
    eventQueue,
    eventBridge,
    background,
    withBus: { EVENT_QUEUE: eventQueue.queueUrl },
    lambda,
    invocable,
    environment,
    client,
    permissions: createTable(client, 'wecom-auth-local-permissions'),
    printed,
    output,
    log: () => printed.flatMap((chunk) => chunk.trim().split('\n')).map((line) => JSON.parse(line)),
    handlers: (settings) => createHandlers({ ...environment, ...settings }),
    async newInstance(settings) {
      const own = { ...environment, ...settings };
      const { callback, ...handlers } = createHandlers(own);
      const gateway = await startGateway([
        { route: 'POST /api/wecom/getUserInfo', handler: handlers.getUserInfo },
        { route: 'GET /api/wecom/verify/{userId}', handler: handlers.verify },
        { route: 'GET /api/wecom/callback/{channel}', handler: callback },
        { route: 'POST /api/wecom/callback/{channel}', handler: callback },
        { route: 'GET /api/wecom/authorize', handler: handlers.authorize },
        { route: 'GET /api/wecom/jssdk', handler: handlers.jssdk },
        { route: 'GET /.well-known/jwks.json', handler: handlers.jwks },
        {
          route: 'GET /.well-known/openid-configuration',
          handler: handlers.openidConfiguration,
        },
        {
          route: 'GET /.well-known/oauth-authorization-server',
          handler: handlers.openidConfiguration,
        },
        ...routes
          .filter((route) => route.includes(' /oauth2/'))
          .map((route) => ({
            route,
            handler: /(token|userinfo|revoke)$/.test(route)
              ? handlers.openidToken
              : handlers.openid,
          })),
        ...routes
          .filter((route) => /\s(\/api)?\/admin\b/.test(route))
          .map((route) => ({ route, handler: handlers[consoleFunctionOf(route)] })),
        { route: `GET /WW_verify_${DOMAIN_PROOF}.txt`, handler: handlers.domainProof },
        { route: '*', handler: handlers.notFound },
      ]);
      instances.push(gateway);
      return { ...gateway, environment: own };
    },
  };
}

/** @returns a new Lambda instance of every function by its name */
export function createHandlers(environment: NodeJS.ProcessEnv) {
  return {
    adminClients: createAdminClients(environment),
    adminDirectory: createAdminDirectory(environment),
    adminPage: createAdminPage(environment),
    adminPermissions: createAdminPermissions(environment),
    authorize: createAuthorize(environment),
    callback: createCallback(environment),
    domainProof: createDomainProof(environment),
    getUserInfo: createGetUserInfo(environment),
    jssdk: createJssdk(environment),
    jwks: createJwks(environment),
    notFound: createNotFound(environment),
    openid: createOpenid(environment),
    openidConfiguration: createOpenidConfiguration(environment),
    openidToken: createOpenidToken(environment),
    verify: createVerify(environment),
  };
}

/** The function of a route of the console, as resources/console.yml has it. */
function consoleFunctionOf(route: string) {
  if (route.startsWith('GET /admin')) return 'adminPage';
  if (route.includes('/clients')) return 'adminClients';
  return route.startsWith('POST ') ? 'adminPermissions' : 'adminDirectory';
}

/** @returns a channel's keys in the form of the SSM parameter */
function callbackKeys({ token, encodingAESKey }: FixtureKeys): string {
  return JSON.stringify({ token, encodingAesKey: encodingAESKey });
}

/** Asserts that no secret, mobile or e-mail was printed. */
function expectNoSecrets(all: string, wecom: Wecom, minted: readonly string[]): void {
  const personal = wecom.company.members.flatMap((member) => [
    member.mobile,
    member.email,
    member.biz_mail,
  ]);
  const secrets = [
    ...wecom.company.apps.map((each) => each.secret),
    ...Object.values(FIXTURE_KEYS).flatMap(({ token, encodingAESKey }) => [token, encodingAESKey]),
    LOG_KEY,
    ...minted,
    ...personal,
  ];
  for (const secret of secrets) {
    if (secret) expect(all).not.toContain(secret);
  }
}
