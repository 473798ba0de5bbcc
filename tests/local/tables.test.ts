import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DynamoDb, startDynamoDb } from '../../local/dynamodb.ts';
import { createTables, tableDefinitions } from '../../local/tables.ts';

/** Stands in for `$` in templates below, where a linter takes `${` for a forgotten template string. */
const withDollars = (text: string) => text.replaceAll('§', '$');

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tables-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function project(tables: string, serverless = ''): Promise<URL> {
  await mkdir(join(directory, 'resources'), { recursive: true });
  await writeFile(join(directory, 'resources/tables.yml'), withDollars(tables));
  await writeFile(
    join(directory, 'serverless.yml'),
    withDollars(
      `service: shop\n${serverless || 'custom: { name: "§{self:service}-§{sls:stage}-t" }'}`,
    ),
  );
  return pathToFileURL(`${directory}/`);
}

/** A template of one table with a key and, where given, further lines of its Properties. */
function table({ name = '§{self:custom.name}', key = 'pk', more = '' } = {}): string {
  return `
Resources:
  Role: { Type: AWS::IAM::Role }
  T:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: ${name}
      AttributeDefinitions: [{ AttributeName: ${key}, AttributeType: S }, { AttributeName: by, AttributeType: N }]
      KeySchema: [{ AttributeName: ${key}, KeyType: HASH }]
      ${more}
`;
}

const index = (projection: string) =>
  `GlobalSecondaryIndexes: [{ IndexName: by-number, KeySchema: [{ AttributeName: by, KeyType: HASH }], Projection: { ProjectionType: ${projection} }, WarmThroughput: {} }]`;

describe('tableDefinitions', () => {
  it("gives this project's tables, named for the stage", () => {
    const definitions = tableDefinitions('demo');
    expect(definitions.map(({ TableName }) => TableName)).toEqual(
      expect.arrayContaining(['wecom-auth-demo-cache', 'wecom-auth-demo-permissions']),
    );
    for (const { KeySchema } of definitions) expect(KeySchema?.[0]?.KeyType).toBe('HASH');
  });

  it('keeps keys, indexes and billing, and drops the rest, CloudFormation functions included', async () => {
    const more = `${index('ALL')}
      BillingMode: !If [Cheap, PAY_PER_REQUEST, PROVISIONED]
      TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }
      SSESpecification: { KMSMasterKeyId: !GetAtt Key.Arn, SSEEnabled: !Equals [!Ref A, b] }
      Tags: [{ Key: a, Value: !Sub "§{AWS::StackName}" }, { Key: b, Value: !Transform { Name: x } }]`;
    expect(tableDefinitions('s', await project(table({ more })))).toEqual([
      {
        TableName: 'shop-s-t',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'by', AttributeType: 'N' },
        ],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by-number',
            KeySchema: [{ AttributeName: 'by', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
      },
    ]);
  });

  it('keeps provisioned throughput where that is the billing mode', async () => {
    const throughput = 'ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 2 }';
    const more = `BillingMode: PROVISIONED\n      ${throughput}`;
    expect(tableDefinitions('s', await project(table({ more })))).toMatchObject([
      {
        BillingMode: 'PROVISIONED',
        ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 2 },
      },
    ]);
  });

  it.each([
    ['§{opt:stage}', /T uses \$\{opt:stage\}; the local stack resolves only/],
    ["§{self:custom.name, 'x'}", /resolves only/],
    ['§{self:custom.missing}', /which serverless.yml does not define as text/],
    ['§{self:custom}', /does not define as text/],
    ['§{self:custom.§{sls:stage}}', /cannot be read/],
    ['!Sub "§{AWS::StackName}-t"', /must be plain text/],
    ['!Ref Name', /must be plain text/],
  ])('refuses a table named %s', async (name, message) => {
    const where = await project(table({ name: name.startsWith('!') ? name : `"${name}"` }));
    expect(() => tableDefinitions('s', where)).toThrow(message);
  });

  it('refuses a name that refers to itself', async () => {
    const where = await project(table(), 'custom: { name: "§{self:custom.name}" }');
    expect(() => tableDefinitions('s', where)).toThrow(/refers to itself/);
  });

  it('refuses a CloudFormation function in a key, and a table without keys', async () => {
    expect(tableDefinitions('s', await project(table()))).toHaveLength(1);
    const where = await project(table({ key: '!Ref Key' }));
    expect(() => tableDefinitions('s', where)).toThrow(/CloudFormation function in its keys/);
    await project('Resources: { T: { Type: AWS::DynamoDB::Table, Properties: { TableName: t } } }');
    expect(() => tableDefinitions('s', where)).toThrow(/needs AttributeDefinitions/);
  });
});

describe('createTables', () => {
  let dynamoDb: DynamoDb;
  let client: DynamoDBClient;
  beforeEach(async () => {
    dynamoDb = await startDynamoDb();
    client = new DynamoDBClient({
      endpoint: dynamoDb.url,
      region: 'local',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
  });
  afterEach(async () => {
    client.destroy();
    await dynamoDb.close();
  });

  it('creates what is missing, ready to use, and nothing twice', async () => {
    const names = tableDefinitions('s').map(({ TableName }) => TableName);
    expect(await createTables(client, 's')).toEqual(names);
    for (const TableName of names) {
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      expect(Table?.TableStatus).toBe('ACTIVE');
    }
    expect(await createTables(client, 's')).toEqual([]);
  });

  it('may run at the same time in two places', async () => {
    const results = await Promise.all([createTables(client, 's'), createTables(client, 's')]);
    expect(results.flat().toSorted()).toEqual(
      tableDefinitions('s')
        .map(({ TableName }) => TableName)
        .sort(),
    );
  });

  it('refuses a table whose keys or indexes are no longer those of the template', async () => {
    const where = await project(table({ more: index('ALL') }));
    await createTables(client, 's', where);
    expect(await createTables(client, 's', where)).toEqual([]);

    await project(table({ more: index('KEYS_ONLY') }));
    await expect(createTables(client, 's', where)).rejects.toThrow('npm start -- --fresh');
    await project(table({ more: index('ALL'), key: 'id' }));
    await expect(createTables(client, 's', where)).rejects.toThrow(
      'table shop-s-t was created with other keys or indexes',
    );
  });
});
