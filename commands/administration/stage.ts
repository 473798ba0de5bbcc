import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseEnv } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Bilingual } from '../../lib/bilingual.ts';
import { systemClock } from '../../lib/clock.ts';
import { createTable, type Table } from '../../lib/dynamodb/table.ts';
import { createHandOver, type HandOver } from '../../lib/handOver/handOver.ts';
import type { App } from '../../lib/tableKeys.ts';
import { callerArn, personalSettings } from '../deployment/awsClients.ts';
import { awsRemedy } from '../deployment/awsRemedy.ts';
import { LOCAL_CREDENTIALS, LOCAL_PORT, localEndpoint } from '../deployment/localStack.ts';
import { hasProvider } from '../deployment/openidProvider.ts';
import { describeStack, stackName } from '../deployment/stackOutputs.ts';
import { missingStage, readStage, stageFile } from '../deployment/stageFile.ts';
import { EXIT, ExitError, misunderstood } from './exit.ts';

export interface StageOptions {
  readonly stage: string;
  readonly region?: string | undefined;
  readonly table?: string | undefined;
}

/** A stage as the administrator's commands use it. */
export interface Stage {
  readonly dynamoDb: DynamoDBClient;
  readonly tableName: string;
  readonly table: Table;
  /** Contains the access_token that the functions share. */
  readonly cacheTable: Table;
  readonly wecomApiBaseUrl: string;
  /** The `aud` of sessions. */
  readonly sessionAudience: string;
  /** Whether the stage has the OpenID provider. */
  readonly hasProvider: boolean;
  /** How its functions reach the internet; absent on this machine. */
  readonly egress: unknown;
  /** Of the OpenID provider; absent: the API has the name that AWS gave it. */
  readonly issuer: string | undefined;
  /** Whose grants these are, and which app's view of a member `explain` shows. */
  readonly app: App;
  /** The AWS caller's ARN; on this machine `local:<user>`. */
  who(): Promise<string>;
  /** @param functionName as in serverless.yml. @returns what hands work to the function */
  handOver(functionName: string): HandOver;
}

const OUTPUT = 'PermissionTableName';

/**
 * Opens a stage with a file: the running local stack, or a deployed stage with the caller's own credentials.
 *
 * @throws ExitError
 */
export async function openStage(
  options: StageOptions,
  environment: NodeJS.ProcessEnv,
): Promise<Stage> {
  const missing = missingStage(options.stage);
  if (missing) throw new ExitError(EXIT.misunderstood, missing);
  return options.stage === 'local'
    ? openLocalStage(options, environment)
    : openDeployedStage(options, environment);
}

function openLocalStage({ table }: StageOptions, environment: NodeJS.ProcessEnv): Stage {
  // `npm start` reads `.env` too.
  const settings = { ...environmentFile(), ...environment };
  const port = portOf(settings['PORT']);
  const local = { ...personalSettings('local'), credentials: LOCAL_CREDENTIALS, maxAttempts: 1 };
  const endpointOf = (variable: string, service: Parameters<typeof localEndpoint>[0]) =>
    environment[variable] || localEndpoint(service, port);
  const dynamoDb = new DynamoDBClient({
    ...local,
    endpoint: endpointOf('AWS_ENDPOINT_URL_DYNAMODB', 'dynamoDb'),
  });
  const lambda = { ...local, endpoint: endpointOf('AWS_ENDPOINT_URL_LAMBDA', 'invocation') };
  const tableName = table ?? 'wecom-auth-local-permissions';
  // As `npm start` chooses: the emulator, unless there is a real app.
  const wecom = settings['WECOM_APP_SECRET']
    ? 'https://qyapi.weixin.qq.com'
    : localEndpoint('wecom', port);
  return {
    dynamoDb,
    tableName,
    table: createTable(dynamoDb, tableName),
    cacheTable: createTable(dynamoDb, cacheTableOf('local')),
    wecomApiBaseUrl: settings['WECOM_API_BASE_URL'] ?? wecom,
    sessionAudience: audienceOf('local', settings),
    hasProvider: true,
    egress: undefined,
    issuer: localIssuer(settings, port),
    app: appOf('local', settings),
    who: async () => `local:${userInfo().username}`,
    handOver: (name) => createHandOver(`wecom-auth-local-${name}`, systemClock, lambda),
  };
}

