import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable, type Table } from '../../lib/dynamodb/table.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { createTables } from '../../local/tables.ts';
import { type DynamoDbFront, startDynamoDbFront } from './dynamoDbFront.ts';
import { localDynamoDb } from './localAws.ts';

/** The two tables behind a front that records and fails requests, without a function's time limits. */
export interface Tables {
  readonly client: DynamoDBClient;
  readonly cache: Table;
  readonly permissions: Table;
  readonly front: DynamoDbFront;
  close(): Promise<void>;
}

/** The app of the fixture company and the local stage. */
export const APP = { corpId: 'ww0a1b2c3d4e5f6a7b', agentId: '1000002' } as const;

export const CACHE_TABLE = 'wecom-auth-local-cache';
export const PERMISSION_TABLE = 'wecom-auth-local-permissions';

/** Starts new tables. */
export async function startTables(): Promise<Tables> {
  const embedded = await startDynamoDb();
  const front = await startDynamoDbFront(embedded.url);
  const client = localDynamoDb(front.url);
  await createTables(client, 'local');
  front.requests.length = 0;

  return {
    client,
    front,
    cache: createTable(client, CACHE_TABLE),
    permissions: createTable(client, PERMISSION_TABLE),
    async close() {
      client.destroy();
      await front.close();
      await embedded.close();
    },
  };
}
