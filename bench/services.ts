import { firstKey, newSessionKey } from '../commands/sessionKeys/rotation.ts';
import { createTable, type Table } from '../lib/dynamodb/table.ts';
import { startDynamoDb } from '../local/dynamodb.ts';
import { startSsm } from '../local/ssm/start.ts';
import { createTables } from '../local/tables.ts';
import { FIXTURE_KEYS } from '../packages/emulator/source/callbacks/fixtureKeys.ts';
import type { WecomOptions } from '../packages/emulator/source/options.ts';
import { startWecom, type Wecom } from '../packages/emulator/source/server.ts';
import { localDynamoDb } from '../tests/harness/localAws.ts';

/** The services that the functions call, and the environment that points to them. */
export interface Services {
  readonly wecom: Wecom;
  /** The app of the functions. */
  readonly app: Wecom['company']['apps'][number];
  readonly permissions: Table;
  readonly environment: Record<string, string>;
  close(): Promise<void>;
}

const AGENT_ID = 1000002;

export async function startServices(wecomOptions?: WecomOptions): Promise<Services> {
  const wecom = await startWecom(wecomOptions);
  const app = wecom.company.apps.find(({ agentid }) => agentid === AGENT_ID);
  if (app === undefined) throw new Error('the fixture company has no main app');
  const dynamoDb = await startDynamoDb();
  const sessionKeys = firstKey(await newSessionKey(), Math.floor(Date.now() / 1_000));
  const keys = ({ token, encodingAESKey }: { token: string; encodingAESKey: string }) => ({
    value: JSON.stringify({ token, encodingAesKey: encodingAESKey }),
  });
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
  return {
    wecom,
    app,
    permissions: createTable(client, 'wecom-auth-local-permissions'),
    environment: {
      STAGE: 'local',
      WECOM_CORP_ID: wecom.company.corpid,
      WECOM_AGENT_ID: String(AGENT_ID),
      WECOM_API_BASE_URL: wecom.url,
      WECOM_SECRET_PARAMETER: '/wecom-auth/local/app-secret',
      WECOM_CALLBACK_APP_PARAMETER: '/wecom-auth/local/callback-app',
      WECOM_CALLBACK_CONTACTS_PARAMETER: '/wecom-auth/local/callback-contacts',
      SESSION_ISSUER: 'http://localhost:3000',
      SESSION_KEYS_PARAMETER: '/wecom-auth/local/session-keys',
      CACHE_TABLE: 'wecom-auth-local-cache',
      PERSON_CHANGES_FUNCTION: 'wecom-auth-local-personChanges',
      SIGN_OUTS_FUNCTION: 'wecom-auth-local-signOuts',
      PERMISSION_TABLE: 'wecom-auth-local-permissions',
      VERIFY_ACCESS: 'open',
      AWS_REGION: 'local',
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
      AWS_ENDPOINT_URL_SSM: ssm.url,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
    async close() {
      client.destroy();
      await Promise.all([wecom.close(), ssm.close()]);
      await dynamoDb.close();
    },
  };
}
