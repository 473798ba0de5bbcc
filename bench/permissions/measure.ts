import { performance } from 'node:perf_hooks';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../../lib/clock.ts';
import { createTable } from '../../lib/dynamodb/table.ts';
import { createLog } from '../../lib/log/log.ts';
import { createGatherFacts } from '../../lib/permissions/facts.ts';
import { createGroupGrants } from '../../lib/permissions/groupGrants.ts';
import { createVerify, type Verify } from '../../lib/permissions/verify.ts';
import { APP, userid } from './company.ts';
import type { Database } from './database.ts';

/** What many `verify` of one kind cost. */
export interface Cost {
  /** Requests to DynamoDB for one, by operation. */
  readonly requests: Record<string, number>;
  /** Milliseconds, sorted. */
  readonly latencies: readonly number[];
}

export interface Measured {
  /** The first of an instance. */
  readonly cold: Cost;
  /** One after it, about the same member. */
  readonly warm: Cost;
}

/** So many, one after the other: what the first remembers is still remembered after the last. */
const BLOCK = 100;

/**
 * Asks about so many members of each table, spread over all, each at an instance that knows nothing
 * yet. The tables take turns, so that what else the machine does falls on both alike.
 */
export async function measure(
  { client, requests }: Database,
  tables: readonly { readonly name: string; readonly members: number }[],
  samples: number,
): Promise<Measured[]> {
  const sums = tables.map(() => ({ cold: newSum(), warm: newSum() }));
  await requests();
  for (let from = 0; from < samples; from += BLOCK) {
    for (const [at, { name, members }] of tables.entries()) {
      const block = Array.from({ length: Math.min(BLOCK, samples - from) }, (_, each) => ({
        verify: newInstance(client, name),
        member: userid(Math.floor(((from + each) * members) / samples)),
      }));
      for (const kind of ['cold', 'warm'] as const) {
        const sum = sums[at]?.[kind] ?? newSum();
        for (const { verify, member } of block) {
          const start = performance.now();
          await verify(member, 'access', invocation);
          sum.latencies.push(performance.now() - start);
        }
        for (const [operation, count] of Object.entries(await requests())) {
          sum.requests[operation] = (sum.requests[operation] ?? 0) + count / samples;
        }
      }
    }
  }
  for (const { cold, warm } of sums) {
    for (const { latencies } of [cold, warm]) latencies.sort((a, b) => a - b);
  }
  return sums;
}

const newSum = () => ({ requests: {} as Record<string, number>, latencies: [] as number[] });

const invocation = {
  requestId: 'bench',
  deadline: Number.POSITIVE_INFINITY,
  log: createLog({}),
  waitedForWecom: () => {},
  waitUntil: () => {},
};

function newInstance(client: DynamoDBClient, tableName: string): Verify {
  const table = createTable(client, tableName);
  const renew = async () => {
    throw new Error('a membership was due');
  };
  const groupGrants = createGroupGrants(table, APP.corpId, systemClock);
  return createVerify(createGatherFacts(table, APP, groupGrants, renew, systemClock), systemClock);
}
