import { performance } from 'node:perf_hooks';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../../lib/clock.ts';
import { createTable } from '../../lib/dynamodb/table.ts';
import type { Invocation } from '../../lib/invocation.ts';
import { createLog } from '../../lib/log/log.ts';
import type { WecomClient } from '../../lib/wecom/client.ts';
import { newDirectoryInstance } from '../../tests/harness/directory.ts';
import { APP, type Size, userid } from './company.ts';
import type { Database, TableNames } from './database.ts';

/** The cost of `verify` requests of one kind. */
export interface Cost {
  /** Requests to DynamoDB and calls of WeCom for one `verify`, by operation. */
  readonly requests: Record<string, number>;
  readonly latenciesMs: readonly number[];
}

export interface Measured {
  /** Nothing is stored of the member yet, so WeCom is called. */
  readonly first: Cost;
  /** The first request of an instance, about a stored member. */
  readonly cold: Cost;
  /** The next request of that instance, about the same member. */
  readonly warm: Cost;
}

export interface Company {
  readonly names: TableNames;
  readonly size: Size;
  readonly wecom: WecomClient;
}

/** Instances at a time. A block takes less than the ten seconds for which an instance caches. */
const BLOCK = 100;
const KINDS = ['first', 'cold', 'warm'] as const;

/**
 * Verifies members of each company, spread over all of them, each by a new instance. The companies take
 * turns, so that other load on the machine affects both alike.
 *
 * @param samples the members of each company
 * @param newcomer the number of newcomers that earlier rounds used
 */
export async function measure(
  { client, requests }: Database,
  companies: readonly Company[],
  samples: number,
  newcomer: number,
): Promise<Measured[]> {
  const sums = companies.map(() => ({ first: newSum(), cold: newSum(), warm: newSum() }));
  // Stores the departments and tags, which are stored in a company that has used the app before.
  for (const company of companies) {
    const { verify } = newInstance(client, company);
    await verify(userid(company.size.members + newcomer), 'access', newInvocation());
    await settled();
  }
  await requests();
  for (let from = 0; from < samples; from += BLOCK) {
    for (const [at, company] of companies.entries()) {
      const { members } = company.size;
      const block = Array.from({ length: Math.min(BLOCK, samples - from) }, (_, each) => ({
        first: {
          ...newInstance(client, company),
          member: userid(members + newcomer + 1 + from + each),
        },
        other: {
          ...newInstance(client, company),
          member: userid(Math.floor(((from + each) * members) / samples)),
        },
      }));
      for (const kind of KINDS) {
        const sum = sums[at]?.[kind] ?? newSum();
        for (const { first, other } of block) {
          const { verify, member, calls } = kind === 'first' ? first : other;
          const start = performance.now();
          await verify(member, 'access', newInvocation());
          await settled();
          sum.latenciesMs.push(performance.now() - start);
          for (const api of calls.splice(0)) add(sum.requests, api, 1 / samples);
        }
        for (const [operation, count] of Object.entries(await requests())) {
          add(sum.requests, operation, count / samples);
        }
      }
    }
  }
  return sums;
}

function add(requests: Record<string, number>, name: string, count: number): void {
  requests[name] = (requests[name] ?? 0) + count;
}

const newSum = () => ({ requests: {} as Record<string, number>, latenciesMs: [] as number[] });

let background: Promise<unknown>[] = [];

/** Lambda's response waits for the work of `waitUntil`. */
async function settled(): Promise<void> {
  const work = background;
  background = [];
  await Promise.all(work);
}

function newInvocation(): Invocation {
  return {
    requestId: 'bench',
    deadline: Date.now() + 29_000,
    log: createLog({}, (line) => console.error(line)),
    waitedForWecom: () => {},
    note: () => {},
    count: () => {},
    noteMember: () => {},
    waitUntil: (work) => void background.push(work),
  };
}

/** An instance of `verify`, and the calls of WeCom that it makes. */
function newInstance(dynamoDb: DynamoDBClient, { names, wecom }: Company) {
  const calls: string[] = [];
  const client: WecomClient = (call, invocation) => {
    calls.push(call.api);
    return wecom(call, invocation);
  };
  const tables = {
    permissions: createTable(dynamoDb, names.permissions),
    cache: createTable(dynamoDb, names.cache),
  };
  const { verify } = newDirectoryInstance({ tables, app: APP, client, clock: systemClock });
  return { verify, calls };
}
