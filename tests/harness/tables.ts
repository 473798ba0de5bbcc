import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable, type Table } from '../../lib/dynamodb/table.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { createTables } from '../../local/tables.ts';
import { type DynamoDbFront, startDynamoDbFront } from './dynamoDbFront.ts';

/** The two tables, for tests of what is kept in them: counted and made to fail through the front. */
export interface Tables {
  readonly client: DynamoDBClient;
  readonly cache: Table;
  readonly permissions: Table;
  readonly front: DynamoDbFront;
  close(): Promise<void>;
}

export const PERMISSION_TABLE = 'wecom-auth-local-permissions';

/** Starts tables of one's own. */
export async function startTables(): Promise<Tables> {
  const embedded = await startDynamoDb();
  const front = await startDynamoDbFront(embedded.url);
  const client = new DynamoDBClient({
    endpoint: front.url,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  await createTables(client, 'local');
  front.requests.length = 0;

  return {
    client,
    front,
    cache: createTable(client, 'wecom-auth-local-cache'),
    permissions: createTable(client, PERMISSION_TABLE),
    async close() {
      client.destroy();
      await front.close();
      await embedded.close();
    },
  };
}
