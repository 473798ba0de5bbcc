import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { parse, type ScalarTag, type Tags, type YAMLMap, type YAMLSeq } from 'yaml';

type Json = Record<string, unknown>;

/** The repository. */
const root = new URL('../', import.meta.url);

const INTRINSICS =
  'And Base64 Cidr Condition Equals FindInMap GetAtt GetAZs If ImportValue Join Length Not Or Ref Select Split Sub ToJsonString Transform';

/**
 * Reads the tables of resources/tables.yml as `CreateTable` inputs for a stage, so that local and
 * deployed tables cannot differ. Only keys, indexes and billing are kept; the embedded DynamoDB supports
 * no TTL, recovery, encryption or tags.
 *
 * @param directory holds serverless.yml and resources/
 * @throws Error if a table's name has a variable other than `${self:…}` and `${sls:stage}`
 */
export function tableDefinitions(stage: string, directory: URL = root): CreateTableCommandInput[] {
  const service = readYaml(new URL('serverless.yml', directory));
  const resources = readYaml(new URL('resources/tables.yml', directory))['Resources'];
  return Object.entries(isJson(resources) ? resources : {}).flatMap(([id, resource]) => {
    if (!isJson(resource) || resource['Type'] !== 'AWS::DynamoDB::Table') return [];
    const properties = isJson(resource['Properties']) ? resource['Properties'] : {};
    return [definition(id, properties, stage, service)];
  });
}

/**
 * Creates the stage's missing tables and waits until all tables are active.
 *
 * @returns the names of the created tables
 * @throws Error if a table exists with other keys or indexes than the template's
 */
export async function createTables(
  client: DynamoDBClient,
  stage: string,
  directory: URL = root,
): Promise<string[]> {
  const created: string[] = [];
  for (const wanted of tableDefinitions(stage, directory)) {
    const name = String(wanted.TableName);
    if ((await describe(client, name)) === undefined) {
      try {
        await client.send(new CreateTableCommand(wanted));
        created.push(name);
      } catch (error) {
        // Another process created it at the same time. Its keys are compared below.
        if (!(error instanceof ResourceInUseException)) throw error;
      }
    }
    const found = await whenActive(client, name);
    if (shape(found) !== shape(wanted)) {
      throw new Error(
        `table ${name} was created with other keys or indexes than resources/tables.yml now has; ` +
          'run `npm start -- --fresh` (this deletes the local data)',
      );
    }
  }
  return created;
}

function definition(id: string, properties: Json, stage: string, service: Json) {
  const kept = ['AttributeDefinitions', 'KeySchema'];
  const index = ['IndexName', 'KeySchema', 'Projection'];
  // A condition cannot be evaluated here, and any billing mode works.
  const billing = typeof properties['BillingMode'] === 'string' ? properties['BillingMode'] : null;
  const provisioned = billing === 'PROVISIONED' && isJson(properties['ProvisionedThroughput']);
  if (provisioned) {
    kept.push('ProvisionedThroughput');
    index.push('ProvisionedThroughput');
  }
  const input: Json = {
    TableName: resolveName(id, properties['TableName'], stage, service),
    BillingMode: provisioned ? 'PROVISIONED' : 'PAY_PER_REQUEST',
    ...pick(properties, kept),
  };
  for (const kind of ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes']) {
    const indexes = properties[kind];
    if (!Array.isArray(indexes)) continue;
    const names = kind.startsWith('Local') ? index.slice(0, 3) : index;
    input[kind] = indexes.map((each) => pick(isJson(each) ? each : {}, names));
  }
  if (!Array.isArray(input['AttributeDefinitions']) || !Array.isArray(input['KeySchema'])) {
    throw new Error(`resources/tables.yml: ${id} needs AttributeDefinitions and a KeySchema`);
  }
  if (/"(Fn::\w+|Ref|Condition)":/.test(JSON.stringify(input))) {
    throw new Error(
      `resources/tables.yml: ${id} has a CloudFormation function in its keys or indexes; ` +
        'the local stack needs them spelled out',
    );
  }
  return input as unknown as CreateTableCommandInput;
}

