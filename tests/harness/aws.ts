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

/** A stand-in for CloudFormation, STS, SNS, CloudWatch and Lambda, with one stack and one caller. */
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
  close(): Promise<void>;
}

export const CALLER = 'arn:aws:sts::123456789012:assumed-role/Administrator/zhangsan';

export async function startAws(): Promise<Aws> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.method === 'GET') return answerLambda(aws, request, response);
    if (request.headers['x-amz-target']) return answerCloudWatch(aws, body, response);
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
  };
  return aws;
}

function answerLambda(aws: Aws, { url = '' }: IncomingMessage, response: ServerResponse) {
  const name = decodeURIComponent(/\/functions\/([^/]+)\/configuration/.exec(url)?.[1] ?? '');
  const settings = aws.functions[name];
  aws.requests.push(`GetFunctionConfiguration ${name}`);
  const code =
    aws.refusals['GetFunctionConfiguration'] ??
    (settings ? undefined : 'ResourceNotFoundException');
  if (code !== undefined) response.writeHead(400, { 'x-amzn-errortype': code });
  response.end(JSON.stringify(code === undefined ? settings : { message: 'no' }));
}

function answerCloudWatch(
  { alarms, requests, refusals }: Aws,
  body: string,
  response: ServerResponse,
) {
  requests.push('DescribeAlarms');
  const code = refusals['DescribeAlarms'];
  if (code !== undefined) {
    response.writeHead(400).end(JSON.stringify({ __type: code, message: 'no' }));
    return;
  }
  const { AlarmNamePrefix } = JSON.parse(body);
  const MetricAlarms = alarms.filter(({ AlarmName }) => AlarmName.startsWith(AlarmNamePrefix));
  response.end(JSON.stringify({ MetricAlarms }));
}
