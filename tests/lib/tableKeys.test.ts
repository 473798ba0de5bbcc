import { beforeAll, describe, expect, it } from 'vitest';
import { createGrantStore } from '../../lib/permissions/grantStore.ts';
import { GroupGrants } from '../../lib/permissions/groupGrants.ts';
import { type RenewMembership, verifyMember } from '../../lib/permissions/verify.ts';
import * as keys from '../../lib/tableKeys.ts';
import { type App, groupSubject, memberSubject } from '../../lib/tableKeys.ts';
import { storeMembership } from '../harness/directory.ts';
import { createInvocation } from '../harness/invocation.ts';
import { createManualClock } from '../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../harness/tables.ts';

const OTHER_CORP: App = { ...APP, corpId: 'wwothercorp' };
const OTHER_AGENT: App = { ...APP, agentId: '1000009' };

/** Keys of items that belong to the corp, by the function that makes them. */
const corpKeys = ({ corpId }: App) => ({
  stateKey: keys.stateKey(corpId, 'id'),
  pushKey: keys.pushKey(corpId, 'app', 'id'),
  grantKey: keys.grantKey(corpId, memberSubject('id'), 'access'),
  changeKey: keys.changeKey(corpId, 'id', 'id'),
  pendingKey: keys.pendingKey(corpId, 'id', 'id'),
  personKey: keys.personKey(corpId, 'id'),
  auditKey: keys.auditKey(corpId, memberSubject('id'), 0, 'id'),
  directoryKey: keys.directoryKey(corpId),
  openidKey: keys.openidKey(corpId, 'Session', 'id'),
  openidStateKey: keys.openidStateKey(corpId, 'id'),
  profileKey: keys.profileKey(corpId, 'id'),
  clientKey: keys.clientKey(corpId, 'id'),
  subKey: keys.subKey(corpId, 'id'),
  signInKey: keys.signInKey(corpId, 'id', 'session', 'id'),
  endedSessionKey: keys.endedSessionKey(corpId, 'id', 'session'),
});
/** Keys of items about WeCom as one app sees it. */
const appKeys = (app: App) => ({
  tokenKey: keys.tokenKey(app.corpId, app.agentId),
  ticketKey: keys.ticketKey(app, 'ticket/get'),
  departmentKey: keys.departmentKey(app, 7),
  tagKey: keys.tagKey(app, 7),
  tagMembersKey: keys.tagMembersKey(app, 'id'),
  departmentListKey: keys.departmentListKey(app),
  departmentNamesKey: keys.departmentNamesKey(app),
  membershipKey: keys.membershipKey(app, 'id'),
});

describe('every key', () => {
  const all = { ...corpKeys(APP), ...appKeys(APP) };

  it('is tested here', () => {
    const functions = Object.keys(keys).filter((name) => name.endsWith('Key'));
    expect(Object.keys(all).sort()).toEqual(functions.sort());
  });

  it('begins with the corp', () => {
    for (const { pk } of Object.values(all)) expect(pk).toMatch(new RegExp(`^${APP.corpId}#`));
  });

  it('differs for another app only if the item is about WeCom as one app sees it', () => {
    expect(corpKeys(OTHER_AGENT)).toEqual(corpKeys(APP));
    for (const [name, key] of Object.entries(appKeys(OTHER_AGENT))) {
      expect(appKeys(APP)).not.toHaveProperty(name, key);
    }
  });

  it('is the key of one kind of item', () => {
    const subjects = [
      memberSubject('7'),
      groupSubject('department', 7),
      groupSubject('tag', 7),
      keys.EVERYONE,
    ];
    const audited = [...subjects, keys.clientAuditSubject('7'), keys.sessionsAuditSubject('7')];
    const { corpId } = APP;
    const texts = [
      ...Object.values(all),
      ...subjects.map((subject) => keys.grantKey(corpId, subject, 'access')),
      ...audited.map((subject) => keys.auditKey(corpId, subject, 0, 'id')),
    ].map(keys.keyText);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('an app on tables that another app uses', () => {
  const clock = createManualClock();
  let tables: Tables;

  /** Never calls WeCom. */
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

  it('reads the membership and the grants if corp and agent are the same', async () => {
    expect(await verifyOf(APP)).toMatchObject({ authorized: true });
  });

  it('reads no membership, grant or history of another corp', async () => {
    expect(await verifyOf(OTHER_CORP)).toMatchObject({
      authorized: false,
      reason: 'unknown-member',
    });
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

  it('reads no membership of another agent of the same corp', async () => {
    expect(await verifyOf(OTHER_AGENT)).toMatchObject({
      authorized: false,
      reason: 'unknown-member',
    });
  });
});
