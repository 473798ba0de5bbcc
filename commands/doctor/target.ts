import { randomUUID } from 'node:crypto';
import { systemClock } from '../../lib/clock.ts';
import type { Invocation } from '../../lib/invocation.ts';
import { environmentFile, localIssuer, localPort } from '../administration/stage.ts';
import { LOCAL_CREDENTIALS, LOCAL_PORT, localEndpoint } from '../deployment/localStack.ts';
import type { StackResources } from '../deployment/stackResources.ts';
import { readStage, type StageParameters, stageFile } from '../deployment/stageFile.ts';

export interface TargetOptions {
  readonly stage: string;
  readonly region?: string | undefined;
  /** The API's URL; default: the stack's output. */
  readonly api?: string | undefined;
}

/** The stage that the doctor checks. */
export interface Target {
  readonly stage: string;
  readonly local: boolean;
  readonly parameters: StageParameters;
  readonly region: string;
  readonly corpId: string;
  readonly agentId: string;
  readonly wecomApiBaseUrl: string;
  /** Absent until the stack is described. */
  apiUrl?: string | undefined;
  /** The stack's outputs; empty on this machine. */
  outputs: Readonly<Record<string, string>>;
  /** Absent on this machine, and where the stack's template cannot be read. */
  resources?: StackResources | undefined;
  /** @returns the full name of a SecureString */
  parameter(name: string): string;
  table(name: 'cache' | 'permissions'): string;
}

/**
 * Reads the stage's parameters, and points the SDK's clients of this process at the stage.
 *
 * @param environment process.env, which the SDK reads; changed here
 * @throws Error for a stage without a file; ExitError for a PORT that is none
 */
export function openTarget(options: TargetOptions, environment: NodeJS.ProcessEnv): Target {
  const { stage } = options;
  const local = stage === 'local';
  if (local) pointAtLocalStack(environment);
  const overrides = options.region === undefined ? [] : [`region=${options.region}`];
  const parameters = readStage(stage, overrides, environment);
  if (parameters === undefined) throw new Error(`${stageFile(stage)} does not exist`);
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

/** Sets the endpoints and credentials of the stack that `npm start` runs. */
function pointAtLocalStack(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environmentFile())) environment[name] ??= value;
  const port = localPort(environment);
  environment['AWS_REGION'] = 'local';
  environment['AWS_ACCESS_KEY_ID'] = LOCAL_CREDENTIALS.accessKeyId;
  environment['AWS_SECRET_ACCESS_KEY'] = LOCAL_CREDENTIALS.secretAccessKey;
  environment['AWS_ENDPOINT_URL_SSM'] ??= localEndpoint('ssm', port);
  environment['AWS_ENDPOINT_URL_DYNAMODB'] ??= localEndpoint('dynamoDb', port);
  environment['AWS_ENDPOINT_URL_EVENTBRIDGE'] ??= localEndpoint('eventBridge', port);
  environment['REDIRECT_URIS'] ??= `http://localhost:${port}/,http://127.0.0.1:${port}/`;
  environment['SESSION_ISSUER'] ??= localIssuer(environment, port);
  environment['WECOM_API_BASE_URL'] ??= environment['WECOM_APP_SECRET']
    ? 'https://qyapi.weixin.qq.com'
    : localEndpoint('wecom', port);
}

/** Unique to this run: a lease names its holder, and two runs must not share one. */
const RUN = `doctor-${randomUUID()}`;

/** An invocation for calls of lib/ that logs nothing. */
export function newInvocation(timeoutMs = 10_000): Invocation {
  const nothing = () => undefined;
  return {
    requestId: RUN,
    deadline: systemClock.now() + timeoutMs,
    log: { info: nothing, warn: nothing, error: nothing, metric: nothing },
    waitedForWecom: nothing,
    count: nothing,
    note: nothing,
    noteMember: nothing,
    waitUntil: (work) => void work.catch(nothing),
  };
}
