import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientSettings, type Patience } from '../../lib/awsClient.ts';
import { systemClock } from '../../lib/clock.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** For a busy machine, and to see each failure: nothing is sent twice. */
const PATIENCE: Patience = { attempts: 1, connectMs: 10_000, answerMs: 10_000 };

/** A client of an embedded DynamoDB, or of what stands in for one. */
export function localDynamoDb(
  endpoint: string,
  patience: Partial<Patience> = {},
  clock = systemClock,
): DynamoDBClient {
  const settings = clientSettings({ ...PATIENCE, ...patience }, clock);
  return new DynamoDBClient({ endpoint, region: 'local', credentials, ...settings });
}
