import { createDynamoDb, createTable, type Table } from '../dynamodb/table.ts';
import { type Base, createBase, once } from './base.ts';

/** A base with the two tables. */
export interface Tables extends Base {
  /** Data that may be lost. */
  readonly cacheTable: () => Table;
  /** Data that must not be lost. */
  readonly permissionTable: () => Table;
}

/**
 * Makes the client of both tables during init, when Lambda gives a whole CPU. That needs no
 * configuration and sends nothing.
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
