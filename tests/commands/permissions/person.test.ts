import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../../commands/permissions/run.ts';
import { systemClock } from '../../../lib/clock.ts';
import { MembershipStore } from '../../../lib/directory/membershipStore.ts';
import { keepProfile, readProfile } from '../../../lib/openid/claims.ts';
import {
  endGrant,
  listSignIns,
  newGrantId,
  type SignInStore,
  writeGrant,
} from '../../../lib/openid/signIns.ts';
import { personOf, signOutPerson, subOf, subsOf } from '../../../lib/permissions/person.ts';
import { notePersonChange } from '../../../lib/permissions/personChange.ts';
import { settleGrants } from '../../../lib/permissions/settle.ts';
import { auditKey, tokenKey } from '../../../lib/tableKeys.ts';
import { DynamoTokenStore } from '../../../lib/token/dynamoTokenStore.ts';
import { emptyRecord } from '../../../lib/token/tokenStore.ts';
import { startWecom, type Wecom } from '../../../packages/emulator/source/server.ts';
import { storeMembership } from '../../harness/directory.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const { corpId } = APP;
const NOW = Date.parse('2026-06-01T04:00:00Z');

let tables: Tables;
let now: number;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  tables = await startTables();
  now = NOW;
  environment = { AWS_ENDPOINT_URL_DYNAMODB: tables.front.url, LANG: 'C', EVENT_BUS: '' };
  return tables.close;
});

async function permissions(argv: string[], answer?: boolean) {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await run(argv, {
    environment,
    print: (text) => out.push(text),
    warn: (text) => err.push(text),
    confirm: answer === undefined ? undefined : async () => answer,
    now: () => now,
    serviceTime: async () => now,
  });
  return { exit, out: out.join('\n'), err: err.join('\n') };
}

const json = async (...argv: string[]) => JSON.parse((await permissions([...argv, '--json'])).out);

/** The directory deletes the member; the work is left to do. */
async function leaves(userid: string): Promise<void> {
  now += 60_000;
  const event = { kind: 'left', id: `left ${userid}`, userid, createdAt: now } as const;
  await notePersonChange(tables.permissions, corpId, event, now);
  now += 60_000;
}

const settled = (userid: string) =>
  settleGrants([userid], { table: tables.permissions, corpId, now: () => now });

describe('grants that are given back', () => {
  const lastLine = (out: string) => out.split('\n').at(-1);

  /** The event of the deletion is as old as the last step of the clock. */
  async function isBack(): Promise<void> {
    await permissions(['grant', 'user:lisi', 'access']);
    await leaves('lisi');
    await settled('lisi');
  }

  it('are told with when verify reads the member again', async () => {
    await isBack();
    const store = new MembershipStore({ table: tables.permissions, app: APP });
    await store.markLeft('lisi', now, now + 60_000);
    now += 20_000;
    expect((await permissions(['explain', 'lisi'])).out).toContain('; verify reads again in 40 s');
    const { out } = await permissions(['reinstate', 'user:lisi']);
    expect(lastLine(out)).toMatch(
      /^user:lisi still may not use access: .+; verify reads again in 40 s$/,
    );
  });

  it('come back by a line that is right for the stack on another port', async () => {
    await isBack();
    environment['PORT'] = '5100';
    expect((await permissions(['explain', 'lisi'])).out).toContain(
      ': PORT=5100 npm run permissions -- reinstate user:lisi',
    );
  });

  it('are told with the answer of verify', async () => {
    await isBack();
    await storeMembership(tables, APP, 'lisi', {
      state: 'active',
      why: 'status 1',
      departments: [1],
      tags: [],
      at: now,
    });
    const { out } = await permissions(['reinstate', 'user:lisi']);
    expect(lastLine(out)).toBe('user:lisi may use access');
  });
});

