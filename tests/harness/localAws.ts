import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type ClientLimits, clientSettings } from '../../lib/awsClient.ts';
import { systemClock } from '../../lib/clock.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Long timeouts for a busy machine, and no retries, so that tests see each failure. */
const LIMITS: ClientLimits = { attempts: 1, connectMs: 10_000, answerMs: 10_000 };

/** @returns a client of an embedded DynamoDB or its stand-in */
export function localDynamoDb(
  endpoint: string,
  limits: Partial<ClientLimits> = {},
  clock = systemClock,
): DynamoDBClient {
  const settings = clientSettings({ ...LIMITS, ...limits }, clock);
  return new DynamoDBClient({ endpoint, region: 'local', credentials, ...settings });
}
