import { StoreUnavailable } from '../errors.ts';
import type { DynamoDb } from './dynamoDb.ts';
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

export function createTable(dynamoDb: DynamoDb, TableName: string): Table {
  return {
    async get(key) {
      const request = { TableName, Key: encode(key), ConsistentRead: true };
      const { Item } = await dynamoDb.read('GetItem', request);
      return Item && decode(Item);
    },

    put: (item, condition) =>
      dynamoDb.write('PutItem', { TableName, Item: encode(item), ...conditionOf(condition) }),

    update: (key, update, condition) =>
      dynamoDb.write('UpdateItem', {
        TableName,
        Key: encode(key),
        UpdateExpression: update.expression,
        ConditionExpression: condition,
        ...placeholders(update),
      }),

    delete: (key, condition) =>
      dynamoDb.write('DeleteItem', { TableName, Key: encode(key), ...conditionOf(condition) }),

    async query(pk, { prefix, limit, after } = {}) {
      const { Items = [], LastEvaluatedKey } = await dynamoDb.read('Query', {
        TableName,
        KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
        ExpressionAttributeValues: encode({ ':pk': pk, ':prefix': prefix }),
        ConsistentRead: true,
        Limit: limit,
        ExclusiveStartKey: after && encode(after),
      });
      const items = Items.map(decode);
      return LastEvaluatedKey ? { items, next: decode(LastEvaluatedKey) as Key } : { items };
    },

    async batchGet(keys) {
      const { Responses, UnprocessedKeys = {} } = await dynamoDb.read('BatchGetItem', {
        RequestItems: { [TableName]: { Keys: keys.map(encode), ConsistentRead: true } },
      });
      // A partial answer would read as "no such item", which a decision must never be built on.
      if (Object.keys(UnprocessedKeys).length > 0) {
        throw new StoreUnavailable('DynamoDB answered in part', { reason: 'UnprocessedKeys' });
      }
      return (Responses?.[TableName] ?? []).map(decode);
    },
  };
}

function conditionOf(condition: Expression | undefined) {
  return condition && { ConditionExpression: condition.expression, ...placeholders(condition) };
}

/** What an expression's names and values stand for. What is undefined is left out of the JSON. */
export function placeholders({ names, values }: Expression) {
  return { ExpressionAttributeNames: names, ExpressionAttributeValues: values && encode(values) };
}
