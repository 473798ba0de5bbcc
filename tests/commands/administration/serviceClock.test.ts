import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { differenceMs, timeOfDynamoDb } from '../../../commands/administration/serviceClock.ts';
import { run as permissionsCommand } from '../../../commands/permissions/run.ts';
import { run as sessionsCommand } from '../../../commands/sessions/run.ts';
import { systemClock } from '../../../lib/clock.ts';
import { listSignIns, newGrantId, writeGrant } from '../../../lib/openid/signIns.ts';
import { counts } from '../../../lib/permissions/grant.ts';
import { createGrantStore } from '../../../lib/permissions/grantStore.ts';
import { personOf, signOutPerson, subOf } from '../../../lib/permissions/person.ts';
import { notePersonChange, type PersonEvent } from '../../../lib/permissions/personChange.ts';
import { settleGrants } from '../../../lib/permissions/settle.ts';
import { memberSubject } from '../../../lib/tableKeys.ts';
import { startOpenid } from '../../harness/relyingParty.ts';
import type { Stack } from '../../harness/stack.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const { corpId } = APP;

/** China's local time, kept as UTC or the other way round. */
const CLOCKS: [string, number][] = [
  ['right', 0],
  ['eight hours ahead', 8 * HOUR_MS],
  ['eight hours behind', -8 * HOUR_MS],
];

describe.each(CLOCKS)('where the clock of the command is %s', (_what, aheadMs) => {
  let tables: Tables;
  let warnings: string[];
  /** By the clocks of AWS and WeCom. */
  let now: number;

  beforeEach(async () => {
    tables = await startTables();
    warnings = [];
    now = Date.now();
    return tables.close;
  });

  const permissions = (...argv: string[]) =>
    permissionsCommand(argv, {
      environment: { AWS_ENDPOINT_URL_DYNAMODB: tables.front.url, LANG: 'C', EVENT_BUS: '' },
      print: () => {},
      warn: (text) => warnings.push(text),
      confirm: async () => true,
      now: () => Date.now() + aheadMs,
      serviceTime: timeOfDynamoDb,
    });

  async function happens(event: object): Promise<void> {
    now += MINUTE_MS;
    const about = { id: `event at ${now}`, createdAt: now, ...event } as PersonEvent;
    const userids = await notePersonChange(tables.permissions, corpId, about, now);
    await settleGrants(userids, { table: tables.permissions, corpId, now: () => now });
  }

  async function effects(userid: string): Promise<string[]> {
    const clock = { ...systemClock, now: () => now };
    const store = createGrantStore(tables.permissions, corpId, async () => 'test', clock);
    const grants = await store.of(memberSubject(userid));
    return grants.filter((each) => counts(each, now)).map(({ effect }) => effect);
  }

  it('nobody inherits an allowance of a member who left after it was given', async () => {
    expect(await permissions('grant', 'user:lisi', 'access')).toBe(0);
    await happens({ kind: 'left', userid: 'lisi' });
    await happens({ kind: 'created', userid: 'lisi' });
    expect(await effects('lisi')).toEqual([]);
  });

  it('a denial moves with the person when the userid changes after it was given', async () => {
    expect(await permissions('deny', 'user:qianer', 'report:read')).toBe(0);
    await happens({ kind: 'renamed', userid: 'qianer', newUserid: 'qianer9' });
    expect(await effects('qianer9')).toEqual(['deny']);
  });

  it('an allowance that was given to a newcomer stays', async () => {
    now -= 10 * MINUTE_MS;
    await happens({ kind: 'left', userid: 'lisi' });
    now = Date.now();
    expect(await permissions('grant', 'user:lisi', 'access')).toBe(0);
    await happens({ kind: 'created', userid: 'lisi' });
    expect(await effects('lisi')).toEqual(['allow']);
  });

  it('an end of a grant is in the past or the future of AWS', async () => {
    const at = (minutes: number) => new Date(now + minutes * MINUTE_MS).toISOString();
    expect(await permissions('grant', 'user:lisi', 'access', '--until', at(1))).toBe(0);
    expect(await permissions('deny', 'user:lisi', 'access', '--until', at(-1))).toBe(2);
    expect(warnings.join()).toContain('--until is in the past');
    expect(await effects('lisi')).toEqual(['allow']);
  });

  it('the administrator is told of a clock that is wrong, and of no other', async () => {
    await permissions('list');
    if (aheadMs === 0) expect(warnings).toEqual([]);
    else {
      const where = aheadMs > 0 ? 'ahead of' : 'behind';
      expect(warnings.join()).toMatch(RegExp(`clock is (28799|2880[01]) s ${where} AWS`));
    }
  });
});

