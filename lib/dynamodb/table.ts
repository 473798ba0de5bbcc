import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  type KeysAndAttributes,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { clientSettings, FUNCTION_LIMITS, refusalOf } from '../awsClient.ts';
import { type Clock, systemClock } from '../clock.ts';
import { StoreUnavailable } from '../errors.ts';
import { LISTS } from '../tableKeys.ts';
import { decode, encode, type Item, type Value } from './item.ts';

/** A primary key: `{ pk }` in the cache table, `{ pk, sk }` in the permission table. */
export type Key = { readonly pk: string; readonly sk?: string };

/** A condition or update expression of DynamoDB, with its placeholders for names and values. */
export interface Expression {
  readonly expression: string;
  readonly names?: Record<string, string>;
  readonly values?: Record<string, Value>;
}

/**
 * One DynamoDB table. Every method is one operation, which the client may send twice; `batchGet`
 * repeats it for unprocessed keys. Reads but `list` are strongly consistent. If a condition fails, the result is
 * `false`.
 *
 * Every method throws `StoreUnavailable`, whose reason is the name of AWS's error, and
 * `ConfigurationError` if the client could not send anything.
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
  query(
    pk: string,
    options?: { prefix?: string; limit?: number; after?: Key; descending?: boolean },
  ): Promise<Page>;
  /**
   * One page of a list, at most `limit` items, in the order of `sk`. Unlike every other read it may lack
   * what was written a moment ago.
   *
   * @param name the `listName` of its items; see tableKeys.ts
   * @param options.sk only items with this very `sk`
   * @param options.above only items whose `sk` is greater
   */
  list(
    name: string,
    options?: {
      sk?: string;
      above?: string;
      limit?: number;
      after?: Key;
      descending?: boolean;
    },
  ): Promise<Page>;
  /**
   * The items of different keys, in any order, a hundred in a request. UnprocessedKeys are requested
   * again for a second; then it throws.
   */
  batchGet(keys: readonly Key[]): Promise<Item[]>;
}

export interface Page {
  readonly items: Item[];
  /** Pass it as `after` to get the next page; absent on the last one. */
  readonly next?: Key;
}

/** The functions' client of both tables. Making it sends nothing. */
export function createDynamoDb(clock: Clock): DynamoDBClient {
  const client = new DynamoDBClient(clientSettings(FUNCTION_LIMITS, clock));
  // It copies each request and response for a logger, and there is none.
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

/** DynamoDB's limit for one BatchGetItem. */
const MAX_BATCH_KEYS = 100;
/** How long UnprocessedKeys are requested again, after 25, 50, 100 … ms. */
const UNPROCESSED_MS = 1_000;
const FIRST_PAUSE_MS = 25;

export function createTable(
  client: DynamoDBClient,
  TableName: string,
  clock: Clock = systemClock,
): Table {
  async function available<T>(sent: Promise<T>): Promise<T> {
    try {
      return await sent;
    } catch (error) {
      throw unavailable(await refusalOf(error, client));
    }
  }
  async function conditional(sent: Promise<unknown>): Promise<boolean> {
    try {
      await sent;
      return true;
    } catch (error) {
      const reason = await refusalOf(error, client);
      if (reason === 'ConditionalCheckFailedException') return false;
      throw unavailable(reason);
    }
  }

  return {
    async get(key) {
      const command = new GetItemCommand({ TableName, Key: encode(key), ConsistentRead: true });
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
            ConditionExpression: condition,
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

    query: (pk, { prefix, limit, after, descending } = {}) =>
      page({
        KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
        ExpressionAttributeValues: encode({ ':pk': pk, ':prefix': prefix }),
        ConsistentRead: true,
        ScanIndexForward: !descending,
        Limit: limit,
        ExclusiveStartKey: after && encode(after),
      }),

    list: (name, { sk, above, limit, after, descending } = {}) =>
      page({
        IndexName: LISTS,
        KeyConditionExpression: `listName = :name${sk ? ' AND sk = :sk' : above ? ' AND sk > :sk' : ''}`,
        ExpressionAttributeValues: encode({ ':name': name, ':sk': sk ?? above }),
        ScanIndexForward: !descending,
        Limit: limit,
        ExclusiveStartKey: after && encode({ ...after, listName: name }),
      }),

    async batchGet(keys) {
      const batches = [];
      for (let from = 0; from < keys.length; from += MAX_BATCH_KEYS) {
        batches.push(getBatch(keys.slice(from, from + MAX_BATCH_KEYS)));
      }
      return (await Promise.all(batches)).flat();
    },
  };

  async function page(input: Omit<QueryCommandInput, 'TableName'>): Promise<Page> {
    const { Items, LastEvaluatedKey } = await available(
      client.send(new QueryCommand({ TableName, ...input })),
    );
    if (Items === undefined) throw unavailable('an answer without Items');
    const items = Items.map(decode);
    return LastEvaluatedKey ? { items, next: decode(LastEvaluatedKey) as Key } : { items };
  }

  async function getBatch(keys: readonly Key[]): Promise<Item[]> {
    const items: Item[] = [];
    let left: KeysAndAttributes | undefined = { Keys: keys.map(encode), ConsistentRead: true };
    const until = clock.now() + UNPROCESSED_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
      const command = new BatchGetItemCommand({ RequestItems: { [TableName]: left } });
      const answer: BatchGetItemCommandOutput = await available(client.send(command));
      if (!answer.Responses && !answer.UnprocessedKeys) {
        throw unavailable('an answer without Responses');
      }
      items.push(...(answer.Responses?.[TableName] ?? []).map(decode));
      left = answer.UnprocessedKeys?.[TableName];
      if (!left?.Keys?.length) return items;
      // Without these items, a denial could seem absent.
      if (clock.now() + pauseMs > until) throw unavailable('UnprocessedKeys');
      await clock.sleep(pauseMs);
    }
  }
}

function unavailable(reason: string): StoreUnavailable {
  return new StoreUnavailable('DynamoDB did not answer, or refused', { reason });
}

function conditionOf(condition: Expression | undefined) {
  return condition && { ConditionExpression: condition.expression, ...placeholders(condition) };
}

/** The placeholders of an expression. The client leaves out undefined fields. */
export function placeholders({ names, values }: Expression) {
  return { ExpressionAttributeNames: names, ExpressionAttributeValues: values && encode(values) };
}
