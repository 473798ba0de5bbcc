import { firstKey, newSessionKey } from '../commands/sessionKeys/rotation.ts';
import { createTable, type Table } from '../lib/dynamodb/table.ts';
import { startDynamoDb } from '../local/dynamodb.ts';
import { type Ssm, startSsm } from '../local/ssm/start.ts';
import { createTables } from '../local/tables.ts';
import { FIXTURE_KEYS } from '../packages/emulator/source/callbacks/fixtureKeys.ts';
import { localDynamoDb } from '../tests/harness/localAws.ts';

/** The embedded DynamoDB and the stand-in for SSM, and the environment that points to them. */
export interface Aws {
  readonly permissions: Table;
  readonly environment: Record<string, string>;
  readonly ssm: Ssm;
  close(): Promise<void>;
}

/** The name of the parameter with the app's secret. */
export const SECRET_PARAMETER = '/wecom-auth/local/app-secret';

/** @param secret the app's, as SSM has it */
export async function startAws(secret: string): Promise<Aws> {
  const dynamoDb = await startDynamoDb();
  const sessionKeys = firstKey(await newSessionKey(), Math.floor(Date.now() / 1_000));
  const keys = ({ token, encodingAESKey }: { token: string; encodingAESKey: string }) => ({
    value: JSON.stringify({ token, encodingAesKey: encodingAESKey }),
  });
  const ssm = await startSsm({
    parameters: {
      [SECRET_PARAMETER]: { value: secret },
      '/wecom-auth/local/session-keys': { value: JSON.stringify(sessionKeys) },
      '/wecom-auth/local/callback-app': keys(FIXTURE_KEYS.app),
      '/wecom-auth/local/callback-contacts': keys(FIXTURE_KEYS.contacts),
    },
  });
  const client = localDynamoDb(dynamoDb.url);
  await createTables(client, 'local');
  return {
    permissions: createTable(client, 'wecom-auth-local-permissions'),
    ssm,
    environment: {
      STAGE: 'local',
      WECOM_SECRET_PARAMETER: SECRET_PARAMETER,
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
      await ssm.close();
      await dynamoDb.close();
    },
  };
}
