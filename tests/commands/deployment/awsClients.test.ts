import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { personalSettings } from '../../../commands/deployment/awsClients.ts';

describe('who a person is to AWS', () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is found out as AWS's own tools do, and may be asked of another region", async () => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const { config } = new DynamoDBClient(personalSettings());
    expect(await config.region()).toBe('eu-west-1');
    expect(await config.credentials()).toMatchObject({ accessKeyId: 'AKIDEXAMPLE' });
    const elsewhere = new DynamoDBClient(personalSettings('cn-north-1'));
    expect(await elsewhere.config.region()).toBe('cn-north-1');
  });
});
