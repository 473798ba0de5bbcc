import { mkdtemp, rm, stat } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DynamoDb, type DynamoDbOptions, startDynamoDb } from '../../local/dynamodb.ts';
import { createTables } from '../../local/tables.ts';

const cache = 'wecom-auth-test-cache';
const permissions = 'wecom-auth-test-permissions';

async function start(options?: DynamoDbOptions): Promise<DynamoDb> {
  const dynamoDb = await startDynamoDb(options);
  onTestFinished(() => dynamoDb.close());
  return dynamoDb;
}

function clientOf({ url }: DynamoDb): DynamoDBClient {
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dynamodb-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return join(path, 'data');
}

describe('the embedded DynamoDB', () => {
  it('stores, reads and queries items', async () => {
    const client = clientOf(await start());
    await createTables(client, 'test');
    for (const sk of ['a#1', 'a#2', 'b#1']) {
      await client.send(
        new PutItemCommand({
          TableName: permissions,
          Item: { pk: { S: 'user#张三' }, sk: { S: sk } },
        }),
      );
    }

    const { Items } = await client.send(
      new QueryCommand({
        TableName: permissions,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': { S: 'user#张三' }, ':sk': { S: 'a#' } },
      }),
    );
    expect(Items?.map((item) => item['sk']?.S)).toEqual(['a#1', 'a#2']);
  });

  it('lets exactly one of many concurrent conditional writes through', async () => {
    const client = clientOf(await start());
    await createTables(client, 'test');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        client.send(
          new PutItemCommand({
            TableName: cache,
            Item: { pk: { S: 'lease' }, holder: { N: String(index) } },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        ),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toBeInstanceOf(ConditionalCheckFailedException);
      }
    }
  });

  it('keeps its data in a directory between runs, for this user alone', async () => {
    const path = await directory();
    const first = await start({ directory: path });
    await createTables(clientOf(first), 'test');
    await clientOf(first).send(
      new PutItemCommand({ TableName: cache, Item: { pk: { S: 'kept' } } }),
    );
    await first.close();

    const second = clientOf(await start({ directory: path }));
    expect(await createTables(second, 'test')).toEqual([]);
    const { Item } = await second.send(
      new GetItemCommand({ TableName: cache, Key: { pk: { S: 'kept' } } }),
    );
    expect(Item).toEqual({ pk: { S: 'kept' } });
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('keeps nothing without a directory', async () => {
    const first = await start();
    await createTables(clientOf(first), 'test');
    await first.close();
    const { TableNames } = await clientOf(await start()).send(new ListTablesCommand());
    expect(TableNames).toEqual([]);
  });

  it('rejects with EADDRINUSE where the port is taken, and lets go of its directory', async () => {
    const { url } = await start();
    const path = await directory();
    const port = Number(new URL(url).port);
    await expect(start({ port, directory: path })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await start({ directory: path });
  });

  it('rejects with LEVEL_LOCKED where the directory is in use', async () => {
    const path = await directory();
    await start({ directory: path });
    await expect(start({ directory: path })).rejects.toMatchObject({
      code: 'LEVEL_LOCKED',
      message: expect.stringContaining(path),
    });
  });

  it('closes under open keep-alive connections, and more than once', async () => {
    const dynamoDb = await start();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    await new Promise((resolve, reject) => {
      request(dynamoDb.url, { agent }, (answer) => answer.resume().on('end', resolve))
        .on('error', reject)
        .end();
    });
    await Promise.all([dynamoDb.close(), dynamoDb.close()]);
    await expect(fetch(dynamoDb.url)).rejects.toThrow();
  });

  it('finishes what is under way before it closes', async () => {
    const path = await directory();
    const dynamoDb = await start({ directory: path });
    const client = clientOf(dynamoDb);
    await createTables(client, 'test');
    const writes = Array.from({ length: 10 }, (_, index) =>
      client.send(new PutItemCommand({ TableName: cache, Item: { pk: { S: String(index) } } })),
    );
    const outcomes = Promise.allSettled(writes);
    await writes[0];
    await dynamoDb.close();

    const written = (await outcomes).flatMap(({ status }, index) =>
      status === 'fulfilled' ? [String(index)] : [],
    );
    const second = clientOf(await start({ directory: path }));
    for (const pk of written) {
      const { Item } = await second.send(
        new GetItemCommand({ TableName: cache, Key: { pk: { S: pk } } }),
      );
      expect(Item).toEqual({ pk: { S: pk } });
    }
  });

  it('survives a client that hangs up in the middle of a request', async () => {
    const dynamoDb = await start();
    const { hostname, port } = new URL(dynamoDb.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half', () => {
          socket.resetAndDestroy();
          resolve();
        });
      });
    });
    const { TableNames } = await clientOf(dynamoDb).send(new ListTablesCommand());
    expect(TableNames).toEqual([]);
  });

  it('refuses web pages, which could read every token from a browser on this machine', async () => {
    const { url } = await start();
    const answer = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.test' },
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});
