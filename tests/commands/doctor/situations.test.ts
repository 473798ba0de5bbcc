import { request as onward } from 'node:http';
import { text } from 'node:stream/consumers';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type ExpectedFunction,
  expectedFunctions,
} from '../../../commands/deployment/deployedFunctions.ts';
import { readStage } from '../../../commands/deployment/stageFile.ts';
import { conclusion, type Finding, isHealthy } from '../../../commands/doctor/finding.ts';
import { type LogLine, LogUnreadable, type ReadLog } from '../../../commands/doctor/functionLog.ts';
import { runChecks } from '../../../commands/doctor/runChecks.ts';
import { openTarget, type Target } from '../../../commands/doctor/target.ts';
import { firstKey, newSessionKey } from '../../../commands/sessionKeys/rotation.ts';
import { encrypt, signatureOf } from '../../../lib/callback/encryption.ts';
import { readSharedKeys } from '../../../lib/callback/sharedKeys.ts';
import { writeObserved } from '../../../lib/directory/membershipWrite.ts';
import { createTable } from '../../../lib/dynamodb/table.ts';
import { membershipSort, subjectPartition, tokenKey } from '../../../lib/tableKeys.ts';
import { FIXTURE_KEYS } from '../../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { type Alarm, type Aws, type FunctionSettings, startAws } from '../../harness/aws.ts';
import { allowsAction, readPolicy } from '../../harness/examplePolicy.ts';
import { serve } from '../../harness/serve.ts';
import { SESSION_KEYS_PARAMETER, type Stack, startStack } from '../../harness/stack.ts';
import { storedParameter } from '../../harness/storedParameter.ts';

/*
 * The doctor's table of situations: each row makes one on a deployed stage, whose AWS services are
 * stand-ins, and names every finding that is not `ok`. The exit code follows from them: 1 if one failed.
 */

const TOPIC = 'arn:aws:sns:ap-southeast-1:123456789012:wecom-auth-prod-AlarmTopic';
/** A region of AWS, and one with a typing error, whose hosts have no address. */
const REGION = 'ap-southeast-1';
const AGENT = '1000002';
const NO_REGION = 'ap-southeast-11';

let stack: Stack;
let aws: Aws;
/** The instances of the stage's functions. */
let api: string;
/** What the permission table has. */
const RIGHT = {
  ttl: true,
  recovery: true,
  isProtected: true,
  index: 'ACTIVE',
  status: 'ACTIVE',
  refused: '',
};
let table = RIGHT;
/** The requests to DynamoDB, such as `dynamodb:GetItem wecom-auth-local-cache`. */
const asked = new Set<string>();
/** The log of the functions that is not written by them. */
let log: LogLine[] = [];
/** Why the log cannot be read. */
let logRefusal: string | undefined;

beforeAll(async () => {
  stack = await startStack();
  aws = await startAws();
  for (const service of ['CLOUDFORMATION', 'STS', 'SNS', 'CLOUDWATCH', 'CLOUDWATCH_LOGS']) {
    vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, aws.url);
  }
});
afterAll(() => aws.close());

/** The embedded DynamoDB, with the operations that it lacks, for one test. */
async function startTables(): Promise<string> {
  const embedded = stack.environment['AWS_ENDPOINT_URL_DYNAMODB'] ?? '';
  const { url } = await serve(async (request, response) => {
    const body = await text(request);
    const operation = String(request.headers['x-amz-target']).split('.')[1];
    asked.add(`dynamodb:${operation} ${JSON.parse(body).TableName}`);
    if (operation === table.refused) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      return void response.end('{"__type":"AccessDeniedException","message":"no"}');
    }
    const isPermissions = body.includes('-permissions');
    if (operation === 'DescribeTimeToLive') {
      const TimeToLiveStatus = table.ttl || !isPermissions ? 'ENABLED' : 'DISABLED';
      const TimeToLiveDescription = { AttributeName: 'ttl', TimeToLiveStatus };
      return void response.end(JSON.stringify({ TimeToLiveDescription }));
    }
    if (operation === 'DescribeContinuousBackups') {
      const PointInTimeRecoveryStatus = table.recovery ? 'ENABLED' : 'DISABLED';
      const ContinuousBackupsDescription = {
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus },
      };
      return void response.end(JSON.stringify({ ContinuousBackupsDescription }));
    }
    const { method = 'POST', headers } = request;
    const sent = onward(embedded, { method, headers }, async (answer) => {
      const answered = await text(answer);
      const isDescribed = operation === 'DescribeTable' && answer.statusCode === 200;
      const { Table } = isDescribed ? JSON.parse(answered) : {};
      const { isProtected: DeletionProtectionEnabled, status: TableStatus } = table;
      const described = { Table: { ...Table, DeletionProtectionEnabled, TableStatus } };
      const indexes = described.Table.GlobalSecondaryIndexes ?? [];
      for (const each of indexes) each.IndexStatus = table.index;
      if (table.index === '') delete described.Table.GlobalSecondaryIndexes;
      response.writeHead(answer.statusCode ?? 500, { 'content-type': 'application/json' });
      response.end(isDescribed ? JSON.stringify(described) : answered);
    });
    sent.end(body);
  });
  return url;
}

/** A stage that is right. */
function settings(): Record<string, unknown> {
  return {
    ...readStage('prod'),
    corpId: stack.wecom.company.corpid,
    agentId: AGENT,
    region: REGION,
    wecomApiBaseUrl: stack.wecom.url,
    wecomOauthBaseUrl: stack.wecom.url,
    wecomLoginBaseUrl: stack.wecom.url,
    redirectUris: 'http://localhost:3000/',
    corsOrigins: ['http://localhost:3000'],
    sessionIssuer: api,
    openidProvider: false,
  };
}

/** What Lambda has of a function that was deployed as it is expected. */
function deployed(expected: ExpectedFunction): FunctionSettings {
  const variables = expected.environment.flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return {
    MemorySize: expected.memoryMb,
    Runtime: expected.runtime,
    Architectures: [expected.architecture],
    State: 'Active',
    TracingConfig: { Mode: expected.isTraced ? 'Active' : 'PassThrough' },
    ...(expected.inVpc && { VpcConfig: { VpcId: 'vpc-1' } }),
    Environment: { Variables: { ...Object.fromEntries(variables), LOG_KEY } },
  };
}

const LOG_KEY = 'CANARY'.repeat(8);
const ACCESS_LOG = '/aws/http-api/wecom-auth-prod';
const DEAD_LETTERS = 'wecom-auth-prod-person-changes-dead-letters';

/** The part of the template that the doctor reads, for these functions. */
function templateOf(names: readonly string[]) {
  const alarms = ['server-errors', 'latency', 'api-throttles'].map((name) => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: { AlarmName: `wecom-auth-prod-${name}` },
  }));
  const logGroups = names.map((name) => ({
    Type: 'AWS::Logs::LogGroup',
    Properties: { LogGroupName: `/aws/lambda/${name}` },
  }));
  return {
    Resources: {
      ...[...alarms, ...logGroups],
      Access: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: ACCESS_LOG } },
      Filter: {
        Type: 'AWS::Logs::MetricFilter',
        Properties: {
          LogGroupName: { Ref: 'Access' },
          FilterPattern: '{ $.status = "429" }',
          MetricTransformations: [
            { MetricNamespace: 'WecomAuth/prod', MetricName: 'ThrottledRequests' },
          ],
        },
      },
      DeadLetters: {
        Type: 'AWS::SQS::Queue',
        Properties: { QueueName: DEAD_LETTERS, MessageRetentionPeriod: 1209600 },
      },
      Api: {
        Type: 'AWS::ApiGatewayV2::Stage',
        Properties: {
          DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
        },
      },
    },
  };
}

