import { BatchGetItemCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/*
 * Only the calls of a cold `verify`: the member's partition, then the grants of its groups. It checks
 * nothing and handles no error.
 */

const client = new DynamoDBClient({});

export async function handler(event: APIGatewayProxyEventV2) {
  const { PERMISSION_TABLE: table = '', WECOM_CORP_ID: corpId } = process.env;
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: {
        ':pk': { S: `${corpId}#member#${event.pathParameters?.['userId']}` },
      },
      ConsistentRead: true,
    }),
  );
  const { Responses } = await client.send(
    new BatchGetItemCommand({
      RequestItems: {
        [table]: {
          Keys: ['department:2', 'department:1', 'everyone'].map((group) => ({
            pk: { S: `${corpId}#${group}` },
            sk: { S: 'grant#access' },
          })),
          ConsistentRead: true,
        },
      },
    }),
  );
  const authorized = [...Items, ...(Responses?.[table] ?? [])].some(
    (item) => item['effect']?.S === 'allow',
  );
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ code: 0, message: 'success', data: { authorized } }),
  };
}
