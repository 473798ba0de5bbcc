import {
  type AttributeValue,
  BatchGetItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { StoreUnavailable } from '../errors.ts';
import { decode, encode, type Item, type Value } from './item.ts';

/** A primary key: `{ pk }` in the cache table, `{ pk, sk }` in the permission table. */
export type Key = { readonly pk: string; readonly sk?: string };

/** A DynamoDB condition or update expression with what its names and values stand for. */
export interface Expression {
  readonly expression: string;
  readonly names?: Record<string, string>;
  readonly values?: Record<string, Value>;
}

/**
 * The one way to talk to a DynamoDB table. Every method sends exactly one request, reads are
 * strongly consistent, and anything that goes wrong other than a failed condition is
 * `StoreUnavailable`. A condition that failed is `false`: an answer, not an error.
 */
export interface Table {
  get(key: Key): Promise<Item | undefined>;
  /** @returns whether it was written */
  put(item: Item, condition?: Expression): Promise<boolean>;
  /** @returns whether it was written */
  update(key: Key, update: Expression, condition?: string): Promise<boolean>;
  /** @returns whether it was deleted */
  delete(key: Key, condition?: Expression): Promise<boolean>;
  /** One page, at most `limit` items, of the partition in the order of `sk`. */
  query(pk: string, options?: { prefix?: string; limit?: number; after?: Key }): Promise<Page>;
  /** At most 100 keys, none twice. */
  batchGet(keys: readonly Key[]): Promise<Item[]>;
}

export interface Page {
  readonly items: Item[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: Key;
}

/**
 * Two attempts and short limits instead of the SDK's defaults (three attempts and no time-out): a
 * table in the same region answers within ten milliseconds, a visitor is waiting, and everything
 * here has something better to do than wait (the token falls back to memory, verify fails closed).
 */
export function createDynamoDb(): DynamoDBClient {
  const client = new DynamoDBClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true },
  });
  // It copies each request and answer for the SDK's own logger, which writes nothing: 5 to 10 % of a
  // warm query's CPU.
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

export function createTable(client: DynamoDBClient, name: string): Table {
  const TableName = name;

  return {
    async get(key) {
      const Key = encode(key);
      const command = new GetItemCommand({ TableName, Key, ConsistentRead: true });
      const { Item } = await available(client.send(command));
      return Item && decode(Item);
    },

    put: (item, condition) =>
      conditional(
        client.send(
          new PutItemCommand({ TableName, Item: encode(item), ...conditionOf(condition) }),
        ),
      ),

    update: (key, update, condition) =>
      conditional(
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: encode(key),
            UpdateExpression: update.expression,
            ...(condition && { ConditionExpression: condition }),
            ...placeholders(update),
          }),
        ),
      ),

    delete: (key, condition) =>
      conditional(
        client.send(
          new DeleteItemCommand({ TableName, Key: encode(key), ...conditionOf(condition) }),
        ),
      ),

    async query(pk, { prefix, limit, after } = {}) {
      const { Items = [], LastEvaluatedKey } = await available(
        client.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
            ExpressionAttributeValues: encode(
              prefix ? { ':pk': pk, ':prefix': prefix } : { ':pk': pk },
            ),
            ConsistentRead: true,
            ...(limit && { Limit: limit }),
            ...(after && { ExclusiveStartKey: encode(after) }),
          }),
        ),
      );
      const items = Items.map(decode);
      return LastEvaluatedKey ? { items, next: decode(LastEvaluatedKey) as Key } : { items };
    },

    async batchGet(keys) {
      const { Responses, UnprocessedKeys } = await available(
        client.send(
          new BatchGetItemCommand({
            RequestItems: { [name]: { Keys: keys.map(encode), ConsistentRead: true } },
          }),
        ),
      );
      // A partial answer would read as "no such item", which a decision must never be built on.
      if (Object.keys(UnprocessedKeys ?? {}).length > 0) {
        throw new StoreUnavailable('DynamoDB answered in part', { reason: 'UnprocessedKeys' });
      }
      return (Responses?.[name] ?? []).map(decode);
    },
  };
}

function conditionOf(condition: Expression | undefined) {
  return condition && { ConditionExpression: condition.expression, ...placeholders(condition) };
}

/** For a command of one's own; see scan.ts. */
export function placeholders({ names, values }: Expression) {
  return {
    ...(names && { ExpressionAttributeNames: names }),
    ...(values && { ExpressionAttributeValues: encode(values) as Record<string, AttributeValue> }),
  };
}

async function conditional(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (reasonOf(error) === 'ConditionalCheckFailedException') return false;
    throw unavailable(error);
  }
}

/** The same for its answer. @throws StoreUnavailable */
export async function available<T>(sent: Promise<T>): Promise<T> {
  try {
    return await sent;
  } catch (error) {
    throw unavailable(error);
  }
}

function unavailable(error: unknown): StoreUnavailable {
  return new StoreUnavailable('DynamoDB did not answer, or refused', { reason: reasonOf(error) });
}

/** The error's name or code only: the SDK's messages quote keys. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as NodeJS.ErrnoException;
  return error.constructor === Error && code !== undefined ? code : error.name;
}