function resolveName(id: string, template: unknown, stage: string, service: Json): string {
  const where = `resources/tables.yml: the TableName of ${id}`;
  if (typeof template !== 'string' || template === '') {
    throw new Error(`${where} must be plain text, not a CloudFormation function`);
  }
  const expand = (text: string, seen: readonly string[]): string =>
    text.replace(/\$\{([^{}]*)\}/g, (variable, inside: string) => {
      if (inside === 'sls:stage') return stage;
      const path = /^self:([\w.-]+)$/.exec(inside)?.[1];
      if (path === undefined) {
        throw new Error(
          `${where} uses ${variable}; the local stack resolves only self: and sls:stage variables`,
        );
      }
      if (seen.includes(path)) throw new Error(`${where} uses ${variable}, which refers to itself`);
      const value = path
        .split('.')
        .reduce<unknown>((from, key) => (isJson(from) ? from[key] : undefined), service);
      if (typeof value !== 'string' && typeof value !== 'number') {
        throw new Error(`${where} uses ${variable}, which serverless.yml does not define as text`);
      }
      return expand(String(value), [...seen, path]);
    });
  const name = expand(template, []);
  if (name.includes('${')) throw new Error(`${where} has a variable that cannot be read: ${name}`);
  return name;
}

async function describe(
  client: DynamoDBClient,
  name: string,
): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

const MAX_ATTEMPTS = 200;
const POLL_MS = 10;

async function whenActive(client: DynamoDBClient, name: string): Promise<TableDescription> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const table = await describe(client, name);
    if (table?.TableStatus === 'ACTIVE') return table;
    await delay(POLL_MS);
  }
  throw new Error(`table ${name} did not become active`);
}

/** @returns a text that is equal for tables with the same keys, key types and indexes */
function shape(table: CreateTableCommandInput | TableDescription): string {
  const types = new Map(table.AttributeDefinitions?.map((a) => [a.AttributeName, a.AttributeType]));
  const keys = (schema: KeySchemaElement[] | undefined) =>
    (schema ?? []).map((key) => [key.AttributeName, key.KeyType, types.get(key.AttributeName)]);
  const indexes = [
    ...(table.GlobalSecondaryIndexes ?? []).map((each) => ({ kind: 'global', ...each })),
    ...(table.LocalSecondaryIndexes ?? []).map((each) => ({ kind: 'local', ...each })),
  ].map(({ kind, IndexName, KeySchema, Projection }) => [
    IndexName,
    kind,
    keys(KeySchema),
    Projection?.ProjectionType ?? null,
    [...(Projection?.NonKeyAttributes ?? [])].sort(),
  ]);
  indexes.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  return JSON.stringify([keys(table.KeySchema), indexes]);
}

function readYaml(file: URL): Json {
  const content: unknown = parse(readFileSync(file, 'utf8'), { customTags });
  if (!isJson(content)) throw new Error(`${file.pathname} is not a YAML mapping`);
  return content;
}

/** The short forms of CloudFormation (`!Sub x`) as their long ones (`{"Fn::Sub": "x"}`). */
const customTags: Tags = INTRINSICS.split(' ').flatMap((name) => {
  const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
  const collection = (kind: 'map' | 'seq') => ({
    tag: `!${name}`,
    collection: kind,
    resolve: (node: YAMLMap.Parsed | YAMLSeq.Parsed) => ({ [key]: node.toJSON() as unknown }),
  });
  const scalar: ScalarTag = { tag: `!${name}`, resolve: (text) => ({ [key]: text }) };
  return [scalar, collection('map'), collection('seq')] as Tags;
});

function pick(from: Json, names: readonly string[]): Json {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
