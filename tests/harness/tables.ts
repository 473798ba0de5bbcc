import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FUNCTION_LIMITS } from '../../lib/awsClient.ts';
import { createTable, type Table } from '../../lib/dynamodb/table.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { createTables } from '../../local/tables.ts';
import { type DynamoDbFront, startDynamoDbFront } from './dynamoDbFront.ts';
import { localDynamoDb } from './localAws.ts';

/** The two tables behind a front that records and fails requests. */
export interface Tables {
  /** For tests that read or write items directly; also through the front. */
  readonly client: DynamoDBClient;
  /** The same with the time limits of a function. */
  readonly dynamoDb: DynamoDBClient;
  readonly cache: Table;
  readonly permissions: Table;
  readonly front: DynamoDbFront;
  close(): Promise<void>;
}

/** The app of the fixture company and the local stage. */
export const APP = { corpId: 'ww0a1b2c3d4e5f6a7b', agentId: '1000002' } as const;

export const PERMISSION_TABLE = 'wecom-auth-local-permissions';

/** Starts new tables. */
export async function startTables(): Promise<Tables> {
  const embedded = await startDynamoDb();
  const front = await startDynamoDbFront(embedded.url);
  const client = localDynamoDb(front.url);
  const dynamoDb = localDynamoDb(front.url, { ...FUNCTION_LIMITS, attempts: 1 });
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
      dynamoDb.destroy();
      await front.close();
      await embedded.close();
    },
  };
}