/** The queue of events and its reader, on a stage with an event bus. */
const EVENTS = {
  EventQueue: {
    Type: 'AWS::SQS::Queue',
    Properties: { QueueName: 'wecom-auth-prod-events', RedrivePolicy: {} },
  },
  PublishEvents: {
    Type: 'AWS::Lambda::Function',
    Properties: { FunctionName: 'wecom-auth-prod-publishEvents' },
  },
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { FunctionName: { 'Fn::GetAtt': ['PublishEvents', 'Arn'] } },
  },
};

function alarm(name: string, change: Partial<Alarm> = {}): Alarm {
  return {
    AlarmName: `wecom-auth-prod-${name}`,
    StateValue: 'OK',
    ActionsEnabled: true,
    AlarmActions: [TOPIC],
    ...change,
  };
}

/** What a situation can change before the doctor runs. */
interface Situation {
  /** Of the stage's file. */
  readonly parameters: Record<string, unknown>;
  /** Settings of the running functions, over what is deployed. */
  readonly running: Record<string, string>;
  /** The hosts that have an address. */
  hosts: readonly string[];
  region: string;
  /** The API's address in the stack's outputs. */
  apiUrl: string;
  /** WeCom's address for the doctor. */
  wecomFromHere: string;
  /** Of Lambda, after the functions were deployed. */
  readonly changed: ((functions: Record<string, FunctionSettings>) => void)[];
  /** What happens once the functions run. */
  readonly happened: (() => Promise<unknown>)[];
}

/** The app's visible range in the emulator. */
const VISIBLE = { users: ['liuzong'], parties: [2, 7, 12], tags: [3] };

const seenByTheApp = (visible: typeof VISIBLE) =>
  stack.wecom.administrator.updateApp(Number(AGENT), { visible });

/** As on a new stage: no access_token and no count of calls. */
async function forgetToken() {
  const { pk } = tokenKey(stack.wecom.company.corpid, AGENT);
  await stack.client.send(
    new DeleteItemCommand({ TableName: 'wecom-auth-local-cache', Key: { pk: { S: pk } } }),
  );
}

/** The record of a call without an answer, with the pause after it. */
async function pauseGettoken() {
  const { pk } = tokenKey(stack.wecom.company.corpid, AGENT);
  const breaker = {
    reason: 'unreachable',
    errcode: -1,
    failures: 0,
    since: Date.now(),
    openUntil: Date.now() + 30_000,
    secretRevision: '',
    failedCalls: [],
  };
  await forgetToken();
  await createTable(stack.client, 'wecom-auth-local-cache').put({ pk, version: 1, breaker });
}

/** The member about whom the doctor asks `verify`, as if it did not ask within the last hour. */
async function forgetNobody() {
  const pk = subjectPartition(stack.wecom.company.corpid, 'member#wecom-auth.doctor');
  const Key = { pk: { S: pk }, sk: { S: membershipSort(AGENT) } };
  await stack.client.send(
    new DeleteItemCommand({ TableName: 'wecom-auth-local-permissions', Key }),
  );
}

async function diagnose(arrange: (situation: Situation) => unknown) {
  await forgetNobody();
  table = RIGHT;
  log = [];
  logRefusal = undefined;
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', await startTables());
  stack.printed.length = 0;
  stack.wecom.calls.clear();
  Object.assign(aws, {
    outputs: { ApiUrl: '', AlarmTopicArn: TOPIC },
    status: 'UPDATE_COMPLETE',
    refusal: undefined,
    refusals: {},
    subscriptions: { confirmed: 1, pending: 0 },
    alarms: ['server-errors', 'latency', 'api-throttles'].map((name) => alarm(name)),
    filteredMetrics: ['ThrottledRequests'],
    queues: [DEAD_LETTERS],
    concurrency: {},
    mappings: {},
  });
  const situation: Situation = {
    parameters: {},
    running: {},
    hosts: [],
    region: 'local',
    apiUrl: '',
    wecomFromHere: stack.wecom.url,
    changed: [],
    happened: [],
  };
  const instance = await stack.newInstance({ VERIFY_ACCESS: 'session', OPENID_PROVIDER: 'false' });
  api = instance.url;
  instance.environment['SESSION_ISSUER'] = api;
  await arrange(situation);
  Object.assign(instance.environment, situation.running);
  if (aws.outputs && 'ApiUrl' in aws.outputs) aws.outputs['ApiUrl'] = situation.apiUrl || api;
  const parameters = { ...settings(), ...situation.parameters };
  // What is deployed is the stage as it was before the situation changed its file.
  const functions = expectedFunctions('prod', settings(), api).map(
    (each) => [`wecom-auth-prod-${each.name}`, deployed(each)] as const,
  );
  aws.functions = Object.fromEntries(functions);
  aws.template = templateOf(functions.map(([name]) => name));
  const logGroups = [ACCESS_LOG, ...functions.map(([name]) => `/aws/lambda/${name}`)];
  aws.logGroups = Object.fromEntries(logGroups.map((name) => [name, 30]));
  for (const change of situation.changed) change(aws.functions);
  for (const event of situation.happened) await event();

  const opened = openTarget({ stage: 'prod', region: situation.region }, process.env);
  const target: Target = {
    ...opened,
    parameters,
    corpId: String(parameters['corpId']),
    agentId: String(parameters['agentId']),
    wecomApiBaseUrl: situation.wecomFromHere,
    parameter: (name) => `/wecom-auth/local/${name}`,
    table: (name) => `wecom-auth-local-${name}`,
  };
  // The functions here print to one log. Their lines of a deployed stage need no pause to appear.
  const readLog: ReadLog = async ({ functionName, wanted }) => {
    if (logRefusal !== undefined) throw new LogUnreadable(logRefusal);
    const lines = [...stack.log(), ...log];
    return lines.filter((line) => line['function'] === functionName && wanted(line));
  };
  const lookup = async (host: string) => {
    if (situation.hosts.includes(host)) return ['203.0.113.1'];
    throw new Error('ENOTFOUND');
  };
  // Lambda is a stand-in for the doctor, and hands work over for the functions.
  const [handOver, queues] = ['LAMBDA', 'SQS'].map(
    (service) => process.env[`AWS_ENDPOINT_URL_${service}`],
  );
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', aws.url);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', aws.url);
  const findings: Finding[] = [];
  try {
    for await (const each of runChecks(target, readLog, Date.now, lookup)) findings.push(each);
  } finally {
    vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', handOver);
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', queues);
    stack.wecom.faults.clear();
    seenByTheApp(VISIBLE);
    await forgetToken();
    stack.ssm.faults.clear();
    stack.dynamoDb.fail(undefined);
  }
  return { findings, exitCode: isHealthy(findings) ? 0 : 1 };
}

/** The check, its outcome, and what its text and its remedy contain, in English. */
type Expected = readonly [
  check: string,
  outcome: Finding['outcome'],
  what: string,
  remedy?: string,
];

/** On a stage without the OpenID provider and without callbacks that somebody sent. */
const OFF: Expected = ['openid', 'unknown', 'off on this stage'];

interface Row {
  readonly when: string;
  readonly arrange: (situation: Situation) => unknown;
  /** Every finding that is not `ok`, in order. */
  readonly finds: readonly Expected[];
}

