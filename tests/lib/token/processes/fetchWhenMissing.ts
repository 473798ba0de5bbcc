import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { connect } from './connect.ts';
import { settings } from './settings.ts';

export const PLAIN_KEY = { pk: { S: 'plain-token' } };

/**
 * The token cache that most programs have, for comparison. It uses the token in memory, else the one in
 * the shared store, else it fetches and stores one. No caller waits for another.
 */
export async function openFetchWhenMissing(): Promise<() => Promise<string>> {
  const { corpId, secret, wecomUrl, table: TableName } = settings();
  const client = new DynamoDBClient({});
  await connect(() =>
    client.send(new GetItemCommand({ TableName, Key: { pk: { S: 'connect' } } })),
  );
  let held: { value: string; expiresAt: number } | undefined;

  return async () => {
    if (held && Date.now() < held.expiresAt) return held.value;
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: PLAIN_KEY }));
    const expiresAt = Number(Item?.['expiresAt']?.N ?? 0);
    const value = Item?.['value']?.S;
    if (value && Date.now() < expiresAt) {
      held = { value, expiresAt };
      return value;
    }
    const query = new URLSearchParams({ corpid: corpId, corpsecret: secret });
    const response = await fetch(`${wecomUrl}/cgi-bin/gettoken?${query}`);
    const answer = (await response.json()) as { access_token: string; expires_in: number };
    held = { value: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1_000 };
    await client.send(
      new PutItemCommand({
        TableName,
        Item: { ...PLAIN_KEY, value: { S: held.value }, expiresAt: { N: String(held.expiresAt) } },
      }),
    );
    return held.value;
  };
}
