import { Agent, request } from 'node:https';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/*
 * Only the calls of a warm sign-in of a member that is new to the instance: three calls of WeCom over kept
 * connections and the same SDK request. It checks nothing and handles no error.
 */

const agent = new Agent({ keepAlive: true });
const client = new DynamoDBClient({});
const TOKEN = 'fixed-access-token'.padEnd(214, '0');

export async function handler(event: APIGatewayProxyEventV2) {
  const { code } = JSON.parse(event.body ?? '');
  const { userid, user_ticket } = await call('auth/getuserinfo', { code });
  const readAt = Date.now();
  const [user, detail] = await Promise.all([
    call('user/get', { userid: userid ?? '' }),
    call('auth/getuserdetail', {}, JSON.stringify({ user_ticket })),
    client.send(
      new UpdateItemCommand({
        TableName: process.env['PERMISSION_TABLE'],
        Key: {
          pk: { S: `${process.env['WECOM_CORP_ID']}#member#${userid}` },
          sk: { S: `membership#${process.env['WECOM_AGENT_ID']}` },
        },
        UpdateExpression:
          'SET #state = :state, #why = :why, #departments = :departments, #readAt = :readAt, #ttl = :ttl REMOVE claimedUntil, claimedBy, retryAt ADD revision :one',
        ConditionExpression: 'attribute_not_exists(readAt) OR readAt <= :readAt',
        ExpressionAttributeNames: {
          '#state': 'state',
          '#why': 'why',
          '#departments': 'departments',
          '#readAt': 'readAt',
          '#ttl': 'ttl',
        },
        ExpressionAttributeValues: {
          ':state': { S: 'active' },
          ':why': { S: 'status 1' },
          ':departments': { L: [{ N: '2' }] },
          ':readAt': { N: String(readAt) },
          ':one': { N: '1' },
          ':ttl': { N: String(Math.ceil(readAt / 1_000) + 90_000) },
        },
      }),
    ),
  ]);
  const { name, position } = user;
  const { mobile, email } = detail;
  const data = { userid, name, mobile, email, department: '技术部', position };
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ code: 0, message: 'success', data }),
  };
}

function call(
  api: string,
  query: Record<string, string>,
  body?: string,
): Promise<Record<string, string>> {
  const search = new URLSearchParams({ access_token: TOKEN, ...query });
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${process.env['WECOM_API_BASE_URL']}/cgi-bin/${api}?${search}`,
      { method: body ? 'POST' : 'GET', agent },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk) => {
          text += chunk;
        });
        incoming.on('end', () => resolve(JSON.parse(text)));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
