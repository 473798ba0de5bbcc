import { type AttributeValue, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { decode, type Item } from './item.ts';
import { available, type Expression, placeholders } from './table.ts';

/**
 * Every item of a table that passes the filter, a page at a time: for an administrator's list, never
 * for a request. Apart from table.ts, so that no function's bundle holds it.
 *
 * @throws StoreUnavailable
 */
export async function* scan(
  client: DynamoDBClient,
  name: string,
  filter: Expression,
): AsyncGenerator<Item> {
  let after: Record<string, AttributeValue> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await available(
      client.send(
        new ScanCommand({
          TableName: name,
          FilterExpression: filter.expression,
          ...placeholders(filter),
          ...(after && { ExclusiveStartKey: after }),
        }),
      ),
    );
    for (const item of Items) yield decode(item);
    after = LastEvaluatedKey;
  } while (after !== undefined);
}
