import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type Instance, startInstance } from '../lambda/instance.ts';

/** A bundle in an environment, and the requests that it is measured with. */
export interface Contestant {
  readonly name: string;
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly event: (number: number) => APIGatewayProxyEventV2;
}

export function start({ file, environment }: Contestant, trace = false): Instance {
  return startInstance(file, environment, { trace });
}
