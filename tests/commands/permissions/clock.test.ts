import { beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../../commands/permissions/run.ts';
import { counts } from '../../../lib/permissions/grant.ts';
import { createGrantStore } from '../../../lib/permissions/grantStore.ts';
import { notePersonChange, type PersonEvent } from '../../../lib/permissions/personChange.ts';
import { settleGrants } from '../../../lib/permissions/settle.ts';
import { memberSubject } from '../../../lib/tableKeys.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

/*
 * AWS's clients correct a clock that is wrong, so the command works with one. Between the clocks of a
 * machine that keeps local time and one that keeps UTC are eight hours in China.
 */
const AHEAD_MS = 8 * 3_600_000;
const MINUTE = 60_000;
const { corpId } = APP;

let tables: Tables;
/** By the clocks of AWS and WeCom. */
let now: number;

beforeEach(async () => {
  tables = await startTables();
  now = Date.now();
  return tables.close;
});

async function permissions(...argv: string[]): Promise<number> {
  return run(argv, {
    environment: { AWS_ENDPOINT_URL_DYNAMODB: tables.front.url, LANG: 'C', EVENT_BUS: '' },
    print: () => {},
    reportError: () => {},
    confirm: async () => true,
    now: () => Date.now() + AHEAD_MS,
  });
}

async function happens(event: object): Promise<void> {
  now += MINUTE;
  const told = { id: `event at ${now}`, createdAt: now, ...event } as PersonEvent;
  const table = tables.permissions;
  const userids = await notePersonChange(table, corpId, told, now);
  await settleGrants(userids, { table, corpId, now: () => now });
}

async function effects(userid: string): Promise<string[]> {
  const clock = { now: () => now, sleep: async () => {} };
  const store = createGrantStore(tables.permissions, corpId, async () => 'test', clock);
  const grants = await store.of(memberSubject(userid));
  return grants.filter((each) => counts(each, now)).map(({ effect }) => effect);
}

describe('where the clock of the command is eight hours ahead', () => {
  it('nobody inherits an allowance of a member who left after it was given', async () => {
    await permissions('grant', 'user:lisi', 'access');
    await happens({ kind: 'left', userid: 'lisi' });
    await happens({ kind: 'created', userid: 'lisi' });
    expect(await effects('lisi')).toEqual([]);
  });

  it('a denial goes along when the userid changes after it was given', async () => {
    const exit = await permissions('deny', 'user:qianer', 'report:read');
    await happens({ kind: 'renamed', userid: 'qianer', newUserid: 'qianer9' });
    // Or it was refused, and the administrator told so.
    if (exit === 0) expect(await effects('qianer9')).toEqual(['deny']);
  });
});
