import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultProvider } from '../../lib/environmentCredentials.ts';
import { startDynamoDbFront } from '../harness/dynamoDbFront.ts';

describe('the credentials of a bundled function', () => {
  afterEach(() => vi.unstubAllEnvs());

  const set = (keyId: string | undefined, secret: string | undefined, token?: string) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', keyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secret);
    vi.stubEnv('AWS_SESSION_TOKEN', token);
  };

  it('are those of its environment', async () => {
    set('AKIDEXAMPLE', 'secret', 'session');
    expect(await defaultProvider()()).toEqual({
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'secret',
      sessionToken: 'session',
    });
  });

  it('have no session token where there is none', async () => {
    set('AKIDEXAMPLE', 'secret');
    expect(await defaultProvider()()).toEqual({
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'secret',
    });
  });

  it.each([
    ['no key', undefined, 'secret'],
    ['no secret', 'AKIDEXAMPLE', undefined],
  ])('are refused, and nothing is sent, with %s', async (_what, keyId, secret) => {
    set(keyId, secret);
    const front = await startDynamoDbFront('http://127.0.0.1:1');
    const client = new DynamoDBClient({
      region: 'local',
      endpoint: front.url,
      credentials: defaultProvider(),
    });
    await expect(client.send(new ListTablesCommand({}))).rejects.toMatchObject({
      code: 'ERR_CONFIGURATION',
    });
    expect(front.requests).toEqual([]);
    await front.close();
  });
});
