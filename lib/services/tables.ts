import { createDynamoDb, createTable, type Table } from '../dynamodb/table.ts';
import { configuration, once } from './base.ts';

const dynamoDb = once(() => createDynamoDb());

/** What may be lost. */
export const cacheTable = once((): Table => createTable(dynamoDb(), configuration().cacheTable));

/** What may not. */
export const permissionTable = once(
  (): Table => createTable(dynamoDb(), configuration().permissionTable),
);
