import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A stand-in for what an operator's commands ask of CloudFormation and STS: one stack, one caller. */
export interface Aws {
  readonly url: string;
  /** The stack's outputs; nothing: there is no stack. */
  outputs: Record<string, string> | undefined;
  /** What STS and CloudFormation refuse with, if they do. */
  refusal: string | undefined;
  close(): Promise<void>;
}

export async function startAws(): Promise<Aws> {
  const aws: Aws = { url: '', outputs: undefined, refusal: undefined, close };

  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const action = new URLSearchParams(body).get('Action');
    const answer = (status: number, xml: string) =>
      response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
    const refuse = (code: string) =>
      answer(
        400,
        `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
      );
    if (aws.refusal !== undefined) return refuse(aws.refusal);
    if (action === 'GetCallerIdentity') {
      return answer(
        200,
        '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/operator</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
      );
    }
    if (aws.outputs === undefined) return refuse('ValidationError');
    const outputs = Object.entries(aws.outputs).map(
      ([name, value]) =>
        `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    );
    return answer(
      200,
      `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>x</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-11-23T08:00:00Z</CreationTime><Outputs>${outputs.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  function close() {
    return new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
  return Object.assign(aws, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
}