describe('a member who got a userid that has a stricter grant', () => {
  it('has the allowance listed and explained as set aside', async () => {
    await permissions(['grant', 'user:lisi', 'access', '--note', 'of lisi']);
    await permissions(['deny', 'user:lisi9', 'access']);
    now += 60_000;
    const event = { kind: 'renamed', id: '1', userid: 'lisi', newUserid: 'lisi9' } as const;
    await notePersonChange(tables.permissions, corpId, { ...event, createdAt: now }, now);
    now += 60_000;
    await settled('lisi');
    for (const argv of [['list'], ['list', 'user:lisi9'], ['explain', 'lisi9', 'access']]) {
      expect((await permissions(argv)).out).toContain(
        'user:lisi9 access: set aside and without effect: allow · of lisi (made for user:lisi).',
      );
    }
    const kept = { effect: 'deny', setAside: [{ subject: 'user:lisi', note: 'of lisi' }] };
    expect((await json('list')).grants).toMatchObject([kept]);
    expect((await json('explain', 'lisi9', 'access')).grants).toMatchObject([kept]);
    expect((await permissions(['export'])).out.split('\n').slice(1)).toEqual([
      'user:lisi9,access,deny,,',
    ]);
  });
});

describe('a member who left', () => {
  it('is listed with work that is pending, and cannot be granted anything until it is done', async () => {
    await permissions(['grant', 'user:lisi', 'access']);
    await leaves('lisi');
    for (const argv of [['list'], ['list', 'user:lisi']]) {
      const { out } = await permissions(argv);
      expect(out).toContain('user:lisi: work on the grants is pending since 2026-06-01 12:01');
      expect(out).toContain('lisi was deleted');
    }
    expect((await json('list')).pending).toEqual([
      { subject: 'user:lisi', kind: 'left', since: '2026-06-01T04:01:00.000Z' },
    ]);
    const refused = await permissions(['grant', 'user:lisi', 'report:read']);
    expect(refused.exit).toBe(5);
    expect(refused.err).toContain('npm run permissions -- settle user:lisi');
  });

  it.each([['settle'], ['settle', 'user:lisi']])('is settled by hand: %s %s', async (...argv) => {
    await permissions(['grant', 'user:lisi', 'access']);
    await leaves('lisi');
    expect((await permissions([...argv, '--dry-run'])).out).toBe('Pending: user:lisi');
    expect((await permissions(argv)).out).toBe('Settled user:lisi: 1 suspended, 0 moved.');
    expect((await permissions(argv)).out).toBe('No work is pending.');
    expect((await json('list')).grants).toMatchObject([
      { suspendedAt: '2026-06-01T04:01:00.000Z' },
    ]);
  });

  it('has suspended allowances, which are listed as such and not exported', async () => {
    await permissions(['grant', 'user:lisi', 'access']);
    await permissions(['deny', 'user:lisi', 'report:read']);
    await leaves('lisi');
    await settled('lisi');
    expect((await permissions(['list'])).out).toContain('│ allow (suspended) │');
    expect((await permissions(['export'])).out.split('\n')).toEqual([
      'subject,permission,effect,until,note',
      'user:lisi,report:read,deny,,',
    ]);
    const { out } = await permissions(['history', 'user:lisi']);
    expect(out).toContain('directory · lisi was deleted');
  });

  it('gets them back: all, or one', async () => {
    for (const permission of ['access', 'b', 'c']) {
      await permissions(['grant', 'user:lisi', permission, '--note', permission]);
    }
    await leaves('lisi');
    await settled('lisi');
    expect((await permissions(['reinstate', 'user:lisi', 'b'])).out).toContain('1 changed.');
    const suspended = async () =>
      (await json('list')).grants
        .filter((each: { suspendedAt?: string }) => each.suspendedAt)
        .map((each: { permission: string }) => each.permission);
    expect(await suspended()).toEqual(['access', 'c']);
    expect((await permissions(['explain', 'lisi', 'c'])).out).toContain(
      'An administrator gives suspended grants back: npm run permissions -- reinstate user:lisi',
    );
    expect((await permissions(['reinstate', 'user:lisi', '--dry-run'])).out).toContain('2 would');
    expect((await permissions(['reinstate', 'user:lisi'])).out).toContain('2 changed.');
    expect(await suspended()).toEqual([]);
    expect((await json('list')).grants).toMatchObject(
      ['access', 'b', 'c'].map((note) => ({ effect: 'allow', note })),
    );
    expect(await permissions(['reinstate', 'user:lisi'])).toMatchObject({
      exit: 3,
      err: 'user:lisi has no suspended grants.',
    });
  });

  it('is allowed again by the same grant as before, which is a change', async () => {
    await permissions(['grant', 'user:lisi', 'access']);
    await leaves('lisi');
    await settled('lisi');
    expect((await permissions(['grant', 'user:lisi', 'access'])).out).toContain('1 changed.');
    expect((await json('list')).grants[0]).not.toHaveProperty('suspendedAt');
  });
});

