import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openTarget, type Target } from '../../../commands/doctor/target.ts';
import { checkWaitingWork } from '../../../commands/doctor/waitingWork.ts';
import {
  claimTelling,
  endGrant,
  endSignIn,
  listSignIns,
  newGrantId,
  type SignInStore,
  writeGrant,
} from '../../../lib/openid/signIns.ts';
import { notePersonChange } from '../../../lib/permissions/personChange.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const { corpId } = APP;
const MINUTES = 60_000;

let tables: Tables;
let target: Target;
let now: number;
let signIns: SignInStore;

beforeEach(async () => {
  tables = await startTables();
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', tables.front.url);
  const opened = openTarget({ stage: 'local', api: 'http://localhost:3000' }, process.env);
  target = opened;
  now = Date.parse('2026-06-01T04:00:00Z');
  const clock = { now: () => now };
  signIns = { table: tables.permissions, corpId, clock };
  return async () => {
    vi.unstubAllEnvs();
    await tables.close();
  };
});

/** A person signs in to the client. */
async function signsIn(clientId: string) {
  const sub = `sub-of-${clientId}`;
  const grantId = newGrantId(sub, crypto.randomUUID());
  await writeGrant(signIns, grantId, { accountId: sub, clientId }, 86_400);
  const [signIn] = await listSignIns(signIns, sub);
  if (signIn === undefined) throw new Error('there is no sign-in');
  return signIn;
}

async function leaves(userid: string) {
  const event = { kind: 'left', id: userid, userid, createdAt: now } as const;
  await notePersonChange(tables.permissions, corpId, event, now);
}

const check = () => checkWaitingWork(target, now);

describe('sign-outs', () => {
  it('of which an application was not told are found, with the application', async () => {
    for (const clientId of ['grafana', 'gitlab']) {
      await claimTelling(signIns, await signsIn(clientId), 'some work');
    }
    now += 11 * MINUTES;
    const [, finding] = await check();
    expect(finding).toMatchObject({
      check: 'sign-outs',
      outcome: 'warning',
      what: {
        en: '2 sign-outs of which gitlab, grafana were not told',
        zh: 'gitlab、grafana 未得知 2 次退出',
      },
      remedy: { en: expect.stringContaining('npm run sessions -- list') },
    });
    expect(JSON.stringify(finding)).not.toContain('sub-of');
  });

  it('that are under way are none of these, nor are sign-ins, nor what an application ended itself', async () => {
    await signsIn('argo-cd');
    const revoked = newGrantId('sub-of-lisi', 'a session');
    await writeGrant(signIns, revoked, { clientId: 'gitlab' }, 86_400);
    await endGrant(signIns, revoked);
    now += 11 * MINUTES;
    await claimTelling(signIns, await signsIn('grafana'), 'some work');
    now += MINUTES;
    expect((await check())[1]).toMatchObject({ check: 'sign-outs', outcome: 'ok' });
  });

  it('of a session, which nobody has tried to tell, are named too', async () => {
    await endSignIn(signIns, await signsIn('gitlab'));
    now += 11 * MINUTES;
    expect((await check())[1]).toMatchObject({ check: 'sign-outs', outcome: 'warning' });
  });

  it('are of no interest a month later: DynamoDB deletes them late', async () => {
    await claimTelling(signIns, await signsIn('grafana'), 'some work');
    now += 32 * 24 * 60 * MINUTES;
    expect((await check())[1]).toMatchObject({ outcome: 'ok' });
  });

  it('are not asked of a stage without the provider', async () => {
    target = { ...target, parameters: { ...target.parameters, openidProvider: 'false' } };
    expect(await check()).toMatchObject([{ check: 'person-changes' }]);
  });
});

describe('work on the grants of members', () => {
  it('that was not done is found', async () => {
    await leaves('lisi');
    now += 11 * MINUTES;
    expect((await check())[0]).toMatchObject({
      check: 'person-changes',
      outcome: 'failed',
      what: {
        en: 'Work on the grants of 1 members is not done. They are refused until it is.',
        zh: '1 名成员的授权尚待处理，处理完之前一律不允许。',
      },
      remedy: { en: expect.stringContaining('npm run permissions -- settle') },
    });
  });

  it('that has just begun is no problem', async () => {
    await leaves('lisi');
    now += MINUTES;
    expect((await check())[0]).toMatchObject({ check: 'person-changes', outcome: 'ok' });
  });
});

it('says that it could not read the table', async () => {
  tables.front.fail('throttled');
  const findings = await check();
  tables.front.fail(undefined);
  expect(findings).toMatchObject([
    { check: 'person-changes', outcome: 'unknown' },
    { check: 'sign-outs', outcome: 'unknown' },
  ]);
});
