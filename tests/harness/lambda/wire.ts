import type { Edge, EdgeRequest } from '../edge/edge.ts';
import { signInEvent, verifyEvent } from './events.ts';
import { type Contestant, start } from './instance.ts';

/** The upstream requests of one request. */
export interface OnTheWire {
  readonly what: string;
  readonly wecom: readonly string[];
  /** The number of sequential calls of WeCom. */
  readonly depth: number;
  readonly dynamoDb: readonly string[];
  readonly ssm: readonly string[];
}

export interface WireResult {
  readonly cases: readonly OnTheWire[];
  /** Files of its package that a cold `verify` loads before its first response. */
  readonly verifyFiles: readonly string[];
}

/**
 * Counts the upstream requests of sign-ins and verify requests.
 *
 * @param edge unused so far. Afterwards its DynamoDB holds the token, and the membership and department
 *   of user123
 */
export async function wire(
  edge: Edge,
  signIn: Contestant,
  verify: Contestant,
): Promise<WireResult> {
  const cases: OnTheWire[] = [];
  const record = async (what: string) => cases.push(summary(what, await edge.requests()));
  await edge.requests();

  const first = start(signIn);
  await first.invoke([signInEvent('user123')]);
  await record('first sign-in of all');
  await first.stop();

  const uncached = start(verify);
  await uncached.invoke([verifyEvent]);
  await record('verify, groups never worked out');
  await uncached.stop();

  const cold = start(verify, true);
  const { loaded } = await cold.invoke([verifyEvent]);
  await record('verify, cold');
  await cold.invoke([verifyEvent]);
  await record('verify, warm');
  await cold.stop();

  const instance = start(signIn);
  await instance.invoke([signInEvent('user123')]);
  await record('sign-in, cold, the token in DynamoDB');
  await instance.invoke([signInEvent('user123')]);
  await record('sign-in, warm');
  await instance.invoke([signInEvent('user124')]);
  await record('sign-in, warm, a member new to the instance');
  await instance.invoke([signInEvent('new1')]);
  await record('sign-in, warm, a department that is not cached');
  await instance.stop();

  const directory = new URL('.', `file://${verify.file}`).href;
  const verifyFiles = loaded
    .filter((url) => url.startsWith(directory))
    .map((url) => url.slice(directory.length));
  return { cases, verifyFiles };
}

function summary(what: string, requests: readonly EdgeRequest[]): OnTheWire {
  const operations = (to: EdgeRequest['to']) =>
    requests.filter((request) => request.to === to).map(({ operation }) => operation);
  return {
    what,
    wecom: operations('WeCom'),
    depth: Math.max(...requests.map(({ depth }) => depth)),
    dynamoDb: operations('DynamoDB'),
    ssm: operations('SSM'),
  };
}
