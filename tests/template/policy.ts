import type { DynamoDbInput } from '../harness/dynamoDbFront.ts';
import type { Statement } from './statements.ts';

/*
 * As much of IAM as the roles here use: whether a role lets a request to DynamoDB pass (Amazon
 * DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control").
 */

/** Whether any of the statements allows the request to the table, whose name the resource contains. */
export function allows(
  statements: readonly Statement[],
  table: string,
  { operation, input }: DynamoDbInput,
): boolean {
  return statements.some(
    ({ effect, actions, resources, conditions }) =>
      effect === 'Allow' &&
      actions.includes(`dynamodb:${operation}`) &&
      resources.some((resource) => resource.includes(table)) &&
      Object.entries(conditions).every(([operator, keys]) =>
        Object.entries(keys).every(([key, values]) => holds(operator, key, values, input)),
      ),
  );
}

function holds(
  operator: string,
  key: string,
  values: readonly string[],
  input: DynamoDbInput['input'],
): boolean {
  switch (`${operator} ${key}`) {
    case 'ForAllValues:StringEquals dynamodb:Attributes':
      return attributesOf(input).every((name) => values.includes(name));
    case 'ForAllValues:StringLike dynamodb:LeadingKeys':
      return values.some((value) => isLike(leadingKeyOf(input), value));
    case 'StringEqualsIfExists dynamodb:ReturnValues':
      return values.includes(String(input['ReturnValues'] ?? 'NONE'));
    default:
      throw new Error(`A condition that nobody reads: ${operator} ${key}`);
  }
}

const WORDS =
  /^(SET|REMOVE|ADD|DELETE|AND|OR|NOT|BETWEEN|IN|if_not_exists|list_append|attribute_exists|attribute_not_exists|attribute_type|begins_with|contains|size)$/;

/** The top-level attributes that a request names: of the key, of an item, and in every expression. */
function attributesOf(input: DynamoDbInput['input']): string[] {
  const names = (input['ExpressionAttributeNames'] ?? {}) as Record<string, string>;
  const expressions = Object.entries(input)
    .filter(([name]) => name.endsWith('Expression'))
    .map(([, expression]) => String(expression));
  const inExpressions = expressions.flatMap((expression) =>
    [...expression.matchAll(/(?<![\w:#.])#?[A-Za-z_]\w*/g)]
      .map(([word]) => word)
      .filter((word) => !WORDS.test(word))
      .map((word) => names[word] ?? word),
  );
  const inItems = ['Key', 'Item'].flatMap((name) => Object.keys(input[name] ?? {}));
  return [...new Set([...inItems, ...inExpressions])];
}

/** The partition key of a request about one item. */
function leadingKeyOf(input: DynamoDbInput['input']): string {
  const { pk } = (input['Key'] ?? input['Item'] ?? {}) as { pk?: { S?: string } };
  return pk?.S ?? '';
}

/** `*` stands for any characters. The corp of a rendered template is not the tests' one. */
function isLike(text: string, pattern: string): boolean {
  const [, ...rest] = pattern.split('#');
  const [, ...given] = text.split('#');
  const parts = rest
    .join('#')
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(given.join('#'));
}
