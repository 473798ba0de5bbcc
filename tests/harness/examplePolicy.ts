import { readdirSync, readFileSync } from 'node:fs';

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

export interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

const FOLDER = 'docs/examples/policies';

/** The names of the policies that operators may copy. */
export const policies = () => readdirSync(FOLDER);

export const readPolicy = (file: string): Policy =>
  JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8'));

/**
 * Whether one of the policies allows the action, on a resource with this name in its ARN.
 *
 * @param name default: on any resource
 */
export function allowsAction(files: readonly string[], action: string, name = ''): boolean {
  const [service] = action.split(':');
  return files
    .flatMap((file) => readPolicy(file).Statement)
    .some(
      ({ Action, Resource }) =>
        [Action].flat().some((each) => each === action || each === `${service}:*`) &&
        [Resource].flat().some((each) => each === '*' || each.includes(name)),
    );
}
