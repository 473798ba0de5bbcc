import { createDynamoDb, createTable, type Table } from '../dynamodb/table.ts';
import { clock, configuration, once } from './base.ts';

/**
 * The client of both tables. Making it needs no configuration and sends nothing: a function may do so
 * while it starts up.
 */
export const dynamoDb = /* @__PURE__ */ once(() => createDynamoDb(clock));

/** What may be lost. */
export const cacheTable = /* @__PURE__ */ once(
  (): Table => createTable(dynamoDb(), configuration().cacheTable, clock),
);

/** What may not. */
export const permissionTable = /* @__PURE__ */ once(
  (): Table => createTable(dynamoDb(), configuration().permissionTable, clock),
);
