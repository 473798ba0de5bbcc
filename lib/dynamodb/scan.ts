import type { DynamoDb } from './dynamoDb.ts';
import { type Attributes, decode, type Item } from './item.ts';
import { type Expression, placeholders } from './table.ts';

/**
 * Every item of a table that passes the filter, a page at a time: for an administrator's list, never
 * for a request. Apart from table.ts, so that no function's bundle holds it.
 *
 * @throws StoreUnavailable
 */
export async function* scan(
  dynamoDb: DynamoDb,
  TableName: string,
  filter: Expression,
): AsyncGenerator<Item> {
  let after: Attributes | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await dynamoDb.read('Scan', {
      TableName,
      FilterExpression: filter.expression,
      ...placeholders(filter),
      ExclusiveStartKey: after,
    });
    for (const item of Items) yield decode(item);
    after = LastEvaluatedKey;
  } while (after !== undefined);
}
