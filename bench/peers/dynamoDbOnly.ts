import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/*
 * The floor: a handler with only the DynamoDB client that reads the member's partition and checks nothing.
 * It is also the one SDK query of a warm `verify`.
 */

const client = new DynamoDBClient({});

export async function handler(event: APIGatewayProxyEventV2) {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: process.env['PERMISSION_TABLE'],
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: {
        ':pk': { S: `${process.env['WECOM_CORP_ID']}#member#${event.pathParameters?.['userId']}` },
      },
      ConsistentRead: true,
    }),
  );
  const authorized = Items.some((item) => item['effect']?.S === 'allow');
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ code: 0, message: 'success', data: { authorized } }),
  };
}