describe('all that is kept of a member', () => {
  beforeEach(async () => {
    await permissions(['grant', 'user:lisi', 'access']);
    await permissions(['deny', 'user:lisi', 'report:read']);
    await permissions(['grant', 'user:lisi2', 'access']);
    await leaves('lisi');
    await settled('lisi');
  });

  it('is exported', async () => {
    const exported = JSON.parse((await permissions(['export', 'user:LiSi'])).out);
    expect(exported.subject).toBe('user:lisi');
    expect(exported.items.map(({ sk }: { sk: string }) => sk.split('#')[0]).sort()).toEqual([
      'change',
      'grant',
      'grant',
    ]);
    expect(exported.audit).toHaveLength(3);
    expect(JSON.stringify(exported)).not.toContain('lisi2');
  });

  it('is erased once that is confirmed, and only that', async () => {
    expect(await permissions(['forget', 'user:lisi'])).toMatchObject({ exit: 4 });
    expect(await permissions(['forget', 'user:lisi'], false)).toMatchObject({ exit: 4 });
    const would = 'Would erase user:lisi: 3 items (denials included) and 3 audit lines.';
    expect((await permissions(['forget', 'user:lisi', '--dry-run'])).out).toBe(would);
    expect((await json('list')).grants).toHaveLength(3);

    expect((await permissions(['forget', 'user:lisi'], true)).exit).toBe(0);
    expect((await json('list')).grants).toMatchObject([{ subject: 'user:lisi2' }]);
    expect((await json('history', 'user:lisi')).history).toEqual([]);
    expect(await permissions(['forget', 'user:lisi', '--yes'])).toMatchObject({ exit: 3 });
  });

  it('leaves one line that says who had it erased, and not of whom', async () => {
    await permissions(['forget', 'user:lisi', '--yes']);
    const { history } = await json('history', 'forgotten');
    expect(history).toMatchObject([{ by: expect.any(String), cause: { kind: 'erased' } }]);
    expect(JSON.stringify(history)).not.toContain('lisi');
  });

  it('may be under other userids too, which is said', async () => {
    now += 60_000;
    const rename = { kind: 'renamed', userid: 'lisi2', newUserid: 'lisi3' } as const;
    const event = { ...rename, id: 'rename', createdAt: now };
    await notePersonChange(tables.permissions, corpId, event, now);
    await settled('lisi2');
    const { out } = await permissions(['forget', 'user:lisi3', '--yes']);
    expect(out).toContain('The person also had user:lisi2: run forget for these too.');
  });
});

