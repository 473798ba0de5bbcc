import { beforeAll, describe, expect, it } from 'vitest';
import type { Membership } from '../../../lib/directory/membership.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import { createGatherFacts, type GatherFacts } from '../../../lib/permissions/facts.ts';
import { createGroupGrants } from '../../../lib/permissions/groupGrants.ts';
import { pendingKey } from '../../../lib/tableKeys.ts';
import { createInvocation } from '../../harness/invocation.ts';
import { createManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const clock = createManualClock();

let tables: Tables;
let gatherFacts: GatherFacts;
let renewed: Membership | undefined;

beforeAll(async () => {
  tables = await startTables();
  gatherFacts = createGatherFacts(
    tables.permissions,
    APP,
    createGroupGrants(tables.permissions, APP.corpId, clock),
    async () => renewed,
    clock,
  );
  return tables.close;
});

const gather = (userid: string) => gatherFacts(userid, 'access', createInvocation());

/** So many items of 100 kB: eleven of them are more than a page. */
async function fill(subject: string, count: number): Promise<void> {
  const pk = `${APP.corpId}#${subject}`;
  const terms = { effect: 'allow', by: 'test', at: 0, note: 'n'.repeat(100_000) };
  for (let at = 0; at < count; at++) {
    await tables.permissions.put({ pk, sk: `grant#${String(at).padStart(4, '0')}`, ...terms });
  }
  await tables.permissions.put({ pk, sk: 'grant#access', ...terms });
}

describe('the facts', () => {
  it('hold the grants about the permission, however many others there are', async () => {
    await fill('member#many', 25);
    expect((await gather('many')).grants).toMatchObject([{ permission: 'access' }]);
  });

  it('are not gathered from a partition that has no end', async () => {
    await fill('member#toomany', 110);
    await expect(gather('toomany')).rejects.toThrow(StoreUnavailable);
  });

  it('say that work on the grants of the member is pending, whatever item says so', async () => {
    expect(await gather('renamed')).toMatchObject({ pending: false });
    await tables.permissions.put({ ...pendingKey(APP.corpId, 'Renamed', '1'), odd: true });
    expect(await gather('renamed')).toMatchObject({ pending: true });
  });

  it('are of a member who is unknown when nothing can be learnt, and of everyone', async () => {
    renewed = undefined;
    expect(await gather('stranger')).toEqual({
      membership: undefined,
      member: 'unknown',
      pending: false,
      subjects: ['member#stranger', 'everyone'],
      grants: [],
    });
  });
});
