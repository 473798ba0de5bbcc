import { performance } from 'node:perf_hooks';
import { systemClock } from '../../lib/clock.ts';
import { createTable } from '../../lib/dynamodb/table.ts';
import type { Invocation } from '../../lib/invocation.ts';
import { createLog } from '../../lib/log/log.ts';
import { newGrantId, type SignInStore, writeGrant } from '../../lib/openid/signIns.ts';
import { SignOuts } from '../../lib/openid/signOuts.ts';
import { endEverythingOf } from '../../lib/openid/signOutWork.ts';
import { subOf } from '../../lib/permissions/person.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { createTables } from '../../local/tables.ts';
import { startDynamoDbFront } from '../../tests/harness/dynamoDbFront.ts';
import { localDynamoDb } from '../../tests/harness/localAws.ts';
import { quantile } from '../measure/spread.ts';

export interface Ending {
  readonly sessions: number;
  /** To DynamoDB, by operation. */
  readonly requests: Record<string, number>;
  readonly milliseconds: number;
}

const CORP = 'ww0a1b2c3d4e5f6a7b';
const RUNS = 21;
const PARALLEL = 50;

/** Ends the sign-ins of one person among all, for several people. @returns the median */
export async function endOnePerson(size: { people: number; each: number }): Promise<Ending> {
  const embedded = await startDynamoDb();
  const front = await startDynamoDbFront(embedded.url);
  const direct = localDynamoDb(embedded.url);
  const counted = localDynamoDb(front.url);
  try {
    await createTables(direct, 'local');
    const store: SignInStore = {
      table: createTable(direct, 'wecom-auth-local-permissions'),
      corpId: CORP,
      clock: systemClock,
    };
    const runs = Math.min(RUNS, size.people);
    const userids = Array.from({ length: size.people }, (_, at) => `person${at}`);
    for (let from = 0; from < userids.length; from += PARALLEL) {
      await Promise.all(
        userids.slice(from, from + PARALLEL).map((each) => signIn(store, each, size.each)),
      );
    }
    const signIns = { ...store, table: createTable(counted, 'wecom-auth-local-permissions') };
    const signOuts = new SignOuts({
      signIns,
      stateOf: async () => 'gone',
      notify: async () => true,
    });
    const timesMs: number[] = [];
    let requests: Record<string, number> = {};
    for (let run = 0; run < runs; run += 1) {
      const sub = `person${Math.floor((run * size.people) / runs)}`;
      front.requests.length = 0;
      const begin = performance.now();
      const work = endEverythingOf([sub], { isCertain: true, at: Date.now() });
      const { told } = await signOuts.run(work, invocation);
      timesMs.push(performance.now() - begin);
      if (told !== size.each) throw new Error(`${told} applications were told`);
      requests = {};
      for (const line of front.requests) {
        const [operation = ''] = line.split(' ');
        requests[operation] = (requests[operation] ?? 0) + 1;
      }
    }
    return {
      sessions: size.people * size.each,
      requests,
      milliseconds: quantile(timesMs, 0.5),
    };
  } finally {
    direct.destroy();
    counted.destroy();
    await front.close();
    await embedded.close();
  }
}

async function signIn(store: SignInStore, userid: string, times: number): Promise<void> {
  const sub = await subOf(store, userid, Date.now());
  for (let at = 0; at < times; at += 1) {
    const id = newGrantId(sub, crypto.randomUUID());
    await writeGrant(store, id, { accountId: sub, clientId: `client${at}` }, 86_400);
  }
}

const invocation: Invocation = {
  requestId: 'bench',
  deadline: Number.POSITIVE_INFINITY,
  log: createLog({}, () => {}),
  waitedForWecom: () => {},
  note: () => {},
  count: () => {},
  noteMember: () => {},
  waitUntil: () => {},
};