/** The function's settings in Lambda are changed after the deployment. */
const lambda =
  (name: string, change: (before: FunctionSettings) => Partial<FunctionSettings>) =>
  ({ changed }: Situation) =>
    changed.push((functions) => {
      const key = `wecom-auth-prod-${name}`;
      const before = functions[key];
      if (before) functions[key] = { ...before, ...change(before) };
    });

const everyFunction =
  (change: (before: FunctionSettings) => Partial<FunctionSettings>) => (situation: Situation) =>
    situation.changed.push((functions) => {
      for (const [name, before] of Object.entries(functions)) {
        functions[name] = { ...before, ...change(before) };
      }
    });

const file = (parameters: Record<string, unknown>) => (situation: Situation) =>
  void Object.assign(situation.parameters, parameters);

const stackIs =
  (status: string, outputs?: Record<string, string>) =>
  (_situation: Situation): void => {
    aws.status = status;
    if (outputs) aws.outputs = outputs;
  };

const STACK_ROWS: Row[] = [
  { when: 'everything is right', arrange: () => undefined, finds: [OFF] },
  ...['CREATE_COMPLETE', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'IMPORT_COMPLETE'].map(
    (status): Row => ({ when: `the stack is ${status}`, arrange: stackIs(status), finds: [OFF] }),
  ),
  ...['UPDATE_ROLLBACK_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'].map(
    (status): Row => ({
      when: `the last deployment was rolled back: ${status}`,
      arrange: stackIs(status),
      finds: [
        ['stack', 'failed', 'the last deployment failed and was undone', 'deploy again'],
        OFF,
      ],
    }),
  ),
  {
    when: 'the rollback failed too',
    arrange: stackIs('UPDATE_ROLLBACK_FAILED'),
    finds: [['stack', 'failed', 'undoing it failed too', 'continue-update-rollback'], OFF],
  },
  ...['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'CREATE_FAILED'].map(
    (status): Row => ({
      when: `the first deployment failed: ${status}`,
      arrange: stackIs(status, {}),
      finds: [['stack', 'failed', 'nothing runs', 'aws cloudformation delete-stack']],
    }),
  ),
  {
    when: 'the first deployment never began',
    arrange: stackIs('REVIEW_IN_PROGRESS', {}),
    finds: [['stack', 'failed', 'before anything was created', 'delete-stack']],
  },
  {
    when: 'the stack has no outputs',
    arrange: stackIs('CREATE_COMPLETE', { ServerlessDeploymentBucketName: 'bucket' }),
    finds: [['stack', 'failed', 'did not get further than the bucket', 'npm run deploy']],
  },
  {
    when: 'the first deployment was rolled back to the bucket',
    arrange: stackIs('UPDATE_ROLLBACK_COMPLETE', { ServerlessDeploymentBucketName: 'bucket' }),
    finds: [['stack', 'failed', 'has no API', 'first failure']],
  },
  {
    when: 'a deployment is running',
    arrange: stackIs('UPDATE_IN_PROGRESS'),
    finds: [['stack', 'warning', 'a deployment is running', 'Wait'], OFF],
  },
  {
    when: 'the stack is being deleted',
    arrange: stackIs('DELETE_IN_PROGRESS', {}),
    finds: [['stack', 'failed', 'being deleted', 'Wait until it is gone']],
  },
  {
    when: 'there is no stack',
    arrange: () => {
      aws.outputs = undefined;
    },
    finds: [['stack', 'failed', 'There is no stack wecom-auth-prod in local', 'another region']],
  },
  {
    when: 'the stack may not be read',
    arrange: () => {
      aws.refusals = { DescribeStacks: 'AccessDenied' };
    },
    finds: [['stack', 'failed', 'AccessDenied', 'cloudformation:DescribeStacks']],
  },
];

const ACCOUNT_ROWS: Row[] = [
  {
    when: 'AWS refuses the key',
    arrange: () => {
      aws.refusal = { code: 'InvalidClientTokenId', message: 'no' };
    },
    finds: [['account', 'failed', 'does not accept your credentials', 'Sign in to AWS']],
  },
  {
    when: 'the region is of another partition, or not enabled for the account',
    arrange: () => {
      aws.refusal = { code: 'InvalidClientTokenId', message: 'no' };
    },
    finds: [['account', 'failed', 'does not accept your credentials', 'enabled for the account']],
  },
  {
    when: 'the region is disabled',
    arrange: () => {
      aws.refusal = { code: 'RegionDisabledException', message: 'no' };
    },
    finds: [['account', 'failed', 'RegionDisabledException', 'enabled for the account']],
  },
  {
    when: 'the signature is not right for AWS',
    arrange: () => {
      aws.refusal = { code: 'SignatureDoesNotMatch', message: 'Signature expired' };
    },
    finds: [['account', 'failed', 'SignatureDoesNotMatch', 'Set the clock']],
  },
  {
    when: 'AWS cannot be reached',
    arrange: () => vi.stubEnv('AWS_ENDPOINT_URL_STS', 'http://127.0.0.1:65534'),
    finds: [
      ['account', 'failed', 'AWS cannot be reached: ECONNREFUSED', 'nothing about your cred'],
    ],
  },
  {
    when: 'the region has a typing error',
    arrange: (situation) => {
      vi.stubEnv('AWS_ENDPOINT_URL_STS', '');
      situation.region = NO_REGION;
      situation.hosts = ['sts.us-east-1.amazonaws.com'];
    },
    finds: [['account', 'failed', `There is no AWS region ${NO_REGION}`, 'spelling']],
  },
  {
    when: 'no name of AWS has an address',
    arrange: (situation) => {
      vi.stubEnv('AWS_ENDPOINT_URL_STS', '');
      situation.region = NO_REGION;
    },
    finds: [['account', 'failed', 'AWS cannot be reached', 'Check the network']],
  },
];

