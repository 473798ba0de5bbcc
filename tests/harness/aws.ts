import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from './listen.ts';

/** What Lambda says of a function; see GetFunctionConfiguration. */
export interface FunctionSettings {
  readonly MemorySize: number;
  readonly Runtime: string;
  readonly Architectures: readonly string[];
  readonly State?: string;
  readonly StateReason?: string;
  readonly TracingConfig?: { readonly Mode: string };
  readonly VpcConfig?: { readonly VpcId: string };
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
}

export interface Alarm {
  readonly AlarmName: string;
  readonly StateValue: string;
  readonly ActionsEnabled: boolean;
  readonly AlarmActions: readonly string[];
}

/** A stand-in for the services of AWS that a stage uses, with one stack and one caller. */
export interface Aws {
  readonly url: string;
  /** The requests so far: action, stack and region. */
  readonly requests: string[];
  /** The stack's outputs; absent: the stack does not exist. */
  outputs: Record<string, string> | undefined;
  /** The stack's status. */
  status: string;
  /** The error of STS instead of the caller's identity. */
  refusal: { readonly code: string; readonly message: string } | undefined;
  /** The error of an action, such as `DescribeStacks`. */
  refusals: Record<string, string>;
  /** The number of subscriptions to every topic. */
  subscriptions: { confirmed: number; pending: number };
  alarms: readonly Alarm[];
  /** Lambda's functions by their full name. */
  functions: Record<string, FunctionSettings>;
  /** Their reserved concurrency, where one is set. */
  concurrency: Record<string, number>;
  /** The state of the mapping between a queue and the function that gets its messages. */
  mappings: Record<string, string>;
  /** The template of the stack's last deployment. */
  template: object;
  /** The days for which a log group keeps its lines; absent: for ever. */
  logGroups: Record<string, number | undefined>;
  /** The metrics of the filters of every log group. */
  filteredMetrics: readonly string[];
  queues: readonly string[];
  close(): Promise<void>;
}

export const CALLER = 'arn:aws:sts::123456789012:assumed-role/Administrator/zhangsan';

export async function startAws(): Promise<Aws> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.method === 'GET') return answerLambda(aws, request, response);
    const target = request.headers['x-amz-target'];
    if (target) return answerJson(aws, String(target).split('.')[1] ?? '', body, response);
    const query = new URLSearchParams(body);
    const stack = query.get('StackName');
    const region = /Credential=[^/]+\/\d+\/([\w-]+)\//.exec(request.headers.authorization ?? '');
    requests.push([query.get('Action'), stack, region?.[1]].filter(Boolean).join(' '));
    const answer = (status: number, xml: string) =>
      response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
    const refuse = (code: string, message: string) =>
      answer(
        400,
        `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
    const refused = aws.refusals[query.get('Action') ?? ''];
    if (refused !== undefined) return refuse(refused, 'no');
    if (query.get('Action') === 'GetTopicAttributes') {
      const { confirmed, pending } = aws.subscriptions;
      const entries = { SubscriptionsConfirmed: confirmed, SubscriptionsPending: pending };
      const attributes = Object.entries(entries).map(
        ([key, value]) => `<entry><key>${key}</key><value>${value}</value></entry>`,
      );
      return answer(
        200,
        `<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>${attributes.join('')}</Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>`,
      );
    }
    if (query.get('Action') === 'GetTemplate') {
      const template = JSON.stringify(aws.template).replaceAll('"', '&quot;');
      return answer(
        200,
        `<GetTemplateResponse><GetTemplateResult><TemplateBody>${template}</TemplateBody></GetTemplateResult></GetTemplateResponse>`,
      );
    }
    if (query.get('Action') === 'GetCallerIdentity') {
      if (aws.refusal !== undefined) return refuse(aws.refusal.code, aws.refusal.message);
      return answer(
        200,
        `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${CALLER}</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
      );
    }
    if (aws.outputs === undefined) {
      return refuse('ValidationError', `Stack with id ${stack} does not exist`);
    }
    const outputs = Object.entries(aws.outputs).map(
      ([name, value]) =>
        `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    );
    return answer(
      200,
      `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>x</StackName><StackStatus>${aws.status}</StackStatus><CreationTime>2026-11-23T08:00:00Z</CreationTime><Outputs>${outputs.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    );
  });
  const aws: Aws = {
    ...(await listen(server)),
    requests,
    outputs: undefined,
    status: 'UPDATE_COMPLETE',
    refusal: undefined,
    refusals: {},
    subscriptions: { confirmed: 1, pending: 0 },
    alarms: [],
    functions: {},
    concurrency: {},
    mappings: {},
    template: { Resources: {} },
    logGroups: {},
    filteredMetrics: [],
    queues: [],
  };
  return aws;
}

function answerLambda(aws: Aws, { url = '' }: IncomingMessage, response: ServerResponse) {
  const { pathname, searchParams } = new URL(url, 'http://lambda');
  const [, ofPath = '', what] = /\/functions\/([^/]+)\/(\w+)/.exec(pathname) ?? [];
  const name = searchParams.get('FunctionName') ?? decodeURIComponent(ofPath);
  const [operation, result] = (
    {
      configuration: ['GetFunctionConfiguration', aws.functions[name]],
      concurrency: [
        'GetFunctionConcurrency',
        { ReservedConcurrentExecutions: aws.concurrency[name] },
      ],
    } as const
  )[what ?? ''] ?? [
    'ListEventSourceMappings',
    { EventSourceMappings: aws.mappings[name] ? [{ UUID: 'u-1', State: aws.mappings[name] }] : [] },
  ];
  aws.requests.push(`${operation} ${name}`);
  const code = aws.refusals[operation] ?? (result ? undefined : 'ResourceNotFoundException');
  if (code !== undefined) response.writeHead(400, { 'x-amzn-errortype': code });
  response.end(JSON.stringify(code === undefined ? result : { message: 'no' }));
}

function answerJson(aws: Aws, operation: string, body: string, response: ServerResponse) {
  aws.requests.push(operation);
  const input = JSON.parse(body);
  const refuse = (code: string) =>
    void response.writeHead(400).end(JSON.stringify({ __type: code, message: 'no' }));
  const code = aws.refusals[operation];
  if (code !== undefined) return refuse(code);
  const answer = (result: object) => void response.end(JSON.stringify(result));
  switch (operation) {
    case 'DescribeLogGroups': {
      const logGroups = Object.entries(aws.logGroups)
        .filter(([name]) => name.startsWith(input.logGroupNamePrefix))
        .map(([logGroupName, retentionInDays]) => ({ logGroupName, retentionInDays }));
      return answer({ logGroups });
    }
    case 'DescribeMetricFilters': {
      if (!(input.logGroupName in aws.logGroups)) return refuse('ResourceNotFoundException');
      const metricFilters = aws.filteredMetrics.map((metricName) => ({
        metricTransformations: [{ metricName, metricNamespace: 'WecomAuth/prod' }],
      }));
      return answer({ metricFilters });
    }
    case 'GetQueueUrl': {
      if (!aws.queues.includes(input.QueueName)) return refuse('QueueDoesNotExist');
      return answer({ QueueUrl: `${aws.url}/123456789012/${input.QueueName}` });
    }
    default: {
      const MetricAlarms = aws.alarms.filter(({ AlarmName }) =>
        AlarmName.startsWith(input.AlarmNamePrefix),
      );
      return answer({ MetricAlarms });
    }
  }
}