describe.each(CLOCKS)('sessions end, where its clock is %s', (_what, aheadMs) => {
  let stack: Stack;
  beforeAll(async () => {
    ({ stack } = await startOpenid());
  });

  it('ends the sessions of somebody who was signed out before', async () => {
    const signIns = {
      table: stack.permissions,
      corpId: stack.wecom.company.corpid,
      clock: systemClock,
    };
    const sub = await subOf(signIns, 'zhaoliu', Date.now());
    const hourAgo = Date.now() - HOUR_MS;
    await signOutPerson(signIns, sub, hourAgo, hourAgo);
    const payload = { accountId: sub, clientId: 'grafana' };
    await writeGrant(signIns, newGrantId(sub, crypto.randomUUID()), payload, 600);
    const began = Math.floor(Date.now() / 1_000);

    const exit = await sessionsCommand(['end', 'user:zhaoliu'], {
      environment: {
        AWS_ENDPOINT_URL_DYNAMODB: stack.dynamoDb.url,
        AWS_ENDPOINT_URL_LAMBDA: stack.handedOver.url,
        LANG: 'C',
      },
      print: () => {},
      warn: () => {},
      now: () => Date.now() + aheadMs,
      serviceTime: timeOfDynamoDb,
    });
    await stack.handedOver.settled();
    expect(exit).toBe(0);
    expect((await personOf(signIns, sub)).signedOutAt).toBeGreaterThanOrEqual(began);
    expect(await listSignIns(signIns, sub)).toEqual([]);
  });
});

describe('a first request that takes long', () => {
  it('makes a right clock no wrong one', async () => {
    const tables = await startTables();
    const warnings: string[] = [];
    let waitedMs = 0;
    await permissionsCommand(['list'], {
      environment: { AWS_ENDPOINT_URL_DYNAMODB: tables.front.url, LANG: 'C', EVENT_BUS: '' },
      print: () => {},
      warn: (text) => warnings.push(text),
      now: () => 1_000_000 + waitedMs,
      serviceTime: async () => {
        waitedMs = 8_000;
        return 1_000_000 + waitedMs;
      },
    });
    await tables.close();
    expect(warnings).toEqual([]);
  });
});

describe('a response without a readable Date', () => {
  it('leaves the clock of this machine, and tells the administrator', async () => {
    const tables = await startTables();
    const warnings: string[] = [];
    const exit = await permissionsCommand(['list'], {
      environment: { AWS_ENDPOINT_URL_DYNAMODB: tables.front.url, LANG: 'C', EVENT_BUS: '' },
      print: () => {},
      warn: (text) => warnings.push(text),
      now: Date.now,
      serviceTime: async () => undefined,
    });
    await tables.close();
    expect(exit).toBe(0);
    expect(warnings).toEqual([expect.stringContaining("this machine's time is used")]);
  });
});

describe('the difference of two clocks', () => {
  it.each([
    ['none if they agree within two seconds', 1_002_000, 0],
    ['how far the service is ahead', 1_002_001, 2_001],
    ['how far the service is behind', 900_000, -100_000],
  ])('is %s', (_what, service, expected) => {
    expect(differenceMs(1_000_000, service)).toBe(expected);
  });
});
