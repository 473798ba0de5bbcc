import { createDynamoDb } from '../dynamodb/dynamoDb.ts';
import { createTable, type Table } from '../dynamodb/table.ts';
import { clock, configuration, once } from './base.ts';

/**
 * The client of both tables. Making it needs no configuration and sends nothing: a function may do so
 * while it starts up.
 */
export const dynamoDb = once(() => createDynamoDb({ clock }));

/** What may be lost. */
export const cacheTable = once((): Table => createTable(dynamoDb(), configuration().cacheTable));

/** What may not. */
export const permissionTable = once(
  (): Table => createTable(dynamoDb(), configuration().permissionTable),
);