const SETTING_ROWS: Row[] = [
  {
    when: 'redirectUris and corsOrigins were changed and not deployed',
    arrange: file({
      redirectUris: 'http://localhost:3000/ http://localhost:3001/in',
      corsOrigins: ['http://localhost:3000', 'http://localhost:3001'],
    }),
    finds: [
      ['settings', 'failed', 'corsOrigins, redirectUris of stages/prod.yml differ', 'npm run dep'],
      OFF,
    ],
  },
  {
    when: 'the order of lists and their white space alone are written otherwise',
    arrange: file({ redirectUris: '\n  http://localhost:3000/\n' }),
    finds: [OFF],
  },
  ...(
    [
      ['memorySize', { memorySize: 1024 }],
      ['egress', { egress: 'public' }],
      ['architecture', { architecture: 'x86_64' }],
      ['xray', { xray: true }],
      ['sessionSeconds', { sessionSeconds: 600 }],
      ['requireState', { requireState: 'true' }],
    ] as const
  ).map(
    ([name, parameters]): Row => ({
      when: `${name} was changed and not deployed`,
      arrange: file(parameters),
      finds: [['settings', 'failed', `${name} of stages/prod.yml differ`, 'npm run deploy'], OFF],
    }),
  ),
  {
    when: 'an event bus was switched on and not deployed',
    arrange: file({ eventBus: 'wecom-auth-local' }),
    finds: [['settings', 'failed', 'missing functions: publishEvents', 'npm run deploy'], OFF],
  },
  {
    when: 'the functions have another memory size',
    arrange: everyFunction(() => ({ MemorySize: 256 })),
    finds: [['settings', 'failed', 'memorySize of stages/prod.yml differ', 'npm run deploy'], OFF],
  },
  {
    when: 'somebody changed one function in the console',
    arrange: lambda('verify', () => ({ MemorySize: 128 })),
    finds: [
      ['settings', 'failed', 'memorySize of stages/prod.yml differ in verify', 'console'],
      OFF,
    ],
  },
  {
    when: 'a function was deleted by hand',
    arrange: ({ changed }) => changed.push((all) => delete all['wecom-auth-prod-jwks']),
    finds: [['settings', 'failed', 'missing functions: jwks', 'npm run deploy'], OFF],
  },
  {
    when: 'Lambda could not start a function',
    arrange: lambda('callback', () => ({ State: 'Failed', StateReason: 'the subnet is gone' })),
    finds: [['settings', 'failed', 'could not update or start callback: the subnet is gone'], OFF],
  },
  {
    when: 'the functions may not be read',
    arrange: () => {
      aws.refusals = { GetFunctionConfiguration: 'AccessDeniedException' };
    },
    finds: [
      ['settings', 'unknown', 'AccessDeniedException', 'lambda:GetFunctionConfiguration'],
      OFF,
    ],
  },
  {
    when: 'the functions have a variable that is not of the stage',
    arrange: everyFunction(({ Environment }) => ({
      Environment: { Variables: { ...Environment.Variables, OF_SOMEBODY: 'CANARY' } },
    })),
    finds: [OFF],
  },
  {
    when: 'the functions have no key for the pseudonyms of their log',
    arrange: everyFunction(({ Environment: { Variables } }) => {
      const { LOG_KEY: _, ...others } = Variables;
      return { Environment: { Variables: others } };
    }),
    finds: [['settings', 'failed', 'LOG_KEY is missing in authorize,', 'npm run deploy'], OFF],
  },
  {
    when: 'one function has another key for the pseudonyms than the others',
    arrange: lambda('verify', ({ Environment }) => ({
      Environment: { Variables: { ...Environment.Variables, LOG_KEY: 'CANARY2'.repeat(8) } },
    })),
    finds: [['settings', 'failed', 'LOG_KEY is not the same in all functions', 'console'], OFF],
  },
  ...(['throttleRate', 'throttleBurst', 'reservedConcurrency'] as const).map(
    (name): Row => ({
      when: `${name} was changed and not deployed`,
      arrange: file({ [name]: '50' }),
      finds: [['settings', 'failed', `${name} of stages/prod.yml differ`, 'npm run deploy'], OFF],
    }),
  ),
  {
    when: 'somebody throttled a function in the console, which reserves it no instance',
    arrange: () => {
      aws.concurrency = { 'wecom-auth-prod-jwks': 0 };
    },
    finds: [
      ['settings', 'failed', 'reservedConcurrency of stages/prod.yml differ in jwks', 'console'],
      OFF,
    ],
  },
  {
    when: 'another company has a stage of this name in the account',
    arrange: everyFunction(({ Environment }) => ({
      Environment: { Variables: { ...Environment.Variables, WECOM_CORP_ID: 'wwffffffffffffffff' } },
    })),
    finds: [
      ['settings', 'failed', 'those of another company', 'Check first whether this is the account'],
      OFF,
    ],
  },
  {
    when: 'alarmEmail was changed and not deployed',
    arrange: file({ alarmEmail: 'operator@mycompany.cn' }),
    finds: [['settings', 'failed', 'alarmEmail of stages/prod.yml differ', 'npm run deploy'], OFF],
  },
  {
    when: 'the concurrency may not be read',
    arrange: () => {
      aws.refusals = { GetFunctionConcurrency: 'AccessDeniedException' };
    },
    finds: [['settings', 'unknown', 'AccessDeniedException', 'lambda:GetFunctionConcurrency'], OFF],
  },
];

const TABLE_ROWS: Row[] = [
  {
    when: 'the tables are being changed, and work meanwhile',
    arrange: () => {
      table = { ...table, status: 'UPDATING' };
    },
    finds: [OFF],
  },
  {
    when: 'the tables are being restored',
    arrange: () => {
      table = { ...table, status: 'CREATING' };
    },
    finds: [
      ['table-cache', 'failed', 'is CREATING', 'Wait'],
      ['table-permissions', 'failed', 'is CREATING', 'Wait'],
      OFF,
    ],
  },
  {
    when: 'DynamoDB may not use the key of the tables',
    arrange: () => {
      table = { ...table, status: 'INACCESSIBLE_ENCRYPTION_CREDENTIALS' };
    },
    finds: [
      ['table-cache', 'failed', 'is INACCESSIBLE', 'DynamoDB console'],
      ['table-permissions', 'failed', 'is INACCESSIBLE', 'DynamoDB console'],
      OFF,
    ],
  },
  {
    when: 'the permission table has no index',
    arrange: () => {
      table = { ...table, index: '' };
    },
    finds: [['table-permissions', 'failed', 'has no index lists', 'npm run deploy'], OFF],
  },
  {
    when: 'the index of the permission table is being made',
    arrange: () => {
      table = { ...table, index: 'CREATING' };
    },
    finds: [['table-permissions', 'failed', 'index lists, which is CREATING', 'Wait'], OFF],
  },
  {
    when: 'the permission table may not be searched',
    arrange: () => {
      table = { ...table, refused: 'Scan' };
    },
    finds: [OFF, ['person-changes', 'unknown', 'AccessDeniedException', 'dynamodb:Scan']],
  },
  {
    when: 'deletion protection is off',
    arrange: () => {
      table = { ...table, isProtected: false };
    },
    finds: [
      ['table-permissions', 'failed', 'no deletion protection', '--deletion-protection-enabled'],
      OFF,
    ],
  },
  {
    when: "deletion protection is off by the stage's file",
    arrange: (situation) => {
      table = { ...table, isProtected: false };
      situation.parameters['deletionProtection'] = false;
    },
    finds: [['deletion-protection', 'warning', 'deletionProtection is false', 'remove'], OFF],
  },
  {
    when: 'point-in-time recovery is off',
    arrange: () => {
      table = { ...table, recovery: false };
    },
    finds: [
      ['table-permissions', 'failed', 'no point-in-time recovery', 'update-continuous-backups'],
      OFF,
    ],
  },
  {
    when: 'a restored table has neither TTL nor recovery',
    arrange: () => {
      table = { ...table, ttl: false, recovery: false };
    },
    finds: [
      ['table-permissions', 'failed', 'no TTL on ttl; has no point-in-time', 'update-time-to-live'],
      OFF,
    ],
  },
];

const alarmsWith = (name: string, change: Partial<Alarm>) =>
  aws.alarms.map((each) => (each.AlarmName.endsWith(`-${name}`) ? { ...each, ...change } : each));

const afterDeployment =
  (change: () => unknown) =>
  ({ happened }: Situation) =>
    void happened.push(async () => change());

