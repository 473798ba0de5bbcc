import { firstKey, newSessionKey } from '../../commands/sessionKeys/rotation.ts';
import { createHandler as createCallback } from '../../functions/callback.ts';
import { createHandler as createJwks } from '../../functions/jwks.ts';
import { createHandler as createOpenid } from '../../functions/openid.ts';
import { createHandler as createOpenidToken } from '../../functions/openidToken.ts';
import { createHandler as createPersonChanges } from '../../functions/personChanges.ts';
import { createHandler as createSignOuts } from '../../functions/signOuts.ts';
import { createTable, type Table } from '../../lib/dynamodb/table.ts';
import type { Handler } from '../../lib/http/route.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { startAsyncInvocation } from '../../local/lambda/asyncInvocation.ts';
import { startSsm } from '../../local/ssm/start.ts';
import { createTables } from '../../local/tables.ts';
import { FIXTURE_KEYS } from '../../local/wecom/callbacks/fixtureKeys.ts';
import { startWecom, type Wecom } from '../../local/wecom/server.ts';
import { freePort } from '../../tests/harness/freePorts.ts';
import { startGateway } from '../../tests/harness/gateway.ts';
import { startLambdaPort } from '../../tests/harness/lambdaPort.ts';
import { localDynamoDb } from '../../tests/harness/localAws.ts';

/** The OpenID provider and the services that it calls, on this machine. */
export interface Services {
  readonly issuer: string;
  readonly wecom: Wecom;
  readonly permissions: Table;
  /** The number of responses with a status of 500 or more. */
  serverErrors(): number;
  close(): Promise<void>;
}

/** As AWS waits before the second and the third run. */
const AWS_PAUSES_MS = [60_000, 120_000];
const AGENT_ID = 1000002;

export async function startServices(): Promise<Services> {
  const wecom = await startWecom();
  const app = wecom.company.apps.find(({ agentid }) => agentid === AGENT_ID);
  if (app === undefined) throw new Error('the fixture company has no main app');
  const dynamoDb = await startDynamoDb();
  const keys = ({ token, encodingAESKey }: { token: string; encodingAESKey: string }) => ({
    value: JSON.stringify({ token, encodingAesKey: encodingAESKey }),
  });
  const sessionKeys = firstKey(await newSessionKey(), Math.floor(Date.now() / 1_000));
  const ssm = await startSsm({
    parameters: {
      '/wecom-auth/local/app-secret': { value: app.secret },
      '/wecom-auth/local/session-keys': { value: JSON.stringify(sessionKeys) },
      '/wecom-auth/local/callback-app': keys(FIXTURE_KEYS.app),
      '/wecom-auth/local/callback-contacts': keys(FIXTURE_KEYS.contacts),
    },
  });
  const client = localDynamoDb(dynamoDb.url);
  await createTables(client, 'local');
  const lambda = await startLambdaPort(async (name) =>
    name.endsWith('-signOuts') ? signOuts : personChanges,
  );
  const invocation = await startAsyncInvocation({
    lambdaUrl: lambda.url,
    functions: ['wecom-auth-local-personChanges', 'wecom-auth-local-signOuts'],
    pausesMs: AWS_PAUSES_MS,
  });
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const environment: Record<string, string> = {
    STAGE: 'local',
    WECOM_CORP_ID: wecom.company.corpid,
    WECOM_AGENT_ID: String(AGENT_ID),
    WECOM_API_BASE_URL: wecom.url,
    WECOM_OAUTH_BASE_URL: wecom.url,
    WECOM_LOGIN_BASE_URL: wecom.url,
    WECOM_SECRET_PARAMETER: '/wecom-auth/local/app-secret',
    WECOM_CALLBACK_APP_PARAMETER: '/wecom-auth/local/callback-app',
    WECOM_CALLBACK_CONTACTS_PARAMETER: '/wecom-auth/local/callback-contacts',
    SESSION_ISSUER: issuer,
    SESSION_KEYS_PARAMETER: '/wecom-auth/local/session-keys',
    CACHE_TABLE: 'wecom-auth-local-cache',
    PERMISSION_TABLE: 'wecom-auth-local-permissions',
    PERSON_CHANGES_FUNCTION: 'wecom-auth-local-personChanges',
    SIGN_OUTS_FUNCTION: 'wecom-auth-local-signOuts',
    LOGOUT_REACH: 'loopback',
    VERIFY_ACCESS: 'open',
    AWS_REGION: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_ENDPOINT_URL_LAMBDA: invocation.url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  Object.assign(process.env, environment);
  const signOuts = createSignOuts(environment);
  const personChanges = createPersonChanges(environment);
  let serverErrors = 0;
  const counted =
    (handler: Handler): Handler =>
    async (...request) => {
      const result = await handler(...request);
      if ((result.statusCode ?? 200) >= 500) serverErrors += 1;
      return result;
    };
  const token = counted(createOpenidToken(environment));
  const openid = counted(createOpenid(environment));
  const callback = createCallback(environment);
  const gateway = await startGateway(
    [
      { route: 'GET /.well-known/jwks.json', handler: createJwks(environment) },
      { route: 'POST /api/wecom/callback/{channel}', handler: callback },
      { route: 'ANY /oauth2/token', handler: token },
      { route: 'ANY /oauth2/userinfo', handler: token },
      { route: 'ANY /oauth2/{page}', handler: openid },
      { route: 'ANY /oauth2/{page}/{id}', handler: openid },
    ],
    15_000,
    port,
  );
  app.trusted_domains.push(new URL(issuer).host);
  for (const channel of ['app', 'contacts'] as const) {
    const url = `${issuer}/api/wecom/callback/${channel}`;
    wecom.callbacks.setTarget(channel, { url, ...FIXTURE_KEYS[channel] });
  }
  return {
    issuer,
    wecom,
    permissions: createTable(client, 'wecom-auth-local-permissions'),
    serverErrors: () => serverErrors,
    async close() {
      await Promise.all([gateway.close(), invocation.close(), lambda.close()]);
      client.destroy();
      await Promise.all([wecom.close(), ssm.close()]);
      await dynamoDb.close();
    },
  };
}
