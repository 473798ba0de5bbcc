import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FIXTURE_KEYS } from '../packages/emulator/source/callbacks/fixtureKeys.ts';
import { startWecom } from '../packages/emulator/source/server.ts';
import { startDynamoDb } from './dynamodb.ts';
import { startEventBridge } from './eventBridge/start.ts';
import { startAsyncInvocation } from './lambda/asyncInvocation.ts';
import type { Settings } from './settings.ts';
import { startSqs } from './sqs/start.ts';
import { startSsm } from './ssm/start.ts';
import { createTables } from './tables.ts';
import { terminal } from './terminal.ts';

interface Closable {
  close(): Promise<void>;
}

const MAIN_AGENT = 1000002;
const PARAMETERS = '/wecom-auth/local';
const PERSON_CHANGES = 'wecom-auth-local-personChanges';
const SIGN_OUTS = 'wecom-auth-local-signOuts';
const PUBLISH_EVENTS = 'wecom-auth-local-publishEvents';
/** The bus of stages/local.yml. */
const EVENT_BUS = 'wecom-auth-local';

/**
 * Starts the services that the functions call: the embedded DynamoDB with its tables, the SSM stand-in
 * with the parameters of the local stage, the stand-in that invokes functions for others, those of SQS
 * and EventBridge and, unless the real WeCom is used, the emulator.
 *
 * @param started gets each service as soon as it runs, so that the caller can stop it after a failure
 * @returns the environment of the functions, and whether the tables were created now
 */
export async function startServices(
  settings: Settings,
  directory: string,
  started: Closable[],
): Promise<{ environment: NodeJS.ProcessEnv; isNew: boolean }> {
  const { ports, site, frontEnds, realWecom } = settings;
  const dynamoDb = await startDynamoDb({
    port: ports.dynamoDb,
    directory: `${directory}/dynamodb`,
  });
  started.push(dynamoDb);
  const isNew = (await createLocalTables(dynamoDb.url)).length > 0;
  const ssm = await startSsm({ port: ports.ssm, file: `${directory}/parameters.json` });
  started.push(ssm);
  const invocation = await startAsyncInvocation({
    port: ports.invocation,
    lambdaUrl: `http://127.0.0.1:${ports.lambda}`,
    functions: [PERSON_CHANGES, SIGN_OUTS],
    onDeadLetter: ({ function: name, problem }) => {
      terminal.problem(`  ${name} failed three times: ${problem}`);
      terminal.problem(
        name === SIGN_OUTS
          ? '    → its log names the application; when it is back: npm run sessions -- end user:…'
          : '    → npm run permissions -- list shows whose work is left; then settle user:…',
      );
    },
  });
  started.push(invocation);
  const eventBridge = await startEventBridge({ port: ports.eventBridge, buses: [EVENT_BUS] });
  started.push(eventBridge);
  const sqs = await startSqs({
    port: ports.sqs,
    queue: 'wecom-auth-local-events',
    lambdaUrl: `http://127.0.0.1:${ports.lambda}`,
    function: PUBLISH_EVENTS,
    onDeadLetter: ({ problem }) => terminal.problem(`  ${PUBLISH_EVENTS} failed: ${problem}`),
  });
  started.push(sqs);

  // The functions read the secret from SSM only, as on AWS.
  const { WECOM_APP_SECRET: _secret, ...inherited } = process.env;
  const own = ['localhost', '127.0.0.1'].map((host) => `http://${host}:${ports.public}`);
  const pages = [site, ...own.map((address) => new URL(address).origin)];
  const common = {
    ...inherited,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_ENDPOINT_URL_LAMBDA: invocation.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: eventBridge.url,
    AWS_ENDPOINT_URL_SQS: sqs.url,
    EVENT_QUEUE: sqs.queueUrl,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    REDIRECT_URIS: unique([...pages.map((page) => `${page}/`), ...frontEnds.map(String)]).join(),
    CORS_ORIGINS: unique([...pages, ...frontEnds.map(({ origin }) => origin)]).join(),
    SESSION_ISSUER: site,
  };

  if (realWecom) {
    ssm.put(`${PARAMETERS}/app-secret`, realWecom.secret);
    const environment = {
      WECOM_API_BASE_URL: 'https://qyapi.weixin.qq.com',
      WECOM_OAUTH_BASE_URL: 'https://open.weixin.qq.com',
      WECOM_LOGIN_BASE_URL: 'https://login.work.weixin.qq.com',
      ...common,
      WECOM_CORP_ID: realWecom.corpId,
      WECOM_AGENT_ID: realWecom.agentId,
    };
    return { environment, isNew };
  }

  const callback = (channel: 'app' | 'contacts') => ({
    url: `http://127.0.0.1:${ports.gateway}/api/wecom/callback/${channel}`,
    ...FIXTURE_KEYS[channel],
  });
  const wecom = await startWecom({
    port: ports.wecom,
    // Kept as long as the tables, which know who has left.
    keepIn: `${directory}/company.json`,
    callbacks: { app: callback('app'), contacts: callback('contacts') },
  });
  started.push(wecom);
  const { company } = wecom;
  const app = company.apps.find((each) => each.agentid === MAIN_AGENT);
  if (app === undefined) throw new Error(`The company has no app ${MAIN_AGENT}.`);
  const hosts = [...pages.map((page) => new URL(page)), ...frontEnds].map(({ host }) => host);
  app.trusted_domains = unique([...hosts, ...app.trusted_domains]);
  ssm.put(`${PARAMETERS}/app-secret`, app.secret);
  for (const [channel, { token, encodingAESKey }] of Object.entries(FIXTURE_KEYS)) {
    const value = JSON.stringify({ token, encodingAesKey: encodingAESKey });
    ssm.put(`${PARAMETERS}/callback-${channel}`, value);
  }
  const environment = {
    ...common,
    WECOM_CORP_ID: company.corpid,
    WECOM_AGENT_ID: String(app.agentid),
    WECOM_API_BASE_URL: wecom.url,
    WECOM_OAUTH_BASE_URL: wecom.url,
    WECOM_LOGIN_BASE_URL: wecom.url,
  };
  return { environment, isNew };
}

const unique = (texts: readonly string[]) => [...new Set(texts)];

/** @returns the names of the tables that were created */
async function createLocalTables(endpoint: string): Promise<string[]> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'local', credentials });
  const created = await createTables(client, 'local');
  client.destroy();
  return created;
}
