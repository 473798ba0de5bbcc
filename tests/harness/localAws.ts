import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AwsOptions } from '../../lib/aws/awsJson.ts';
import { systemClock } from '../../lib/clock.ts';
import { createDynamoDb, type DynamoDb } from '../../lib/dynamodb/dynamoDb.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** How our own code asks an embedded service at `endpoint`. */
function localAws(endpoint: string, options: Partial<AwsOptions> = {}): AwsOptions {
  return {
    clock: systemClock,
    endpoint,
    region: 'local',
    credentials: async () => credentials,
    ...options,
  };
}

/** How our own code reads and writes in an embedded DynamoDB. */
export function localDynamoDb(endpoint: string, options?: Partial<AwsOptions>): DynamoDb {
  return createDynamoDb(localAws(endpoint, options));
}

/** AWS's own client, for what our code does not do and to look at what it did. */
export function localDynamoDbClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: 'local', credentials, maxAttempts: 1 });
}
