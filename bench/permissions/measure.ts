import { performance } from 'node:perf_hooks';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../../lib/clock.ts';
import { CachedDepartments } from '../../lib/directory/departments.ts';
import { DepartmentTree } from '../../lib/directory/departmentTree.ts';
import { MembershipStore } from '../../lib/directory/membershipStore.ts';
import { Memberships } from '../../lib/directory/memberships.ts';
import { Tags } from '../../lib/directory/tags.ts';
import { createTable } from '../../lib/dynamodb/table.ts';
import type { Invocation } from '../../lib/invocation.ts';
import { createLog } from '../../lib/log/log.ts';
import { GroupGrants } from '../../lib/permissions/groupGrants.ts';
import { type Verify, verifyMember } from '../../lib/permissions/verify.ts';
import { APP, companyWecom, type Size, userid } from './company.ts';
import type { Database, TableNames } from './database.ts';

/** What many `verify` of one kind cost. */
export interface Cost {
  /** Requests to DynamoDB and calls of WeCom for one, by operation. */
  readonly requests: Record<string, number>;
  /** Milliseconds, sorted. */
  readonly latencies: readonly number[];
}

export interface Measured {
  /** Nothing is stored of the member yet: WeCom is asked about them. */
  readonly first: Cost;
  /** The first one of an instance, about a member who is stored. */
  readonly cold: Cost;
  /** One after it, about the same member. */
  readonly warm: Cost;
}

export interface Company {
  readonly names: TableNames;
  readonly size: Size;
}

/** So many, one after the other: what the first remembers is still remembered after the last. */
const BLOCK = 100;
const KINDS = ['first', 'cold', 'warm'] as const;

/**
 * Asks about so many members of each company, spread over all, each at an instance that knows
 * nothing yet. The companies take turns, so that what else the machine does falls on both alike.
 *
 * @param newcomer how many newcomers earlier rounds have used up
 */
export async function measure(
  { client, requests }: Database,
  companies: readonly Company[],
  samples: number,
  newcomer: number,
): Promise<Measured[]> {
  const sums = companies.map(() => ({ first: newSum(), cold: newSum(), warm: newSum() }));
  // What WeCom shows of departments and tags is stored by then, as it is in a company at work.
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
          sum.latencies.push(performance.now() - start);
          for (const api of calls.splice(0)) add(sum.requests, api, 1 / samples);
        }
        for (const [operation, count] of Object.entries(await requests())) {
          add(sum.requests, operation, count / samples);
        }
      }
    }
  }
  for (const sum of sums) {
    for (const kind of KINDS) sum[kind].latencies.sort((a, b) => a - b);
  }
  return sums;
}

function add(requests: Record<string, number>, name: string, count: number): void {
  requests[name] = (requests[name] ?? 0) + count;
}

const newSum = () => ({ requests: {} as Record<string, number>, latencies: [] as number[] });

let handedOver: Promise<unknown>[] = [];

/** A Lambda answers only when what was handed over has ended. */
async function settled(): Promise<void> {
  const work = handedOver;
  handedOver = [];
  await Promise.all(work);
}

function newInvocation(): Invocation {
  return {
    requestId: 'bench',
    deadline: Date.now() + 29_000,
    log: createLog({}, (line) => console.error(line)),
    waitedForWecom: () => {},
    note: () => {},
    noteMember: () => {},
    waitUntil: (work) => void handedOver.push(work),
  };
}

/** An instance of `verify`, and the calls of WeCom that it makes. */
function newInstance(
  dynamoDb: DynamoDBClient,
  { names, size }: Company,
): { verify: Verify; calls: string[] } {
  const calls: string[] = [];
  const wecom = wecomOf(size);
  const client: typeof wecom = (call, invocation) => {
    calls.push(call.api);
    return wecom(call, invocation);
  };
  const clock = systemClock;
  const table = createTable(dynamoDb, names.permissions);
  const cached = { client, table: createTable(dynamoDb, names.cache), app: APP, clock };
  const memberships = new Memberships({
    client,
    store: new MembershipStore({ table, app: APP }),
    tree: new DepartmentTree({ ...cached, departments: new CachedDepartments(cached) }),
    tags: new Tags(cached),
    clock,
  });
  const parts = {
    table,
    app: APP,
    groupGrants: new GroupGrants({ table, corpId: APP.corpId, clock }),
    renew: (...due: Parameters<Memberships['current']>) => memberships.current(...due),
    clock,
  };
  return { verify: (...question) => verifyMember(parts, ...question), calls };
}

const companies = new Map<Size, ReturnType<typeof companyWecom>>();

function wecomOf(size: Size): ReturnType<typeof companyWecom> {
  const known = companies.get(size) ?? companyWecom(size);
  companies.set(size, known);
  return known;
}