const ALARM_ROWS: Row[] = [
  {
    when: 'the topic of the alarms was deleted',
    arrange: () => {
      aws.refusals = { GetTopicAttributes: 'NotFound' };
    },
    finds: [
      ['alarm-mail', 'warning', 'topic of the alarms does not exist', 'aws sns create-topic'],
      OFF,
    ],
  },
  {
    when: 'one of several alarms was deleted',
    arrange: () => {
      aws.alarms = aws.alarms.filter(({ AlarmName }) => AlarmName !== 'wecom-auth-prod-latency');
    },
    finds: [['alarms', 'warning', 'missing: latency', 'resources/alarms.yml'], OFF],
  },
  {
    when: 'one of several alarms was deleted, and another rings',
    arrange: () => {
      aws.alarms = [alarm('latency', { StateValue: 'ALARM' }), alarm('api-throttles')];
    },
    finds: [
      ['alarms', 'warning', 'ringing: latency', 'docs/operations.md#latency'],
      ['alarms', 'warning', 'missing: server-errors', 'resources/alarms.yml'],
      OFF,
    ],
  },
  {
    when: 'an alarm no longer goes to the topic, and rings',
    arrange: () => {
      aws.alarms = alarmsWith('latency', { AlarmActions: [], StateValue: 'ALARM' });
    },
    finds: [
      ['alarms', 'warning', 'ringing: latency', 'docs/operations.md#latency'],
      ['alarms', 'warning', 'not sent to the topic: latency', TOPIC],
      OFF,
    ],
  },
  {
    when: 'the metric filter behind an alarm was deleted',
    arrange: () => {
      aws.filteredMetrics = [];
    },
    finds: [['alarms', 'warning', 'ThrottledRequests', 'aws logs put-metric-filter'], OFF],
  },
  {
    when: 'the metric filters may not be read',
    arrange: () => {
      aws.refusals = { DescribeMetricFilters: 'AccessDeniedException' };
    },
    finds: [['alarms', 'unknown', 'AccessDeniedException', 'logs:DescribeMetricFilters'], OFF],
  },
  {
    when: 'the template may not be read, so that nobody knows which alarms there should be',
    arrange: () => {
      aws.refusals = { GetTemplate: 'AccessDenied' };
      aws.alarms = [alarm('latency')];
    },
    finds: [['template', 'unknown', 'AccessDenied', 'cloudformation:GetTemplate'], OFF],
  },
  {
    when: 'nobody subscribes to the alarms',
    arrange: () => {
      aws.subscriptions = { confirmed: 0, pending: 0 };
    },
    finds: [['alarm-mail', 'warning', 'nobody gets the alarms', 'alarmEmail'], OFF],
  },
  {
    when: 'the subscription is not confirmed',
    arrange: () => {
      aws.subscriptions = { confirmed: 0, pending: 1 };
    },
    finds: [['alarm-mail', 'warning', 'not confirmed', 'aws sns subscribe'], OFF],
  },
  {
    when: 'the topic may not be read',
    arrange: () => {
      aws.refusals = { GetTopicAttributes: 'AuthorizationError' };
    },
    finds: [['alarm-mail', 'unknown', 'AuthorizationError', 'sns:GetTopicAttributes'], OFF],
  },
  {
    when: 'an alarm rings',
    arrange: () => {
      aws.alarms = alarmsWith('latency', { StateValue: 'ALARM' });
    },
    finds: [['alarms', 'warning', 'ringing: latency', 'docs/operations.md#latency'], OFF],
  },
  {
    when: "an alarm of another stage rings, whose name begins like this one's",
    arrange: () => {
      const other = { StateValue: 'ALARM', AlarmActions: ['arn:of:another:topic'] };
      aws.alarms = [...aws.alarms, alarm('eu-latency', other)];
    },
    finds: [OFF],
  },
  {
    when: 'an alarm is switched off',
    arrange: () => {
      aws.alarms = alarmsWith('latency', { ActionsEnabled: false });
    },
    finds: [['alarms', 'warning', 'switched off', 'enable-alarm-actions'], OFF],
  },
  {
    when: 'the alarms were deleted',
    arrange: () => {
      aws.alarms = [];
    },
    finds: [['alarms', 'warning', 'there are no alarms', 'resources/alarms.yml'], OFF],
  },
  {
    when: 'the alarms may not be read',
    arrange: () => {
      aws.refusals = { DescribeAlarms: 'AccessDeniedException' };
    },
    finds: [['alarms', 'unknown', 'AccessDeniedException', 'cloudwatch:DescribeAlarms'], OFF],
  },
];

async function forPrincipals(situation: Situation) {
  situation.apiUrl = await startAuthorizer();
  forPrincipalsWithoutAuthorizer(situation);
}

