import type { Json, Template } from './render.ts';

/** One statement of any policy in a template. */
export interface Statement {
  /** The logical id of the resource that the policy belongs to. */
  readonly owner: string;
  readonly effect: string;
  readonly actions: readonly string[];
  /** CloudFormation's functions are kept as JSON. */
  readonly resources: readonly string[];
  readonly principals: readonly string[];
  /** By operator and key, such as `StringEquals` and `dynamodb:Attributes`. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Every statement of every policy, wherever in a resource it is. */
export function statements({ Resources }: Template): Statement[] {
  return Object.entries(Resources).flatMap(([owner, { Properties }]) => within(owner, Properties));
}

function within(owner: string, value: unknown): Statement[] {
  if (Array.isArray(value)) return value.flatMap((each) => within(owner, each));
  if (typeof value !== 'object' || value === null) return [];
  const { Statement: found, ...rest } = value as Json;
  const own = Array.isArray(found) ? found.map((statement: Json) => read(owner, statement)) : [];
  return [...own, ...Object.values(rest).flatMap((each) => within(owner, each))];
}

function read(owner: string, statement: Json): Statement {
  return {
    owner,
    effect: String(statement['Effect']),
    actions: texts(statement['Action']),
    resources: texts(statement['Resource']),
    principals: texts(statement['Principal']),
    conditions: conditions(statement['Condition']),
  };
}

function conditions(value: unknown): Statement['conditions'] {
  const operators = Object.entries((value ?? {}) as Record<string, Json>);
  return Object.fromEntries(
    operators.map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, texts(values)])),
    ]),
  );
}

function texts(value: unknown): string[] {
  if (value === undefined) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
}
