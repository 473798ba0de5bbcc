import { beforeAll, describe, expect, it } from 'vitest';
import { createGrantStore } from '../../lib/permissions/grantStore.ts';
import { GroupGrants } from '../../lib/permissions/groupGrants.ts';
import { type RenewMembership, verifyMember } from '../../lib/permissions/verify.ts';
import {
  type App,
  auditKey,
  departmentKey,
  departmentListKey,
  directoryKey,
  grantKey,
  groupSubject,
  memberSubject,
  membershipKey,
  pendingKey,
  pushKey,
  stateKey,
  tagKey,
  tagMembersKey,
  tokenKey,
} from '../../lib/tableKeys.ts';
import { storeMembership } from '../harness/directory.ts';
import { createInvocation } from '../harness/invocation.ts';
import { createManualClock } from '../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../harness/tables.ts';

const OTHER_CORP: App = { ...APP, corpId: 'wwothercorp' };
const OTHER_AGENT: App = { ...APP, agentId: '1000009' };

const corpKeys = ({ corpId }: App) => [
  stateKey(corpId, 'hash'),
  pushKey(corpId, 'app', 'hash'),
  grantKey(corpId, memberSubject('user123'), 'access'),
  grantKey(corpId, groupSubject('department', 7), 'access'),
  grantKey(corpId, groupSubject('tag', 7), 'access'),
  pendingKey(corpId, 'user123', 'id'),
  auditKey(corpId, memberSubject('user123'), 0, 'id'),
  directoryKey(corpId),
];
const agentKeys = (app: App) => [
  tokenKey(app.corpId, app.agentId),
  departmentKey(app, 7),
  tagKey(app, 7),
  tagMembersKey(app, 'hash'),
  departmentListKey(app),
  membershipKey(app, 'user123'),
];

describe('every key', () => {
  it('has the corp at the beginning of its partition', () => {
    for (const { pk } of [...corpKeys(APP), ...agentKeys(APP)]) {
      expect(pk.startsWith(`${APP.corpId}#`)).toBe(true);
    }
  });

  it('of what one app sees of WeCom names the app, and no other key does', () => {
    const texts = (keys: object[]) => keys.map((key) => JSON.stringify(key));
    for (const key of texts(agentKeys(OTHER_AGENT))) {
      expect(texts(agentKeys(APP))).not.toContain(key);
    }
    expect(texts(corpKeys(OTHER_AGENT))).toEqual(texts(corpKeys(APP)));
  });

  it('is one key only: no two kinds of thing share one', () => {
    const all = [...corpKeys(APP), ...agentKeys(APP)].map((key) => JSON.stringify(key));
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('another app on the same tables', () => {
  const clock = createManualClock();
  let tables: Tables;

  /** Never asks WeCom: what is not stored stays unknown. */
  function verifyOf(app: App) {
    const { permissions: table } = tables;
    const groupGrants = new GroupGrants({ table, corpId: app.corpId, clock });
    const renew: RenewMembership = async (_userid, stored) => stored;
    const parts = { table, app, groupGrants, renew, clock };
    return verifyMember(parts, 'user123', 'access', createInvocation());
  }

  beforeAll(async () => {
    tables = await startTables();
    await storeMembership(tables, APP, 'user123', {
      departments: [2, 1],
      tags: [7],
      at: clock.now(),
    });
    const grants = createGrantStore(tables.permissions, APP.corpId, async () => 'test', clock);
    for (const subject of ['member#user123', 'department#2', 'tag#7', 'everyone']) {
      await grants.change({ subject, permission: 'access', after: { effect: 'allow' } });
    }
    return tables.close;
  });

  it('of the same corp and agent finds the membership and the grants', async () => {
    expect(await verifyOf(APP)).toMatchObject({ authorized: true });
  });

  it('of another corp finds neither memberships nor grants nor history', async () => {
    expect(await verifyOf(OTHER_CORP)).toEqual({ authorized: false, reason: 'unknown-member' });
    const other = createGrantStore(
      tables.permissions,
      OTHER_CORP.corpId,
      async () => 'test',
      clock,
    );
    for (const subject of ['member#user123', 'department#2', 'tag#7', 'everyone']) {
      expect(await other.of(subject)).toEqual([]);
      expect(await other.history(subject)).toEqual([]);
    }
    expect(
      await new GroupGrants({
        table: tables.permissions,
        corpId: OTHER_CORP.corpId,
        clock,
      }).read(['tag#7'], 'access'),
    ).toMatchObject({ grants: [], directory: { version: 0, tags: [] } });
  });

  it('of the same corp with another agent has to ask WeCom itself', async () => {
    expect(await verifyOf(OTHER_AGENT)).toEqual({ authorized: false, reason: 'unknown-member' });
  });
});
