import type { Edge, EdgeRequest } from '../edge/edge.ts';
import { type Contestant, start } from './contestant.ts';
import { signInEvent, verifyEvent } from './events.ts';

/** What one request of a caller's is on the wire. */
export interface OnTheWire {
  readonly what: string;
  readonly wecom: readonly string[];
  /** How many of WeCom's calls followed one another. */
  readonly depth: number;
  readonly dynamoDb: readonly string[];
  readonly ssm: readonly string[];
}

export interface WireResult {
  readonly cases: readonly OnTheWire[];
  /** Files of its package that a cold `verify` loads, up to its first answer. */
  readonly verifyFiles: readonly string[];
}

/**
 * Counts, in an edge where nobody has signed in yet. Afterwards there the token is in DynamoDB, and
 * of user123 membership and department.
 */
export async function wire(
  edge: Edge,
  signIn: Contestant,
  verify: Contestant,
): Promise<WireResult> {
  const cases: OnTheWire[] = [];
  const note = async (what: string) => cases.push(summary(what, await edge.requests()));
  await edge.requests();

  const first = start(signIn);
  await first.invoke([signInEvent('user123')]);
  await note('first sign-in of all');
  await first.stop();

  const asking = start(verify, true);
  await asking.invoke([verifyEvent]);
  await note('verify, groups never worked out');
  await asking.stop();

  const cold = start(verify, true);
  const { loaded } = await cold.invoke([verifyEvent]);
  await note('verify, cold');
  await cold.invoke([verifyEvent]);
  await note('verify, warm');
  await cold.stop();

  const instance = start(signIn);
  await instance.invoke([signInEvent('user123')]);
  await note('sign-in, cold, the token in DynamoDB');
  await instance.invoke([signInEvent('user123')]);
  await note('sign-in, warm');
  await instance.invoke([signInEvent('user124')]);
  await note('sign-in, warm, a member new to the instance');
  await instance.invoke([signInEvent('new1')]);
  await note('sign-in, warm, a department that is not cached');
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
