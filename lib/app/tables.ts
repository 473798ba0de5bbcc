import { createDynamoDb, createTable, type Table } from '../dynamodb/table.ts';
import { type Base, createBase, once } from './base.ts';

/** A base with the two tables. */
export interface Tables extends Base {
  /** What may be lost. */
  readonly cacheTable: () => Table;
  /** What must not be lost. */
  readonly permissionTable: () => Table;
}

/**
 * Makes the client of both tables at once: that needs no configuration and sends nothing, and a
 * Lambda that starts has a whole CPU, while one that answers has a share of it.
 */
export function createTables(environment: NodeJS.ProcessEnv): Tables {
  const base = createBase(environment);
  const dynamoDb = createDynamoDb(base.clock);
  return {
    ...base,
    cacheTable: once(() => createTable(dynamoDb, base.configuration().cacheTable, base.clock)),
    permissionTable: once(() =>
      createTable(dynamoDb, base.configuration().permissionTable, base.clock),
    ),
  };
}
