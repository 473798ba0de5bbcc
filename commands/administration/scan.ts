import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { refusalOf } from '../../lib/awsClient.ts';
import { decode, type Item } from '../../lib/dynamodb/item.ts';
import { type Expression, placeholders } from '../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../lib/errors.ts';

/**
 * Every item of a table that passes the filter, read page by page. It reads the whole table, so no
 * request uses it.
 *
 * @throws StoreUnavailable, ConfigurationError
 */
export async function* scan(
  client: DynamoDBClient,
  TableName: string,
  filter: Expression,
): AsyncGenerator<Item> {
  const input = { TableName, FilterExpression: filter.expression, ...placeholders(filter) };
  try {
    for await (const { Items = [] } of paginateScan({ client }, input)) yield* Items.map(decode);
  } catch (error) {
    const reason = await refusalOf(error, client);
    throw new StoreUnavailable('DynamoDB did not answer, or refused', { reason });
  }
}
