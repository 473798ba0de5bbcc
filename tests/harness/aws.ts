import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from './listen.ts';

/** A stand-in for CloudFormation and STS, with one stack and one caller. */
export interface Aws {
  readonly url: string;
  /** The requests so far: action, stack and region. */
  readonly requests: string[];
  /** The stack's outputs; absent: the stack does not exist. */
  outputs: Record<string, string> | undefined;
  /** The error of STS instead of the caller's identity. */
  refusal: { readonly code: string; readonly message: string } | undefined;
  close(): Promise<void>;
}

export const CALLER = 'arn:aws:sts::123456789012:assumed-role/Administrator/zhangsan';

export async function startAws(): Promise<Aws> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const query = new URLSearchParams(await text(request));
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
      `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>x</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-11-23T08:00:00Z</CreationTime><Outputs>${outputs.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    );
  });
  const aws: Aws = {
    ...(await listen(server)),
    requests,
    outputs: undefined,
    refusal: undefined,
  };
  return aws;
}
