import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientSettings, type Patience } from '../../lib/awsClient.ts';
import { systemClock } from '../../lib/clock.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Long timeouts for a busy machine, and no retries, so that tests see each failure. */
const PATIENCE: Patience = { attempts: 1, connectMs: 10_000, answerMs: 10_000 };

/** @returns a client of an embedded DynamoDB or its stand-in */
export function localDynamoDb(
  endpoint: string,
  patience: Partial<Patience> = {},
  clock = systemClock,
): DynamoDBClient {
  const settings = clientSettings({ ...PATIENCE, ...patience }, clock);
  return new DynamoDBClient({ endpoint, region: 'local', credentials, ...settings });
}
