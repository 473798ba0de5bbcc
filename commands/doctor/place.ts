import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { systemClock } from '../../lib/clock.ts';
import type { Invocation } from '../../lib/invocation.ts';
import { LOCAL_CREDENTIALS, LOCAL_PORT, localEndpoint } from '../deployment/localStack.ts';
import { readStage, type StageParameters } from '../deployment/stageFile.ts';

export interface PlaceOptions {
  readonly stage: string;
  readonly region?: string | undefined;
  /** Where the API is; absent: what the stack says. */
  readonly api?: string | undefined;
}

/** A stage as the doctor sees it. */
export interface Place {
  readonly stage: string;
  readonly local: boolean;
  readonly parameters: StageParameters;
  readonly region: string;
  readonly corpId: string;
  readonly agentId: string;
  readonly wecomApiBaseUrl: string;
  /** Absent until the stack is known. */
  apiUrl?: string | undefined;
  /** The stack's outputs; empty on this machine. */
  outputs: Readonly<Record<string, string>>;
  /** The name of a SecureString. */
  parameter(name: string): string;
  table(name: 'cache' | 'permissions'): string;
}

/**
 * Points the SDK's clients of this process at the stage, and reads its parameters.
 *
 * @param environment is changed: process.env, where the SDK looks
 * @returns nothing for a stage without a file
 */
export function openPlace(
  options: PlaceOptions,
  environment: NodeJS.ProcessEnv,
): Place | undefined {
  const { stage } = options;
  const local = stage === 'local';
  if (local) pointAtLocalStack(environment);
  const overrides = options.region === undefined ? [] : [`region=${options.region}`];
  const parameters = readStage(stage, overrides, environment);
  if (parameters === undefined) return undefined;
  const region = String(parameters['region']);
  if (!local) environment['AWS_REGION'] = region;
  const port = environment['PORT'] ?? LOCAL_PORT;
  return {
    stage,
    local,
    parameters,
    region: local ? 'local' : region,
    corpId: String(parameters['corpId']),
    agentId: String(parameters['agentId']),
    wecomApiBaseUrl: String(parameters['wecomApiBaseUrl']),
    apiUrl: options.api ?? (local ? `http://localhost:${port}` : undefined),
    outputs: {},
    parameter: (name) => `/wecom-auth/${stage}/${name}`,
    table: (name) => `wecom-auth-${stage}-${name}`,
  };
}

/** The stack that `npm start` runs, and its keys. */
function pointAtLocalStack(environment: NodeJS.ProcessEnv): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const port = Number(environment['PORT'] ?? LOCAL_PORT);
  environment['AWS_REGION'] = 'local';
  environment['AWS_ACCESS_KEY_ID'] = LOCAL_CREDENTIALS.accessKeyId;
  environment['AWS_SECRET_ACCESS_KEY'] = LOCAL_CREDENTIALS.secretAccessKey;
  environment['AWS_ENDPOINT_URL_SSM'] ??= localEndpoint('ssm', port);
  environment['AWS_ENDPOINT_URL_DYNAMODB'] ??= localEndpoint('dynamoDb', port);
  environment['REDIRECT_URIS'] ??= `http://localhost:${port}/,http://127.0.0.1:${port}/`;
  environment['WECOM_API_BASE_URL'] ??= environment['WECOM_APP_SECRET']
    ? 'https://qyapi.weixin.qq.com'
    : localEndpoint('wecom', port);
}

/** One for each run: a lease names its holder, and two runs must not take each other's for theirs. */
const RUN = `doctor-${randomUUID()}`;

/** For the library's calls: nothing of them is logged. */
export function newInvocation(milliseconds = 10_000): Invocation {
  const nothing = () => undefined;
  return {
    requestId: RUN,
    deadline: systemClock.now() + milliseconds,
    log: { info: nothing, warn: nothing, error: nothing, metric: nothing },
    waitedForWecom: nothing,
    waitUntil: (work) => void work.catch(nothing),
  };
}
