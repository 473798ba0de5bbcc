import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseEnv } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../../lib/clock.ts';
import { createTable, type Table } from '../../lib/dynamodb/table.ts';
import { createHandOver, type HandOver } from '../../lib/handOver/handOver.ts';
import type { App } from '../../lib/tableKeys.ts';
import { callerArn, personalSettings } from '../deployment/awsClients.ts';
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

/** The permission table of a stage, and who is working on it. */
export interface Stage {
  readonly dynamoDb: DynamoDBClient;
  readonly tableName: string;
  readonly table: Table;
  /** Where the access_token is, which the functions share. */
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
  /** Hands work to a function of the stage, which is named as in serverless.yml. */
  handOver(functionName: string): HandOver;
}

const OUTPUT = 'PermissionTableName';

/** @throws ExitError */
export async function openStage(
  options: StageOptions,
  environment: NodeJS.ProcessEnv,
): Promise<Stage> {
  if (options.stage === 'local') {
    // `npm start` reads `.env` too.
    const settings = { ...envFile(), ...environment };
    const dynamoDb = new DynamoDBClient({
      ...personalSettings('local'),
      endpoint: environment['AWS_ENDPOINT_URL_DYNAMODB'] || localDynamoDb(settings['PORT']),
      credentials: LOCAL_CREDENTIALS,
      maxAttempts: 1,
    });
    const tableName = options.table ?? 'wecom-auth-local-permissions';
    const who = async () => `local:${userInfo().username}`;
    const table = createTable(dynamoDb, tableName);
    const cacheTable = createTable(dynamoDb, cacheTableOf('local'));
    const wecomApiBaseUrl = settings['WECOM_API_BASE_URL'] ?? localWecom(settings);
    const app = appOf('local', settings);
    const sessionAudience = audienceOf('local', settings);
    const issuer = settings['SESSION_ISSUER'] || `http://localhost:${portOf(settings['PORT'])}`;
    const lambda = {
      ...personalSettings('local'),
      endpoint:
        environment['AWS_ENDPOINT_URL_LAMBDA'] ||
        localEndpoint('invocation', portOf(settings['PORT'])),
      credentials: LOCAL_CREDENTIALS,
      maxAttempts: 1,
    };
    return {
      dynamoDb,
      tableName,
      table,
      cacheTable,
      wecomApiBaseUrl,
      sessionAudience,
      hasProvider: true,
      egress: undefined,
      issuer,
      app,
      who,
      handOver: (name) => createHandOver(`wecom-auth-local-${name}`, systemClock, lambda),
    };
  }

  const missing = missingStage(options.stage);
  if (missing) throw new ExitError(EXIT.misunderstood, missing);
  // Where the stage is deployed to; without either, what the AWS profile says.
  const parameters = readStage(options.stage, [], environment);
  const known = options.region ?? parameters?.['region'];
  const region = known ? String(known) : undefined;
  const tableName = options.table ?? (await tableOfStack(options, region));
  const dynamoDb = new DynamoDBClient(personalSettings(region));
  await regionOf(dynamoDb);
  const app = appOf(options.stage, environment);
  const table = createTable(dynamoDb, tableName);
  const cacheTable = createTable(dynamoDb, cacheTableOf(options.stage));
  const wecomApiBaseUrl = String(parameters?.['wecomApiBaseUrl']);
  const sessionAudience = audienceOf(options.stage, environment);
  const domainName = parameters?.['domainName'];
  const issuer =
    parameters?.['sessionIssuer'] ?? (domainName ? `https://${domainName}` : undefined);
  const who = () => caller(region);
  return {
    dynamoDb,
    tableName,
    table,
    cacheTable,
    wecomApiBaseUrl,
    sessionAudience,
    hasProvider: parameters !== undefined && hasProvider(parameters),
    egress: parameters?.['egress'],
    issuer: issuer === undefined ? undefined : String(issuer).replace(/\/+$/, ''),
    app,
    who,
    handOver: (name) =>
      createHandOver(`wecom-auth-${options.stage}-${name}`, systemClock, personalSettings(region)),
  };
}

function audienceOf(stage: string, environment: NodeJS.ProcessEnv): string {
  return String(readStage(stage, [], environment)?.['sessionAudience']);
}

function cacheTableOf(stage: string): string {
  return `wecom-auth-${stage}-cache`;
}

/** As `npm start` chooses: the emulator, unless there is a real app. */
function localWecom(settings: NodeJS.ProcessEnv): string {
  if (settings['WECOM_APP_SECRET']) return 'https://qyapi.weixin.qq.com';
  return localEndpoint('wecom', portOf(settings['PORT']));
}

/**
 * The port of `npm start`.
 *
 * @throws ExitError
 */
export function localPort(environment: NodeJS.ProcessEnv): number {
  return portOf({ ...envFile(), ...environment }['PORT']);
}

/** @throws ExitError */
function localDynamoDb(moved: string | undefined): string {
  return localEndpoint('dynamoDb', portOf(moved));
}

/** @throws ExitError */
function portOf(moved: string | undefined): number {
  const port = Number(moved || LOCAL_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_000) {
    throw misunderstood({ zh: `PORT 不是端口：${moved}`, en: `PORT is no port: ${moved}` });
  }
  return port;
}

function envFile(): NodeJS.ProcessEnv {
  return existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
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
      en: `There is no AWS region: ${reason}. Name one with --region.`,
    });
  });
}

async function tableOfStack({ stage }: StageOptions, region: string | undefined): Promise<string> {
  const stack = stackName(stage);
  const { outputs } = await describeStack(stage, region).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT.failed, {
      zh: `查不到 CloudFormation 堆栈 ${stack}:${reason}。检查 --stage、--region 和 AWS 凭证，或用 --table 指定表名。`,
      en: `CloudFormation does not show the stack ${stack}: ${reason}. Check --stage, --region and your AWS credentials, or name the table with --table.`,
    });
  });
  const name = outputs[OUTPUT];
  if (name === undefined) {
    throw new ExitError(EXIT.failed, {
      zh: `堆栈 ${stack} 没有输出 ${OUTPUT}:请用当前版本重新部署，或用 --table 指定表名。`,
      en: `The stack ${stack} has no output ${OUTPUT}: deploy this version, or name the table with --table.`,
    });
  }
  return name;
}

/** A change without a name behind it is not made. */
async function caller(region: string | undefined): Promise<string> {
  const arn = await callerArn(region).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExitError(EXIT.failed, {
      zh: `无法确定你的 AWS 身份：${reason}`,
      en: `AWS does not say who you are: ${reason}`,
    });
  });
  return arn ?? 'unknown';
}