/** @throws ExitError */
async function openDeployedStage(
  options: StageOptions,
  environment: NodeJS.ProcessEnv,
): Promise<Stage> {
  const { stage } = options;
  const parameters = readStage(stage, [], environment) ?? {};
  const { domainName, sessionIssuer, egress, wecomApiBaseUrl } = parameters;
  // Without either, the AWS profile decides.
  const known = options.region ?? parameters['region'];
  const region = known ? String(known) : undefined;
  const tableName = options.table ?? (await tableOfStack(options, region));
  const dynamoDb = new DynamoDBClient(personalSettings(region));
  await regionOf(dynamoDb);
  const issuer = sessionIssuer ?? (domainName ? `https://${domainName}` : undefined);
  return {
    dynamoDb,
    tableName,
    table: createTable(dynamoDb, tableName),
    cacheTable: createTable(dynamoDb, cacheTableOf(stage)),
    wecomApiBaseUrl: String(wecomApiBaseUrl),
    sessionAudience: audienceOf(stage, environment),
    hasProvider: hasProvider(parameters),
    egress,
    issuer: issuer === undefined ? undefined : String(issuer).replace(/\/+$/, ''),
    app: appOf(stage, environment),
    who: () => caller(region),
    handOver: (name) =>
      createHandOver(`wecom-auth-${stage}-${name}`, systemClock, personalSettings(region)),
  };
}

function audienceOf(stage: string, environment: NodeJS.ProcessEnv): string {
  return String(readStage(stage, [], environment)?.['sessionAudience']);
}

function cacheTableOf(stage: string): string {
  return `wecom-auth-${stage}-cache`;
}

/**
 * The port of `npm start`.
 *
 * @throws ExitError
 */
export function localPort(environment: NodeJS.ProcessEnv): number {
  return portOf({ ...environmentFile(), ...environment }['PORT']);
}

/** @throws ExitError */
function portOf(text: string | undefined): number {
  const port = Number(text || LOCAL_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_000) {
    throw misunderstood({
      zh: `PORT 应为 1 到 65000 的端口，而不是 ${text}`,
      en: `PORT must be a port from 1 to 65000, not ${text}`,
    });
  }
  return port;
}

/** The variables of `.env`, as `npm start` reads them. Editors on Windows begin it with a byte order mark. */
export function environmentFile(): NodeJS.ProcessEnv {
  return existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8').replace(/^\uFEFF/, '')) : {};
}

/** The issuer of the stack that `npm start` runs. */
export function localIssuer(settings: NodeJS.ProcessEnv, port: number): string {
  const address = settings['SESSION_ISSUER'] || settings['PUBLIC_URL'];
  return address?.replace(/\/+$/, '') || `http://localhost:${port}`;
}

/**
 * The app that the stage's functions act for: without it no key can be made.
 *
 * @throws ExitError
 */
function appOf(stage: string, environment: NodeJS.ProcessEnv): App {
  const present = Object.entries(environment).filter(([, value]) => value !== '');
  const parameters = readStage(stage, [], Object.fromEntries(present));
  const corpId = String(parameters?.['corpId'] ?? '');
  const agentId = String(parameters?.['agentId'] ?? '');
  if (corpId === '' || agentId === '') {
    throw new ExitError(EXIT.failed, {
      zh: `${stageFile(stage)} 没有 corpId 和 agentId：请先运行 npm run setup -- --stage ${stage}。`,
      en: `${stageFile(stage)} has no corpId and agentId: run npm run setup -- --stage ${stage} first.`,
    });
  }
  return { corpId, agentId };
}

/** @throws ExitError where neither the stage's file nor the profile names one */
function regionOf({ config }: DynamoDBClient): Promise<string> {
  return config.region().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT.failed, {
      zh: `无法确定 AWS 区域：${reason}。请用 --region 指定。`,
      en: `The AWS region is not known: ${reason}. Set it with --region.`,
    });
  });
}

async function tableOfStack({ stage }: StageOptions, region: string | undefined): Promise<string> {
  const stack = stackName(stage);
  const { outputs } = await describeStack(stage, region).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const { zh, en } = awsRemedy(error) ?? CHECK_OPTIONS;
    throw new ExitError(EXIT.failed, {
      zh: `无法读取 CloudFormation 堆栈 ${stack}：${reason}。${zh}`,
      en: `The CloudFormation stack ${stack} cannot be read: ${reason}. ${en}`,
    });
  });
  const name = outputs[OUTPUT];
  if (name === undefined) {
    throw new ExitError(EXIT.failed, {
      zh: `堆栈 ${stack} 没有输出 ${OUTPUT}：请用当前版本重新部署，或用 --table 指定表名。`,
      en: `The stack ${stack} has no output ${OUTPUT}: deploy this version, or name the table with --table.`,
    });
  }
  return name;
}

const CHECK_OPTIONS: Bilingual = {
  zh: '检查 --stage、--region 和 AWS 凭证，或用 --table 指定表名。',
  en: 'Check --stage, --region and your AWS credentials, or name the table with --table.',
};

/** The caller's ARN. No change is made without it. @throws ExitError */
async function caller(region: string | undefined): Promise<string> {
  const arn = await callerArn(region).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = awsRemedy(error);
    throw new ExitError(EXIT.failed, {
      zh: `无法确定你的 AWS 身份：${reason}${remedy ? `。${remedy.zh}` : ''}`,
      en: `Your AWS identity cannot be read: ${reason}${remedy ? `. ${remedy.en}` : ''}`,
    });
  });
  return arn ?? 'unknown';
}