describe('what the OpenID provider keeps of a member', () => {
  let signIns: SignInStore;

  beforeEach(() => {
    const clock = { now: () => now };
    signIns = { table: tables.permissions, corpId, clock };
  });

  /** The member signed in to these clients a minute ago. */
  async function signsIn(userid: string, ...clients: string[]) {
    const sub = await subOf(signIns, userid, now);
    const names = { name: '李四', mobile: '', department: '', position: '' };
    const companyEmail = `${sub}@mycompany.cn`;
    const profile = { userid, companyEmail, ...names };
    await keepProfile(tables.cache, corpId, sub, profile, {
      clock: signIns.clock,
      providerSessionSeconds: 28_800,
    });
    const ids = clients.map(() => newGrantId(sub, 'a session'));
    for (const [at, clientId] of clients.entries()) {
      await writeGrant(signIns, ids[at] ?? '', { accountId: sub, clientId }, 600_000);
    }
    now += 60_000;
    return { sub, ids };
  }

  /** An administrator ended the sessions. */
  async function endedByHand(sub: string) {
    const key = auditKey(corpId, `sessions#${sub}`, now, 'an id');
    await tables.permissions.put({ ...key, at: now, by: 'local:admin', action: 'sessions-ended' });
  }

  it('is exported, of each person who had the userid', async () => {
    await signsIn('lisi', 'grafana');
    await leaves('lisi');
    await settled('lisi');
    now += 60_000;
    const { sub } = await signsIn('LiSi', 'gitlab', 'grafana');
    await endedByHand(sub);
    await signsIn('lisi2', 'argo-cd');
    const { out } = await permissions(['export', 'user:lisi']);
    const { openid } = JSON.parse(out);
    expect(openid).toMatchObject([
      {
        sub: 'lisi~2',
        person: { userid: 'lisi' },
        profile: { companyEmail: 'lisi~2@mycompany.cn' },
        signIns: [{ clientId: expect.any(String) }, { clientId: expect.any(String) }],
        audit: [{ action: 'sessions-ended', by: 'local:admin' }],
      },
      {
        sub: 'lisi',
        person: { formerUserid: 'lisi' },
        profile: { name: '李四' },
        signIns: [{ clientId: 'grafana' }],
        audit: [],
      },
    ]);
    expect(out).not.toContain('argo-cd');
  });

  it('is not erased while the member is signed in: that would end it unknown to the applications', async () => {
    const { sub } = await signsIn('lisi', 'grafana', 'gitlab');
    for (const argv of [
      ['forget', 'user:lisi'],
      ['forget', 'user:lisi', '--yes'],
    ]) {
      const { exit, err } = await permissions(argv, true);
      expect(exit).toBe(5);
      expect(err).toContain('gitlab, grafana');
      expect(err).toContain('npm run sessions -- end user:lisi');
    }
    expect(await listSignIns(signIns, sub)).toHaveLength(2);
    expect(await readProfile(tables.cache, corpId, sub)).toBeDefined();
  });

  it('is erased after that, all but the sub', async () => {
    const { sub, ids } = await signsIn('lisi', 'grafana');
    const other = await signsIn('lisi2', 'grafana');
    await endGrant(signIns, ids[0] ?? '');
    await endedByHand(sub);
    // The person of the userid, the profile and the sign-in.
    expect((await permissions(['forget', 'user:lisi', '--dry-run'])).out).toContain(
      'Would erase user:lisi: 3 items (denials included) and 1 audit lines.',
    );
    const { exit, out } = await permissions(['forget', 'user:lisi', '--yes']);
    expect(exit).toBe(0);
    expect(out).toContain('Erased user:lisi: 3 items');
    expect(out).toContain('sub:lisi stays, so that nobody else gets it.');
    expect(await listSignIns(signIns, sub)).toEqual([]);
    expect(await readProfile(tables.cache, corpId, sub)).toBeUndefined();
    const { openid } = JSON.parse((await permissions(['export', 'user:lisi'])).out);
    expect(openid).toEqual([
      { sub, person: expect.objectContaining({ formerUserid: 'lisi' }), signIns: [], audit: [] },
    ]);
    expect(await permissions(['forget', 'user:lisi', '--yes'])).toMatchObject({ exit: 3 });
    expect(await listSignIns(signIns, other.sub)).toHaveLength(1);
    expect(await readProfile(tables.cache, corpId, other.sub)).toBeDefined();
  });

  it('is erased in either language', async () => {
    const { sub } = await signsIn('lisi');
    environment['LANG'] = 'zh_CN.UTF-8';
    const { out } = await permissions(['forget', 'user:lisi', '--yes']);
    expect(out).toContain(`sub:${sub} 保留`);
  });

  it('gives its sub to nobody else, not even to the member', async () => {
    const { sub } = await signsIn('lisi');
    await permissions(['forget', 'user:lisi', '--yes']);
    // A session that is still in a browser is nobody's.
    expect(await personOf(signIns, sub)).toEqual({ signedOutAt: Math.floor(now / 1_000) });
    expect(await subOf(signIns, 'lisi', now)).toBe('lisi~2');
  });

  it('is erased with the names of applications that were not told of the sign-out', async () => {
    const { sub } = await signsIn('lisi', 'grafana', 'gitlab');
    await signOutPerson(signIns, sub, now, now);
    const { err } = await permissions(['forget', 'user:lisi']);
    expect(err).toContain('gitlab, grafana were not told of the sign-out');
    const { exit, out } = await permissions(['forget', 'user:lisi', '--yes']);
    expect(exit).toBe(0);
    expect(out).toContain('gitlab, grafana were not told of the sign-out: end the sessions there.');
  });

  it('is found of a member who was renamed and left, by either userid', async () => {
    const { sub } = await signsIn('lisi', 'grafana');
    const rename = { kind: 'renamed', userid: 'lisi', newUserid: 'lisi3' } as const;
    await notePersonChange(tables.permissions, corpId, { ...rename, id: 'r', createdAt: now }, now);
    await settled('lisi');
    expect(await subsOf(signIns, 'lisi3')).toEqual([sub]);
    expect(await subsOf(signIns, 'lisi')).toEqual([]);
    await leaves('lisi3');
    await settled('lisi3');
    expect(await subsOf(signIns, 'lisi')).toEqual([sub]);
  });
});

