import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startDynamoDb } from './dynamodb.ts';
import { requireFreePorts } from './freePorts.ts';
import { readableLogLine } from './functionLog.ts';
import { startOfflineGateway } from './gateway.ts';
import { readSettings, type Settings } from './settings.ts';
import { startSsm } from './ssm/start.ts';
import { createTables } from './tables.ts';
import { terminal } from './terminal.ts';
import { fixtureCompany } from './wecom/company.ts';
import { startWecom } from './wecom/server.ts';

const HELP = `npm start            the whole stack on this machine
npm start -- --fresh  the same, with empty tables and parameters

PORT moves it. With WECOM_CORP_ID, WECOM_AGENT_ID and WECOM_APP_SECRET set (environment or .env)
it signs in against the real WeCom, and the emulator is not started.`;

const MAIN_AGENT = 1000002;

/** Closed in the reverse order in which they were started. */
const running: { close(): Promise<void> }[] = [];

async function start(): Promise<string> {
  const { values } = parseArgs({
    options: { fresh: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    terminal.text(HELP);
    process.exit(0);
  }
  const settings = readSettings();
  await requireFreePorts({ ...settings.ports });

  // What one company left behind must not serve another.
  const directory = `.local/${settings.realWecom?.corpId ?? 'emulator'}`;
  if (values.fresh) rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });

  const environment = await startServices(settings, directory);
  const logFile = `${directory}/functions.log`;
  const gateway = await startOfflineGateway({
    port: settings.ports.gateway,
    lambdaPort: settings.ports.lambda,
    environment,
    onLine: (line) => {
      const readable = readableLogLine(line);
      if (readable === undefined) return;
      appendFileSync(logFile, `${line}\n`);
      terminal.text(readable);
    },
  });
  running.push(gateway);
  welcome(settings, logFile);
  return gateway.ended;
}

/** Starts all that the functions talk to; returns the environment that leads them there. */
async function startServices(settings: Settings, directory: string): Promise<NodeJS.ProcessEnv> {
  const { ports, realWecom } = settings;
  const dynamoDb = await startDynamoDb({
    port: ports.dynamoDb,
    directory: `${directory}/dynamodb`,
  });
  running.push(dynamoDb);
  const client = new DynamoDBClient({
    endpoint: dynamoDb.url,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await createTables(client, 'local');
  client.destroy();

  const ssm = await startSsm({ port: ports.ssm, file: `${directory}/parameters.json` });
  running.push(ssm);

  const company = fixtureCompany();
  const app = realWecom ?? {
    corpId: company.corpid,
    agentId: String(MAIN_AGENT),
    secret: company.apps.find((each) => each.agentid === MAIN_AGENT)?.secret ?? '',
  };
  ssm.put('/wecom-auth/local/app-secret', app.secret);

  // The secret is in SSM now, where the functions look for it, and nowhere else.
  const { WECOM_APP_SECRET: _secret, ...inherited } = process.env;
  const environment = {
    ...inherited,
    WECOM_CORP_ID: app.corpId,
    WECOM_AGENT_ID: app.agentId,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  if (realWecom) {
    const base = process.env['WECOM_API_BASE_URL'] ?? 'https://qyapi.weixin.qq.com';
    return { ...environment, WECOM_API_BASE_URL: base };
  }
  const wecom = await startWecom({ port: ports.wecom, company });
  running.push(wecom);
  return { ...environment, WECOM_API_BASE_URL: wecom.url };
}

function welcome({ ports, realWecom }: Settings, logFile: string): void {
  const api = `http://localhost:${ports.public}`;
  terminal.text();
  terminal.heading('wecom-auth runs on this machine');
  terminal.line('API', api);
  terminal.line(
    'WeCom',
    realWecom
      ? `the real one, corp ${realWecom.corpId}`
      : `emulated, http://127.0.0.1:${ports.wecom}`,
  );
  terminal.line('DynamoDB', `embedded, http://127.0.0.1:${ports.dynamoDb}`);
  terminal.line('SSM', `stand-in, http://127.0.0.1:${ports.ssm}`);
  terminal.line('Log', logFile);
  terminal.text();
  terminal.heading('Try');
  if (!realWecom) {
    terminal.command(
      `curl -X POST ${api}/api/wecom/getUserInfo -H "Content-Type: application/json" -d '{"code": "your_auth_code"}'`,
    );
  }
  terminal.command(`curl ${api}/api/wecom/verify/user123`);
  terminal.text();
  terminal.note('Ctrl-C stops everything.');
  terminal.text();
}

async function stop(exitCode: number): Promise<never> {
  for (const part of running.reverse()) await part.close().catch(() => undefined);
  process.exit(exitCode);
}

process.once('SIGINT', () => {
  terminal.note('Stopping …');
  void stop(0);
});
process.once('SIGTERM', () => void stop(0));

try {
  terminal.problem(await start());
  await stop(1);
} catch (error) {
  terminal.problem(error instanceof Error ? error.message : String(error));
  await stop(1);
}