/** API Gateway's IAM authorizer in front of verify, which refuses whoever does not sign. */
async function startAuthorizer(): Promise<string> {
  const { url } = await serve(async (request, response) => {
    if (request.url?.startsWith('/api/wecom/verify/')) {
      return void response.writeHead(403).end('{"message":"Forbidden"}');
    }
    const { method = 'GET', headers } = request;
    const sent = onward(`${api}${request.url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(sent);
  });
  return url;
}

function forPrincipalsWithoutAuthorizer(situation: Situation) {
  situation.parameters['verifyAccess'] = 'iam';
  situation.running['VERIFY_ACCESS'] = 'iam';
  everyFunction(({ Environment }) => ({
    Environment: { Variables: { ...Environment.Variables, VERIFY_ACCESS: 'iam' } },
  }))(situation);
}

const verifyAt = (hour: number, outcome: string) => ({
  function: 'verify',
  outcome,
  time: new Date(Date.UTC(2026, 10, 27, hour)).toISOString(),
});

const verifySucceeded = (hour: number): LogLine => verifyAt(hour, 'success');

const verifyFailed = (hour: number): LogLine => ({
  ...verifyAt(hour, 'failed'),
  error: 'ERR_STORE_UNAVAILABLE',
  advice: 'Look at DynamoDB.',
});

const LOG_GROUP_ROWS: Row[] = [
  {
    when: 'the log of a function was deleted',
    arrange: afterDeployment(() => delete aws.logGroups['/aws/lambda/wecom-auth-prod-verify']),
    finds: [
      [
        'logs',
        'warning',
        '/aws/lambda/wecom-auth-prod-verify does not exist',
        'aws logs create-log-group --log-group-name /aws/lambda/wecom-auth-prod-verify --region',
      ],
      OFF,
    ],
  },
  {
    when: 'the access log was deleted, and its filter with it',
    arrange: afterDeployment(() => delete aws.logGroups[ACCESS_LOG]),
    finds: [
      ['alarms', 'warning', 'ThrottledRequests', 'aws logs put-metric-filter'],
      ['logs', 'warning', `${ACCESS_LOG} does not exist`, 'aws logs create-log-group'],
      OFF,
    ],
  },
  {
    when: 'logRetentionDays was changed and not deployed',
    arrange: file({ logRetentionDays: '400' }),
    finds: [['logs', 'warning', 'logRetentionDays', 'npm run deploy'], OFF],
  },
  {
    when: 'somebody lets a log be kept for ever',
    arrange: afterDeployment(() => {
      aws.logGroups['/aws/lambda/wecom-auth-prod-jwks'] = undefined;
    }),
    finds: [['logs', 'warning', 'wecom-auth-prod-jwks', 'put-retention-policy'], OFF],
  },
  {
    when: 'the log groups may not be listed',
    arrange: () => {
      aws.refusals = { DescribeLogGroups: 'AccessDeniedException' };
    },
    finds: [['logs', 'unknown', 'AccessDeniedException', 'logs:DescribeLogGroups'], OFF],
  },
];

const withEvents = (mapping: string, queues = [DEAD_LETTERS, 'wecom-auth-prod-events']) =>
  afterDeployment(() => {
    const { Resources } = aws.template as { Resources: object };
    aws.template = { Resources: { ...Resources, ...EVENTS } };
    aws.queues = queues;
    aws.mappings = { 'wecom-auth-prod-publishEvents': mapping };
  });

const QUEUE_ROWS: Row[] = [
  {
    when: 'a queue of dead letters was deleted',
    arrange: () => {
      aws.queues = [];
    },
    finds: [
      [
        'queues',
        'failed',
        `there is no queue ${DEAD_LETTERS}`,
        `aws sqs create-queue --queue-name ${DEAD_LETTERS} --region local --attributes MessageRetentionPeriod=1209600`,
      ],
      OFF,
    ],
  },
  {
    when: 'the queue of events was deleted',
    arrange: withEvents('Enabled', [DEAD_LETTERS]),
    finds: [['queues', 'failed', 'no queue wecom-auth-prod-events', 'RedrivePolicy'], OFF],
  },
  {
    when: 'the queues may not be read',
    arrange: () => {
      aws.refusals = { GetQueueUrl: 'AccessDeniedException' };
    },
    finds: [['queues', 'unknown', 'AccessDeniedException', 'sqs:GetQueueUrl'], OFF],
  },
  { when: 'the events are published', arrange: withEvents('Enabled'), finds: [OFF] },
  {
    when: 'the queue of events was switched off',
    arrange: withEvents('Disabled'),
    finds: [
      [
        'queues',
        'failed',
        'wecom-auth-prod-publishEvents gets nothing from its queue: Disabled',
        'aws lambda update-event-source-mapping --uuid u-1 --enabled',
      ],
      OFF,
    ],
  },
  {
    when: 'the queue of events has no reader',
    arrange: withEvents(''),
    finds: [
      ['queues', 'failed', 'gets nothing from its queue', 'create-event-source-mapping'],
      OFF,
    ],
  },
];

const API_ROWS: Row[] = [
  {
    when: 'nothing listens at the address of the API',
    arrange: (situation) => {
      situation.apiUrl = 'http://127.0.0.1:65534';
      situation.parameters['sessionIssuer'] = 'http://127.0.0.1:65534';
      everyFunction(({ Environment }) => ({
        Environment: {
          Variables: { ...Environment.Variables, SESSION_ISSUER: 'http://127.0.0.1:65534' },
        },
      }))(situation);
    },
    finds: [['api', 'failed', 'ECONNREFUSED', 'certificate']],
  },
  {
    when: 'verify answers 500 for everybody while sign-in works',
    arrange: ({ running }) => {
      running['PERMISSION_TABLE'] = 'wecom-auth-local-gone';
    },
    finds: [OFF, ['verify', 'failed', 'verify answers 500']],
  },
  {
    when: 'verify refuses every session',
    arrange: ({ running }) => {
      running['SESSION_AUDIENCE'] = 'another';
    },
    finds: [OFF, ['verify', 'failed', 'refuses a session that is signed', 'audience']],
  },
  {
    when: 'verify is for principals of AWS alone, and fails for them',
    arrange: async (situation) => {
      await forPrincipals(situation);
      log = [verifyFailed(8), verifySucceeded(9), verifyFailed(10)];
    },
    finds: [OFF, ['verify', 'failed', '2 failures in the log', 'Look at DynamoDB.']],
  },
  {
    when: 'verify is for principals of AWS alone, and failed before it was mended',
    arrange: async (situation) => {
      await forPrincipals(situation);
      // CloudWatch returns the streams of several instances one after the other.
      log = [verifySucceeded(10), verifyFailed(8), verifyFailed(9)];
    },
    finds: [OFF],
  },
  {
    when: 'verify is for principals of AWS alone, and refused a wrong request after it failed',
    arrange: async (situation) => {
      await forPrincipals(situation);
      log = [verifyFailed(9), { ...verifySucceeded(10), outcome: 'refused' }];
    },
    finds: [OFF, ['verify', 'failed', 'none succeeded since', 'Look at DynamoDB.']],
  },
  {
    when: 'no session key signs yet',
    arrange: async () => {
      const { Value: kept } = await storedParameter(stack.ssm.url, SESSION_KEYS_PARAMETER);
      onTestFinished(() => void stack.ssm.put(SESSION_KEYS_PARAMETER, kept));
      const inAnHour = Math.floor(Date.now() / 1_000) + 3_600;
      stack.ssm.put(
        SESSION_KEYS_PARAMETER,
        JSON.stringify(firstKey(await newSessionKey(), inAnHour)),
      );
    },
    finds: [
      ['jwks', 'failed', 'no session key signs now', 'npm run keys -- list'],
      OFF,
      ['verify', 'unknown', 'no key to sign a session with'],
      ['sign-in', 'failed', 'No session key may sign now'],
    ],
  },
  {
    when: 'verify is for principals of AWS alone, and its route has lost the authorizer',
    arrange: forPrincipalsWithoutAuthorizer,
    finds: [OFF, ['verify', 'failed', 'has no IAM authorizer', 'npm run deploy']],
  },
  {
    when: 'verify is for principals of AWS alone, and answers anyone',
    arrange: (situation) => {
      forPrincipalsWithoutAuthorizer(situation);
      situation.running['VERIFY_ACCESS'] = 'open';
    },
    finds: [OFF, ['verify', 'failed', 'answers callers without AWS credentials', 'deploy']],
  },
  {
    when: 'the functions have other keys than SSM',
    arrange: ({ running }) => {
      stack.ssm.put('/wecom-auth/local/other-keys', otherKeys);
      running['SESSION_KEYS_PARAMETER'] = '/wecom-auth/local/other-keys';
    },
    finds: [
      ['jwks', 'warning', 'is not published yet', 'five minutes'],
      OFF,
      ['verify', 'failed', 'refuses a session'],
    ],
  },
  {
    when: 'the functions cannot read the session keys',
    arrange: ({ running }) => {
      running['SESSION_KEYS_PARAMETER'] = '/wecom-auth/local/none';
    },
    finds: [
      ['jwks', 'failed', 'jwks answers 500'],
      OFF,
      ['verify', 'failed', 'verify answers 500'],
      ['sign-in', 'failed', 'getUserInfo answers 500'],
    ],
  },
  {
    when: 'the environment of all functions is wrong',
    arrange: ({ running }) => {
      running['WECOM_OAUTH_BASE_URL'] = 'nonsense';
    },
    finds: [
      ['callback-app-url', 'failed', 'callback answers 500', 'Correct the stage parameters'],
      ['callback-contacts-url', 'failed', 'callback answers 500'],
      ['discovery', 'failed', 'openidConfiguration answers 500', 'Correct the stage parameters'],
      ['jwks', 'failed', 'jwks answers 500'],
      OFF,
      ['verify', 'failed', 'verify answers 500'],
      ['authorize', 'failed', 'authorize answers 500'],
      ['sign-in', 'unknown', 'authorize does not work'],
    ],
  },
  {
    when: 'WeCom accepts this machine, and not the functions',
    arrange: () => stack.wecom.faults.add(60020, { on: 'auth/getuserinfo' }),
    finds: [OFF, ['sign-in', 'failed', '(60020)', 'Add 127.0.0.1']],
  },
];

/** What verify then says: WeCom was asked and gave no answer. */
const VERIFY_CANNOT_ASK: Expected = ['verify', 'failed', 'because WeCom could not be asked'];

const MEMBER_ROWS: Row[] = [
  {
    when: 'the app has no right to user/get',
    arrange: () => stack.wecom.faults.add(48002, { on: 'user/get' }),
    finds: [
      ['members', 'failed', 'errcode 48002', 'Use the secret of a self-built app'],
      OFF,
      ['verify', 'failed', 'errcode 48002', 'Use the secret of a self-built app'],
    ],
  },
  {
    when: 'a proxy in front of WeCom answers user/get with 502',
    arrange: () => stack.wecom.faults.add({ kind: 'html', on: 'user/get' }),
    finds: [
      ['members', 'failed', 'WeCom answered HTTP 502', 'wecomApiBaseUrl'],
      OFF,
      VERIFY_CANNOT_ASK,
    ],
  },
  {
    when: 'the answer of user/get cannot be read',
    arrange: () => stack.wecom.faults.add({ kind: 'empty', on: 'user/get' }),
    finds: [['members', 'failed', 'not JSON', 'wecomApiBaseUrl'], OFF, VERIFY_CANNOT_ASK],
  },
  {
    when: 'user/get breaks off',
    arrange: () => stack.wecom.faults.add({ kind: 'reset', on: 'user/get' }),
    finds: [['members', 'failed', 'connection to WeCom failed', 'DNS'], OFF, VERIFY_CANNOT_ASK],
  },
  {
    when: 'department/list breaks off: the checks go on',
    arrange: () => stack.wecom.faults.add({ kind: 'reset', on: 'department/list' }),
    finds: [['departments', 'failed', 'connection to WeCom failed', 'DNS'], OFF],
  },
  ...[40003, 50002, 60021, 60030].map(
    (errcode): Row => ({
      when: `WeCom answers ${errcode} for a member who does not exist`,
      arrange: () => stack.wecom.faults.add(errcode, { on: 'user/get' }),
      finds: [OFF],
    }),
  ),
  {
    when: 'WeCom answers 60011 for a member who does not exist, and shows one who does',
    arrange: () => {
      seenByTheApp({ users: ['liuzong'], parties: [1], tags: [] });
      stack.wecom.faults.add(60011, { on: 'user/get', times: 1 });
    },
    finds: [OFF],
  },
  {
    when: 'WeCom answers 60011 for every member',
    arrange: () => {
      seenByTheApp({ users: ['liuzong'], parties: [1], tags: [] });
      stack.wecom.faults.add(60011, { on: 'user/get' });
    },
    finds: [['members', 'failed', 'also for a member in the visible range', '可见范围'], OFF],
  },
  {
    when: 'WeCom answers 60011, and the visible range names no member',
    arrange: () => {
      seenByTheApp({ users: [], parties: [1], tags: [] });
      stack.wecom.faults.add(60011, { on: 'user/get' });
    },
    finds: [['members', 'unknown', 'not documented', 'sign in once'], OFF],
  },
  {
    when: 'only user/get accepts calls from listed addresses, and not from this machine',
    arrange: () => stack.wecom.faults.add(60020, { on: 'user/get', times: 1 }),
    finds: [['address', 'unknown', 'refuses calls from this machine (127.0.0.1)'], OFF],
  },
  {
    when: 'WeCom can be reached from the functions, and not from this machine',
    arrange: (situation) => {
      situation.wecomFromHere = 'http://127.0.0.1:65534';
    },
    finds: [
      ['clock', 'unknown', 'cannot be compared'],
      ['gettoken', 'unknown', 'not asked from this machine: ', 'only the functions may reach it'],
      OFF,
    ],
  },
  {
    when: 'WeCom can be reached from the functions, and not from this machine for gettoken',
    arrange: async (situation) => {
      await forgetToken();
      situation.wecomFromHere = 'http://127.0.0.1:65534';
    },
    finds: [
      ['clock', 'unknown', 'cannot be compared'],
      ['gettoken', 'unknown', 'not asked from this machine: ', 'only the functions may reach it'],
      OFF,
    ],
  },
  {
    when: 'a proxy in front of WeCom answers gettoken with 502',
    arrange: async () => {
      await forgetToken();
      stack.wecom.faults.add({ kind: 'html', on: 'gettoken' });
    },
    finds: [['gettoken', 'failed', 'WeCom answered HTTP 502', 'wecomApiBaseUrl']],
  },
  {
    when: 'gettoken had no answer a moment ago',
    arrange: () => pauseGettoken(),
    finds: [
      ['gettoken', 'unknown', 'WeCom gave no answer', 'again in a minute'],
      OFF,
      VERIFY_CANNOT_ASK,
      ['sign-in', 'failed', 'getUserInfo answers 503'],
    ],
  },
  {
    when: 'WeCom can be reached from nowhere',
    arrange: (situation) => {
      situation.wecomFromHere = 'http://127.0.0.1:65534';
      situation.running['WECOM_API_BASE_URL'] = 'http://127.0.0.1:65534';
    },
    finds: [
      ['clock', 'unknown', 'cannot be compared'],
      ['gettoken', 'unknown', 'not asked from this machine: ', 'only the functions may reach it'],
      OFF,
      VERIFY_CANNOT_ASK,
      ['sign-in', 'failed', 'getUserInfo answers 503'],
    ],
  },
  {
    when: 'WeCom can be reached from this machine, and not from the functions',
    arrange: ({ running }) => {
      running['WECOM_API_BASE_URL'] = 'http://127.0.0.1:65534';
    },
    finds: [OFF, VERIFY_CANNOT_ASK, ['sign-in', 'failed', 'getUserInfo answers 503']],
  },
  {
    when: 'the functions cannot reach WeCom, and use what they stored two hours ago',
    arrange: async ({ running }) => {
      running['WECOM_API_BASE_URL'] = 'http://127.0.0.1:65534';
      const permissions = createTable(stack.client, 'wecom-auth-local-permissions');
      const app = { corpId: stack.wecom.company.corpid, agentId: AGENT };
      const readAt = Date.now() - 2 * 3_600_000;
      const snapshot = { state: 'gone', why: 'errcode 60111', departments: [], readAt } as const;
      await writeObserved(permissions, app, 'wecom-auth.doctor', snapshot);
    },
    finds: [OFF, VERIFY_CANNOT_ASK, ['sign-in', 'failed', 'getUserInfo answers 503']],
  },
];

/** A request with a right signature of the Token, as WeCom or another holder of it sends. */
async function signed(echostr: string) {
  const { token } = FIXTURE_KEYS.app;
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1_000)), '1'];
  const msg_signature = signatureOf(timestamp, nonce, echostr, token);
  const query = new URLSearchParams({ msg_signature, timestamp, nonce, echostr });
  const { status } = await fetch(`${api}/api/wecom/callback/app?${query}`);
  expect(status).toBe(403);
}

function ciphertext(receiver: string, encodingAesKey = FIXTURE_KEYS.app.encodingAESKey) {
  const { token } = FIXTURE_KEYS.app;
  const { key } = readSharedKeys(JSON.stringify({ token, encodingAesKey }), undefined);
  return encrypt(key, '1234567890123456789', receiver);
}

const OTHER_AES_KEY = `${'x'.repeat(42)}A`;

const CALLBACK_ROWS: Row[] = [
  {
    when: 'an anonymous forger sent callbacks',
    arrange: ({ happened }) =>
      happened.push(async () => {
        const timestamp = String(Math.floor(Date.now() / 1_000));
        const query = `msg_signature=${'f'.repeat(40)}&timestamp=${timestamp}&nonce=1&echostr=eA==`;
        expect((await fetch(`${api}/api/wecom/callback/app?${query}`)).status).toBe(403);
      }),
    finds: [
      ['callback-app-url', 'warning', '1 requests without a valid signature', 'nothing to do'],
      OFF,
    ],
  },
  {
    when: 'WeCom encrypts with another EncodingAESKey',
    arrange: ({ happened }) =>
      happened.push(() => signed(ciphertext(stack.wecom.company.corpid, OTHER_AES_KEY))),
    finds: [['callback-app-url', 'failed', '(-40008)', 'EncodingAESKey in SSM differs'], OFF],
  },
  {
    when: 'the messages are for another corp',
    arrange: ({ happened }) => happened.push(() => signed(ciphertext('wwffffffffffffffff'))),
    finds: [['callback-app-url', 'failed', '(-40005)', 'compare corpId'], OFF],
  },
  ...(
    [
      ['-40007', 'AAAA'],
      ['-40010', 'AAA=AAAA'],
    ] as const
  ).map(
    ([refusal, echostr]): Row => ({
      when: `somebody else signs with the Token: ${refusal}`,
      arrange: ({ happened }) => happened.push(() => signed(echostr)),
      finds: [['callback-app-url', 'failed', `(${refusal})`, 'somebody else has the Token'], OFF],
    }),
  ),
  {
    when: 'somebody else has the Token, and the EncodingAESKey is wrong too',
    arrange: ({ happened }) =>
      happened.push(
        () => signed('AAAA'),
        () => signed(ciphertext(stack.wecom.company.corpid, OTHER_AES_KEY)),
      ),
    finds: [
      ['callback-app-url', 'failed', '2 requests with a valid signature', 'somebody else has'],
      OFF,
    ],
  },
];

const LOG_ROWS: Row[] = [
  {
    when: 'the log may not be read',
    arrange: () => {
      logRefusal = 'AccessDeniedException';
    },
    finds: [
      ['callback-app-url', 'unknown', 'its log cannot be read', 'logs:FilterLogEvents'],
      ['callback-contacts-url', 'unknown', 'its log cannot be read'],
      OFF,
      ['verify', 'unknown', 'its log cannot be read', 'logs:FilterLogEvents'],
    ],
  },
  {
    when: 'the log may not be read, and a function fails',
    arrange: ({ running }) => {
      logRefusal = 'AccessDeniedException';
      running['PERMISSION_TABLE'] = 'wecom-auth-local-gone';
    },
    finds: [
      ['callback-app-url', 'unknown', 'its log cannot be read'],
      ['callback-contacts-url', 'unknown', 'its log cannot be read'],
      OFF,
      ['verify', 'failed', 'verify answers 500', 'which you cannot read: AccessDeniedException'],
    ],
  },
];

let otherKeys = '';
beforeAll(async () => {
  otherKeys = JSON.stringify(firstKey(await newSessionKey(), Math.floor(Date.now() / 1_000) - 60));
});

describe.each([
  ['the stack', STACK_ROWS],
  ['the account', ACCOUNT_ROWS],
  ['what is configured and not deployed', SETTING_ROWS],
  ['the tables', TABLE_ROWS],
  ['the alarms', ALARM_ROWS],
  ['the log groups', LOG_GROUP_ROWS],
  ['the queues', QUEUE_ROWS],
  ['the API', API_ROWS],
  ['the members', MEMBER_ROWS],
  ['the callbacks', CALLBACK_ROWS],
  ['the log', LOG_ROWS],
])('the doctor on a deployed stage: %s', (_group, rows) => {
  it.each(rows)('$when', async ({ arrange, finds }) => {
    const { findings, exitCode } = await diagnose(arrange);
    vi.stubEnv('AWS_ENDPOINT_URL_STS', aws.url);
    const notOk = findings.filter(({ outcome }) => outcome !== 'ok');
    expect(notOk.map(({ check, outcome, what }) => [check, outcome, what.en])).toEqual(
      finds.map(([check, outcome, what]) => [check, outcome, expect.stringContaining(what)]),
    );
    for (const [at, [, , , remedy = '']] of finds.entries()) {
      expect(notOk[at]?.remedy?.en ?? '').toContain(remedy);
    }
    for (const finding of notOk.filter(({ outcome }) => outcome !== 'unknown')) {
      expect(finding.remedy?.zh, finding.check).toMatch(/\S/);
    }
    const [failures, warnings] = (['failed', 'warning'] as const).map(
      (wanted) => finds.filter(([, outcome]) => outcome === wanted).length,
    );
    expect(conclusion(findings).en).toMatch(
      failures ? /^(Not healthy|Fix this first)/ : warnings ? /^Healthy, with \d/ : /^Healthy\.$/,
    );
    expect(exitCode).toBe(finds.some(([, outcome]) => outcome === 'failed') ? 1 : 0);
    expect(JSON.stringify(findings)).not.toContain('CANARY');
  });
});

describe("the doctor's policy, docs/examples/policies/doctor.json", () => {
  it('allows every request that the doctor sends', async () => {
    // The functions cannot be reached, so every request is the doctor's own.
    asked.clear();
    aws.requests.length = 0;
    // The list is bounded.
    const before = stack.ssm.calls.at(-1);
    // As on a new stage, where the doctor calls gettoken and counts the call.
    await forgetToken();
    const { findings } = await diagnose((situation) => {
      withEvents('Enabled')(situation);
      situation.apiUrl = 'http://127.0.0.1:65534';
      Object.assign(situation.parameters, {
        eventBus: 'wecom-auth-local',
        openidProvider: 'auto',
        sessionIssuer: undefined,
        domainName: 'signin.mycompany.cn',
        certificateArn: `arn:aws:acm:${REGION}:123456789012:certificate/0a1b`,
        redirectUris: 'https://signin.mycompany.cn/',
      });
    });
    expect(findings.map(({ check }) => check)).toContain('sign-outs');
    const service: Record<string, string> = {
      DescribeStacks: 'cloudformation',
      GetTemplate: 'cloudformation',
      GetFunctionConfiguration: 'lambda',
      GetFunctionConcurrency: 'lambda',
      ListEventSourceMappings: 'lambda',
      GetTopicAttributes: 'sns',
      DescribeAlarms: 'cloudwatch',
      DescribeLogGroups: 'logs',
      DescribeMetricFilters: 'logs',
      GetQueueUrl: 'sqs',
      // AWS answers everybody.
      GetCallerIdentity: '',
    };
    const others = new Set(aws.requests.map((request) => String(request.split(' ')[0])));
    expect([...others].sort()).toEqual(Object.keys(service).sort());
    const actions = [...others].flatMap((name) =>
      service[name] ? `${service[name]}:${name}` : [],
    );
    const from = before === undefined ? 0 : stack.ssm.calls.indexOf(before) + 1;
    const ssm = stack.ssm.calls.slice(from).map(({ operation }) => `ssm:${operation}`);
    expect(ssm).toContain('ssm:GetParameter');
    // Of the log, which is read where a function answered, and of the stand-in for EventBridge.
    const unseen = ['logs:FilterLogEvents', 'events:DescribeEventBus'];
    for (const action of new Set([...actions, ...ssm, ...unseen])) {
      expect(allowsAction(['doctor.json'], action), action).toBe(true);
    }
    // And no other: least privilege.
    const used = new Set([...asked].map((request) => request.split(' ')[0]));
    const granted = readPolicy('doctor.json').Statement.flatMap(({ Action }) => [Action].flat());
    expect([...used].sort()).toEqual(
      [...new Set(granted.filter((action) => action.startsWith('dynamodb:')))].sort(),
    );
    for (const request of asked) {
      const [action = '', table = ''] = request.split(' ');
      const stageTable = table.replace('-local-', '-prod-');
      expect(allowsAction(['doctor.json'], action, stageTable), request).toBe(true);
    }
  });
});