it.each([
  ['reinstate', 'department:2'],
  ['settle', 'everyone'],
  ['forget', 'lisi'],
  ['export', 'tag:7'],
])('%s %s is refused: it is for a member', async (...argv) => {
  expect(await permissions(argv)).toMatchObject({
    exit: 2,
    err: expect.stringContaining('Must be a member'),
  });
});

describe('a grant for what WeCom does not show', () => {
  let wecom: Wecom;

  /** The access_token that the functions share, as they store it. */
  async function storeToken(value: string): Promise<void> {
    const obtainedAt = Date.now();
    const token = { value, obtainedAt, expiresAt: obtainedAt + 7_200_000 };
    const key = tokenKey(corpId, APP.agentId);
    const store = new DynamoTokenStore({ table: tables.cache, key, clock: systemClock });
    await store.replace(emptyRecord, { version: 1, token });
  }

  async function freshToken(): Promise<string> {
    const app = wecom.company.apps.find((each) => each.agentid === 1000002);
    const query = new URLSearchParams({ corpid: corpId, corpsecret: app?.secret ?? '' });
    const answer = await fetch(`${wecom.url}/cgi-bin/gettoken?${query}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  beforeEach(async () => {
    wecom = await startWecom();
    environment['WECOM_API_BASE_URL'] = wecom.url;
    return () => wecom.close();
  });

  it.each(['user:nobody', 'department:99', 'tag:99'])(
    '%s is made, with a warning',
    async (subject) => {
      await storeToken(await freshToken());
      const before = wecom.calls.count('gettoken');
      for (const command of ['grant', 'deny']) {
        const { exit, err } = await permissions([command, subject, 'access']);
        expect(exit).toBe(0);
        expect(err).toBe(
          `Warning: WeCom does not show ${subject} to this app. Until it does, the grant has no effect.`,
        );
      }
      expect((await json('list')).grants).toHaveLength(1);
      expect(wecom.calls.count('gettoken')).toBe(before);
    },
  );

  it.each(['user:user123', 'department:2', 'department:1', 'everyone', 'tag:1'])(
    '%s, which it shows, is made in silence',
    async (subject) => {
      await storeToken(await freshToken());
      expect(await permissions(['deny', subject, 'access'])).toMatchObject({ exit: 0, err: '' });
    },
  );

  it('is not warned of when it is taken back', async () => {
    await permissions(['grant', 'user:nobody', 'access']);
    await storeToken(await freshToken());
    expect(await permissions(['revoke', 'user:nobody', 'access'])).toMatchObject({ err: '' });
  });

  const NOT_CHECKED = 'Not checked whether WeCom shows the subjects: ';

  it('says in one line that it could not be checked', async () => {
    const grant = async () => {
      const { exit, err } = await permissions(['deny', 'user:nobody', `p${now++}`]);
      expect(exit).toBe(0);
      return err;
    };
    expect(await grant()).toBe(
      `${NOT_CHECKED}there is no valid access_token; the next sign-in gets one.`,
    );
    await storeToken('revoked');
    expect(await grant()).toMatch(
      /^Not checked whether WeCom shows the subjects: WeCom answered 40014/,
    );
    await wecom.close();
    expect(await grant()).toBe(`${NOT_CHECKED}WeCom did not answer (ERR_WECOM_TRANSPORT).`);
    wecom = await startWecom();
    onTestFinished(() => wecom.close());
  });
});
