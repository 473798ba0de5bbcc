import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, expect, vi } from 'vitest';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { type Ssm, startSsm } from '../../local/ssm/start.ts';
import { createTables } from '../../local/tables.ts';
import { startWecom, type Wecom } from '../../local/wecom/server.ts';
import { type DynamoDbFront, startDynamoDbFront } from './dynamoDbFront.ts';
import { type Gateway, startGateway } from './gateway.ts';

/** Everything around the functions: embedded DynamoDB, the SSM stand-in, the WeCom emulator. */
export interface Stack {
  readonly wecom: Wecom;
  readonly ssm: Ssm;
  readonly dynamoDb: DynamoDbFront;
  /** The environment that every function gets. */
  readonly environment: Record<string, string>;
  /** Straight to the embedded DynamoDB, past the front. */
  readonly client: DynamoDBClient;
  /** Every line that the code under test wrote to standard output so far. */
  readonly printed: string[];
  /** The same, parsed. */
  log(): Record<string, unknown>[];
  /** A fresh Lambda instance of every function, behind a gateway of its own. */
  newInstance(): Promise<Gateway>;
}

export const SECRET_PARAMETER = '/wecom-auth/local/app-secret';

/** Starts a stack for the test file that calls it; it ends, and is searched for leaks, with the file. */
export async function startStack(): Promise<Stack> {
  const wecom = await startWecom();
  const app = wecom.company.apps.find((each) => each.agentid === 1000002);
  if (app === undefined) throw new Error('the fixture company has no main app');
  const embedded = await startDynamoDb();
  const front = await startDynamoDbFront(embedded.url);
  const ssm = await startSsm({ parameters: { [SECRET_PARAMETER]: { value: app.secret } } });
  const client = new DynamoDBClient({
    endpoint: embedded.url,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await createTables(client, 'local');

  const environment = {
    STAGE: 'local',
    WECOM_CORP_ID: wecom.company.corpid,
    WECOM_AGENT_ID: String(app.agentid),
    WECOM_API_BASE_URL: wecom.url,
    WECOM_SECRET_PARAMETER: SECRET_PARAMETER,
    CACHE_TABLE: 'wecom-auth-local-cache',
    PERMISSION_TABLE: 'wecom-auth-local-permissions',
    VERIFY_ACCESS: 'open',
    AWS_REGION: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: front.url,
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);

  const printed: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    printed.push(String(chunk));
    return true;
  });
  const instances: Gateway[] = [];

  afterAll(async () => {
    write.mockRestore();
    vi.unstubAllEnvs();
    await Promise.all(instances.map((instance) => instance.close()));
    await Promise.all([wecom.close(), ssm.close(), front.close()]);
    client.destroy();
    await embedded.close();
    expectNoSecrets(printed, wecom);
  });

  return {
    wecom,
    ssm,
    dynamoDb: front,
    environment,
    client,
    printed,
    log: () => printed.flatMap((chunk) => chunk.trim().split('\n')).map((line) => JSON.parse(line)),
    async newInstance() {
      vi.resetModules();
      const instance = await startGateway([
        {
          route: 'POST /api/wecom/getUserInfo',
          handler: (await import('../../functions/getUserInfo.ts')).handler,
        },
        {
          route: 'GET /api/wecom/verify/{userId}',
          handler: (await import('../../functions/verify.ts')).handler,
        },
        { route: '*', handler: (await import('../../functions/notFound.ts')).handler },
      ]);
      instances.push(instance);
      return instance;
    },
  };
}

/** Nothing that opens a door or names a person's mobile or e-mail may ever have been printed. */
function expectNoSecrets(printed: readonly string[], wecom: Wecom): void {
  const all = printed.join('');
  const personal = wecom.company.members.flatMap((member) => [
    member.mobile,
    member.email,
    member.biz_mail,
  ]);
  const secrets = [...wecom.company.apps.map((each) => each.secret), ...personal];
  for (const secret of secrets) {
    if (secret) expect(all).not.toContain(secret);
  }
}
