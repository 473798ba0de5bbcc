import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { refusalOf } from '../awsClient.ts';
import { StoreUnavailable } from '../errors.ts';
import { decode, type Item } from './item.ts';
import { type Expression, placeholders } from './table.ts';

/**
 * Every item of a table that passes the filter, a page at a time: for an administrator's list, never
 * for a request. Apart from table.ts, so that no function's bundle holds it.
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
