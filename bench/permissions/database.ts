import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { createTables } from '../../local/tables.ts';
import { startDynamoDbFront } from '../../tests/harness/dynamoDbFront.ts';
import { localDynamoDb } from '../../tests/harness/localAws.ts';

/** DynamoDB in a process of its own, because its time is not measured. */
export interface Database {
  /** Its requests are counted. */
  readonly client: DynamoDBClient;
  /** Two empty tables for each company. */
  readonly tableNames: { readonly small: TableNames; readonly large: TableNames };
  /** The operations since the last call, by name. */
  requests(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export interface TableNames {
  readonly permissions: string;
  readonly cache: string;
}

const tablesOf = (stage: string): TableNames => ({
  permissions: `wecom-auth-${stage}-permissions`,
  cache: `wecom-auth-${stage}-cache`,
});

export async function startDatabase(): Promise<Database> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['serve']);
  const [url] = (await once(child, 'message')) as [string];
  const client = localDynamoDb(url);
  return {
    client,
    tableNames: { small: tablesOf('small'), large: tablesOf('large') },
    async requests() {
      child.send('requests');
      const [counts] = await once(child, 'message');
      return counts as Record<string, number>;
    },
    async close() {
      client.destroy();
      child.kill();
      await once(child, 'exit');
    },
  };
}

async function serve(): Promise<void> {
  const embedded = await startDynamoDb();
  const client = localDynamoDb(embedded.url);
  for (const stage of ['small', 'large']) await createTables(client, stage);
  client.destroy();
  const front = await startDynamoDbFront(embedded.url);
  process.on('message', () => {
    const counts: Record<string, number> = {};
    for (const request of front.requests.splice(0)) {
      const [operation = ''] = request.split(' ');
      counts[operation] = (counts[operation] ?? 0) + 1;
    }
    process.send?.(counts);
  });
  process.send?.(front.url);
}

if (process.argv[2] === 'serve' && process.send) await serve();
