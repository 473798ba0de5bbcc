import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDb } from '../../lib/dynamodb/dynamoDb.ts';
import { createTable, type Table } from '../../lib/dynamodb/table.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { createTables } from '../../local/tables.ts';
import { type DynamoDbFront, startDynamoDbFront } from './dynamoDbFront.ts';
import { localDynamoDb, localDynamoDbClient } from './localAws.ts';

/** The two tables, for tests of what is kept in them: counted and made to fail through the front. */
export interface Tables {
  /** AWS's own client, through the front too. */
  readonly client: DynamoDBClient;
  readonly dynamoDb: DynamoDb;
  readonly cache: Table;
  readonly permissions: Table;
  readonly front: DynamoDbFront;
  close(): Promise<void>;
}

/** The app that the fixture company and the local stage have. */
export const APP = { corpId: 'ww0a1b2c3d4e5f6a7b', agentId: '1000002' } as const;

export const PERMISSION_TABLE = 'wecom-auth-local-permissions';

/** Starts tables of one's own. */
export async function startTables(): Promise<Tables> {
  const embedded = await startDynamoDb();
  const front = await startDynamoDbFront(embedded.url);
  const client = localDynamoDbClient(front.url);
  const dynamoDb = localDynamoDb(front.url, { attempts: 1 });
  await createTables(client, 'local');
  front.requests.length = 0;

  return {
    client,
    dynamoDb,
    front,
    cache: createTable(dynamoDb, 'wecom-auth-local-cache'),
    permissions: createTable(dynamoDb, PERMISSION_TABLE),
    async close() {
      client.destroy();
      await front.close();
      await embedded.close();
    },
  };
}
