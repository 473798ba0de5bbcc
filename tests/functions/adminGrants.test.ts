import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readGrantCsv } from '../../lib/administration/grantCsv.ts';
import { notePersonChange } from '../../lib/permissions/personChange.ts';
import { type AskConsole, sessionOf, signInToConsole } from '../harness/console.ts';
import { contextOf, type Gateway } from '../harness/gateway.ts';
import { permit } from '../harness/permit.ts';
import { type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;
let api: Gateway;
let corpId: string;
/** Has admin:permissions as a member, and nothing else of the kind. */
let admin: AskConsole;
/** Has everything by `*`. */
let owner: AskConsole;

const READ = 'report:read';
const grant = (subject: string, permission = READ, more: object = {}) => ({
  action: 'grant',
  subject,
  permission,
  ...more,
});
const preview = async (...changes: object[]) =>
  admin('POST /api/admin/grants/preview', { changes });

/** Previews, and makes the changes with the versions that were shown. */
async function change(by: AskConsole, changes: object[], accept: string[] = []) {
  const { data } = await by('POST /api/admin/grants/preview', { changes });
  const versions = data.changes.map(({ version }: { version: string | null }) => version);
  const confirmed = changes.map((each, at) => ({ ...each, version: versions[at] }));
  return by('POST /api/admin/grants', { changes: confirmed, accept });
}

const outcomes = ({ data }: { data: { results: { outcome: string }[] } }) =>
  data.results.map(({ outcome }) => outcome);

/** As another program asks, with an instance that remembers nothing. */
async function isAuthorized(userid: string, permission: string): Promise<boolean> {
  const { url } = await stack.newInstance();
  const answer = await fetch(`${url}/api/wecom/verify/${userid}?permission=${permission}`);
  return ((await answer.json()) as { data: { authorized: boolean } }).data.authorized;
}

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance();
  corpId = stack.wecom.company.corpid;
  await permit(stack, 'member#user123', 'admin:permissions');
  await permit(stack, 'member#qianer', '*');
  admin = await signInToConsole(api.url, 'user123');
  owner = await signInToConsole(api.url, 'qianer');
});

beforeEach(async () => {
  stack.wecom.faults.clear();
  const { items } = await stack.permissions.list(`${corpId}#grants`);
  for (const { pk, sk } of items) {
    const isKept = [/user123 .*admin:permissions$/, /qianer grant#\*$/];
    if (!isKept.some((each) => each.test(`${pk} ${sk}`)))
      await stack.permissions.delete({ pk: String(pk), sk: String(sk) });
  }
});

describe('a grant', () => {
  it('is previewed, made, seen by verify, explained, and revoked', async () => {
    const changes = [grant('department:6', READ, { until: '2099-12-31', note: '试用' })];
    const shown = await admin('POST /api/admin/grants/preview', { changes });
    expect(shown.data).toEqual({
      changes: [
        {
          subject: 'department:6',
          permission: READ,
          outcome: 'change',
          before: null,
          after: { effect: 'allow', until: '2099-12-31T16:00:00.000Z', note: '试用' },
          version: null,
          widensEveryone: false,
          shown: true,
          members: { count: 2, complete: true },
          needs: null,
        },
      ],
      confirm: [],
      notChecked: null,
    });
    expect(await isAuthorized('lisi', READ)).toBe(false);

    const made = await change(admin, changes);
    expect(made.data).toMatchObject({
      results: [
        { outcome: 'changed', grant: { effect: 'allow', note: '试用', by: 'wecom:user123' } },
      ],
      notSent: 0,
    });
    expect(await isAuthorized('lisi', READ)).toBe(true);

    const { data } = await admin('GET /api/admin/members/LiSi/permissions');
    expect(data).toMatchObject({ userid: 'lisi', member: 'active', pending: false });
    const decision = data.decisions.find(
      (each: { permission: string }) => each.permission === READ,
    );
    expect(decision).toMatchObject({
      authorized: true,
      reason: 'allowed',
      why: { zh: 'department:6 的允许，且没有拒绝' },
      grants: [{ verdict: 'decides', subject: 'department:6', version: expect.any(String) }],
    });

    const revoke = [{ action: 'revoke', subject: 'department:6', permission: READ }];
    expect(outcomes(await change(admin, revoke))).toEqual(['changed']);
    expect(await isAuthorized('lisi', READ)).toBe(false);
    expect(outcomes(await change(admin, revoke))).toEqual(['absent']);
  });

  it('is denied for a member, and the denial wins', async () => {
    const deny = { ...grant('user:lisi'), action: 'deny' };
    await change(admin, [grant('department:6'), deny]);
    expect(await isAuthorized('lisi', READ)).toBe(false);
    const { data } = await admin('GET /api/admin/members/lisi/permissions');
    const decision = data.decisions.find(
      (each: { permission: string }) => each.permission === READ,
    );
    expect(decision).toMatchObject({
      authorized: false,
      reason: 'denied',
      grants: [
        { verdict: 'decides', subject: 'user:lisi' },
        { verdict: 'overruled', subject: 'department:6' },
      ],
    });
  });

  it('that is as it is wanted is unchanged', async () => {
    await change(admin, [grant('user:lisi')]);
    expect(outcomes(await change(admin, [grant('user:lisi')]))).toEqual(['unchanged']);
  });

  it('that was suspended counts again when it is reinstated', async () => {
    await change(admin, [grant('user:wujiu')]);
    const key = { pk: `${corpId}#member#wujiu`, sk: `grant#${READ}` };
    const item = await stack.permissions.get(key);
    await stack.permissions.put({ ...key, ...item, suspendedAt: Date.now() });
    expect(await isAuthorized('wujiu', READ)).toBe(false);
    const reinstate = { action: 'reinstate', subject: 'user:wujiu', permission: READ };
    const shown = await preview(reinstate);
    expect(shown.data.changes).toMatchObject([
      {
        outcome: 'change',
        before: { suspendedAt: expect.any(String) },
        after: { effect: 'allow' },
      },
    ]);
    expect(outcomes(await change(admin, [reinstate]))).toEqual(['changed']);
    expect(await isAuthorized('wujiu', READ)).toBe(true);
    expect((await preview(reinstate)).data.changes[0].outcome).toBe('absent');
  });

  it('of a member whose grants are being settled is pending', async () => {
    const event = { kind: 'left', userid: 'sunqi', id: 'e', createdAt: Date.now() } as const;
    await notePersonChange(stack.permissions, corpId, event, Date.now());
    expect((await preview(grant('user:sunqi'))).data.changes[0].outcome).toBe('pending');
    expect(outcomes(await change(admin, [grant('user:sunqi')]))).toEqual(['pending']);
    await stack.permissions.delete({ pk: `${corpId}#member#sunqi`, sk: 'pending#e' });
  });
});

describe('two administrators', () => {
  it('who change one grant: the second one is told, and the other lines are changed', async () => {
    const changes = [grant('user:lisi'), grant('user:wangwu')];
    const { data } = await admin('POST /api/admin/grants/preview', { changes });
    expect(outcomes(await change(owner, [{ ...grant('user:lisi'), note: '先' }]))).toEqual([
      'changed',
    ]);
    const confirmed = changes.map((each, at) => ({ ...each, version: data.changes[at].version }));
    const made = await admin('POST /api/admin/grants', { changes: confirmed });
    expect(made.status).toBe(200);
    expect(made.data.results).toMatchObject([
      { outcome: 'conflict', grant: { note: '先', by: 'wecom:qianer' } },
      { outcome: 'changed', grant: { by: 'wecom:user123' } },
    ]);
  });

  it('at the very same time: one of them makes the change', async () => {
    const body = { changes: [{ ...grant('user:lisi'), version: null }] };
    const both = await Promise.all(
      [admin, owner].map((each) => each('POST /api/admin/grants', body)),
    );
    expect(both.flatMap(outcomes).sort()).toEqual(['changed', 'conflict']);
  });

  it('see what the other one did, the newest first', async () => {
    await change(admin, [grant('user:lisi')]);
    await change(owner, [{ action: 'revoke', subject: 'user:lisi', permission: READ }]);
    const { data } = await admin('GET /api/admin/history');
    expect(data.history.slice(0, 2)).toMatchObject([
      { by: 'wecom:qianer', subject: 'user:lisi', permission: READ, after: null },
      { by: 'wecom:user123', before: null, after: { effect: 'allow' } },
    ]);
    const own = await admin('GET /api/admin/history?subject=user:lisi');
    expect(own.data.history[0]).toEqual(data.history[0]);
  });
});

describe('power that one does not have', () => {
  it.each(['*', 'admin:clients', 'admin:other', 'verify:any'])(
    'is not given or taken by the console: %s',
    async (permission) => {
      const changes = [grant('user:wangwu'), grant('user:lisi', permission)];
      const shown = await preview(...changes);
      expect(shown.data.changes.map(({ needs }: { needs: unknown }) => needs)).toEqual([
        null,
        permission,
      ]);
      for (const action of ['grant', 'deny']) {
        const body = {
          changes: changes.map((each) => ({ ...each, action, version: null })),
          accept: ['widens-everyone', 'locks-out-you', 'locks-out-everyone'],
        };
        const made = await admin('POST /api/admin/grants', body);
        expect([made.status, made.errorCode]).toEqual([403, 'ERR_FORBIDDEN']);
      }
      const { data } = await admin('GET /api/admin/grants?subject=user:wangwu');
      expect(data.grants).toEqual([]);
    },
  );

  it.each(['*', 'admin:clients', 'admin:other', 'verify:any'])(
    'is not taken from those who have it, nor is its denial lifted: %s',
    async (permission) => {
      const key = { pk: `${corpId}#member#lisi`, sk: `grant#${permission}` };
      for (const effect of ['allow', 'deny']) {
        await stack.permissions.put({ ...key, effect, by: 'test', at: 0 });
        for (const action of ['revoke', 'grant', 'deny', 'reinstate']) {
          const made = await change(admin, [{ action, subject: 'user:lisi', permission }]);
          expect([made.status, made.errorCode], action).toEqual([403, 'ERR_FORBIDDEN']);
        }
        expect(await stack.permissions.get(key)).toMatchObject({ effect, by: 'test' });
        await stack.permissions.delete(key);
      }
    },
  );

  it('is given by those who have it', async () => {
    const changes = ['admin:clients', 'verify:any', 'admin:permissions'].map((each) =>
      grant('user:lisi', each),
    );
    expect(outcomes(await change(owner, changes))).toEqual(['changed', 'changed', 'changed']);
    expect(outcomes(await change(admin, [grant('user:wangwu', 'admin:permissions')]))).toEqual([
      'changed',
    ]);
  });

  it('and whoever is denied everything has none to give', async () => {
    await permit(stack, 'member#lisi', '*');
    const key = { pk: `${corpId}#member#lisi`, sk: 'grant#admin:permissions' };
    await stack.permissions.put({ ...key, effect: 'deny', by: 'test', at: 0 });
    const denied = await signInToConsole(api.url, 'lisi');
    expect((await denied('GET /api/admin/me')).data.permissions).toEqual(['admin:clients']);
    expect((await denied('GET /api/admin/grants')).status).toBe(403);
    for (const sk of ['grant#*', 'grant#admin:permissions']) {
      await stack.permissions.delete({ ...key, sk });
    }
  });
});

describe('what has to be confirmed', () => {
  it('is a change that gives everyone more', async () => {
    const changes = [grant('everyone')];
    const shown = await preview(...changes);
    expect(shown.data).toMatchObject({
      changes: [{ widensEveryone: true, shown: true, members: null }],
      confirm: ['widens-everyone'],
    });
    const refused = await change(admin, changes);
    expect([refused.status, refused.errorCode]).toEqual([409, 'ERR_UNCONFIRMED/widens-everyone']);
    expect((await admin('GET /api/admin/grants?subject=everyone')).data.grants).toEqual([]);
    expect(outcomes(await change(admin, changes, ['widens-everyone']))).toEqual(['changed']);
  });

  it('is a change after which one is no administrator any more', async () => {
    const revoke = [{ action: 'revoke', subject: 'user:user123', permission: 'admin:permissions' }];
    expect((await preview(...revoke)).data.confirm).toEqual(['locks-out-you']);
    const refused = await change(admin, revoke);
    expect([refused.status, refused.errorCode]).toEqual([409, 'ERR_UNCONFIRMED/locks-out-you']);
    expect((await admin('GET /api/admin/me')).status).toBe(200);
    const deny = [{ ...grant('department:2', 'admin:permissions'), action: 'deny' }];
    expect((await preview(...deny)).data.confirm).toEqual(['locks-out-you']);
    const ends = [grant('user:user123', 'admin:permissions', { until: '2099-12-31' })];
    expect((await preview(...ends)).data.confirm).toEqual([]);
  });

  it('is a change after which nobody is', async () => {
    const all = [
      { action: 'revoke', subject: 'user:user123', permission: 'admin:permissions' },
      { action: 'revoke', subject: 'user:qianer', permission: '*' },
    ];
    const shown = await owner('POST /api/admin/grants/preview', { changes: all });
    expect(shown.data.confirm).toEqual(['locks-out-everyone', 'locks-out-you']);
    const denied = [{ ...grant('everyone', 'admin:permissions'), action: 'deny' }];
    const toAll = await owner('POST /api/admin/grants/preview', { changes: denied });
    expect(toAll.data.confirm).toEqual(['locks-out-everyone', 'locks-out-you']);
    const refused = await change(owner, all, ['locks-out-you']);
    expect(refused.errorCode).toBe('ERR_UNCONFIRMED/locks-out-everyone');
    expect((await owner('GET /api/admin/me')).status).toBe(200);
  });
});

describe('the members that a grant reaches', () => {
  it('are counted with those of the departments below, each once', async () => {
    const { data } = await preview(grant('department:2'), grant('tag:1'), grant('user:lisi'));
    const [department, tag, member] = data.changes;
    const below = [2, 3, 4, 5, 6];
    const members = stack.wecom.company.members.filter((each) =>
      each.department.some((id) => below.includes(id)),
    );
    expect(department.members).toEqual({ count: members.length, complete: true });
    expect(tag).toMatchObject({ shown: true, members: { complete: true } });
    expect(member.members).toEqual({ count: 1, complete: true });
  });

  it('are nobody where WeCom does not show the subject', async () => {
    const changes = ['user:nobody', 'department:99', 'tag:99'].map((each) => grant(each));
    const { data } = await preview(...changes);
    for (const each of data.changes) {
      expect(each).toMatchObject({ shown: false, members: { count: 0, complete: true } });
    }
    // The grant can be made all the same: WeCom may show the subject later.
    expect(outcomes(await change(admin, [grant('user:nobody')]))).toEqual(['changed']);
  });

  it('are unknown, with the reason, where WeCom does not answer', async () => {
    const later = await signInToConsole((await stack.newInstance()).url, 'user123');
    stack.wecom.faults.add(60020, { on: 'user/get' });
    const { data } = await later('POST /api/admin/grants/preview', {
      changes: [grant('user:lisi')],
    });
    expect(data.changes).toMatchObject([{ outcome: 'change', shown: null, members: null }]);
    expect(data.notChecked).toMatchObject({ en: expect.stringContaining('60020') });
  });

  it('are counted in half of the time that there is, so that a slow WeCom keeps nobody from a change', async () => {
    const { adminPermissions } = stack.handlers();
    const authorization = `Bearer ${await sessionOf(api.url, 'user123')}`;
    stack.wecom.faults.add({ kind: 'slow', on: 'user/get', ms: 600 });
    const changes = Array.from({ length: 10 }, (_, at) => grant(`user:slow${at}`));
    const event = {
      routeKey: 'POST /api/admin/grants/preview',
      headers: { authorization },
      body: JSON.stringify({ changes }),
    };
    stack.wecom.calls.clear();
    const { statusCode, body = '' } = await adminPermissions(event, contextOf(4_000));
    expect(statusCode).toBe(200);
    const asked = stack.wecom.calls.list().filter(({ path }) => path.endsWith('user/get'));
    // Four would take more than 2 s.
    expect(asked.length).toBeLessThanOrEqual(4);
    expect(JSON.parse(body).data).toMatchObject({
      changes: changes.map(({ subject }) => ({ subject, outcome: 'change' })),
      notChecked: { en: expect.stringContaining('did not answer') },
    });
  });

  it('cost twenty calls at most', async () => {
    const changes = Array.from({ length: 40 }, (_, at) => grant(`user:user${at}`));
    stack.wecom.calls.clear();
    const { data } = await preview(...changes);
    expect(stack.wecom.calls.list().filter(({ path }) => path.endsWith('user/get'))).toHaveLength(
      20,
    );
    expect(data.notChecked).toMatchObject({ en: expect.stringContaining('20 times') });
    expect(data.changes.at(-1)).toMatchObject({ shown: null, members: null });
  });
});

describe('a file', () => {
  const csv =
    'subject,permission,effect,until,note\nuser:lisi,access,,2099-12-31,"a,b"\nuser:,x,,,\n';

  it('is read line by line, with every line that is wrong', async () => {
    const { data } = await admin('POST /api/admin/grants/csv', { csv });
    expect(data).toEqual({
      changes: [
        {
          line: 2,
          action: 'grant',
          subject: 'user:lisi',
          permission: 'access',
          until: '2099-12-31',
          note: 'a,b',
        },
      ],
      problems: [{ line: 3, zh: expect.any(String), en: expect.stringContaining('user:') }],
    });
    expect(outcomes(await change(admin, data.changes))).toEqual(['changed']);
  });

  it('of too many lines is refused before it is read', async () => {
    const answer = await admin('POST /api/admin/grants/csv', { csv: 'a,\n'.repeat(300_000) });
    expect([answer.status, answer.problems[0]?.en]).toEqual([
      400,
      'At most 5000 lines at once: split the file',
    ]);
  });

  it('that is no CSV is refused with the line', async () => {
    const answer = await admin('POST /api/admin/grants/csv', { csv: 'subject,permission\n"a' });
    expect([answer.status, answer.errorCode]).toEqual([400, 'ERR_INVALID_REQUEST']);
    expect(answer.problems).toMatchObject([{ en: expect.stringContaining('line 2') }]);
  });

  it('that was exported is read as the same grants, and a spreadsheet finds no formula in it', async () => {
    const changes = [
      grant('user:lisi', READ, { note: '=HYPERLINK("http://x")', until: '2099-12-31' }),
      { ...grant('department:6', READ, { note: '@SUM(A1)' }), action: 'deny' },
      grant('tag:1', 'access', { note: "'quoted" }),
    ];
    await change(admin, changes);
    const { data } = await admin('GET /api/admin/grants/csv');
    expect(data.next).toBeUndefined();
    expect(data.csv).not.toMatch(/(^|[,"\n])[=@+-]/);
    const read = await admin('POST /api/admin/grants/csv', { csv: data.csv });
    expect(read.data.problems).toEqual([]);
    const again = await change(owner, read.data.changes);
    expect(new Set(outcomes(again))).toEqual(new Set(['unchanged']));
    expect(again.data.results).toHaveLength(changes.length + 2);
  });

  it('is exported in parts that are one file together', async () => {
    const many = Array.from({ length: 100 }, (_, at) => grant(`department:${at + 100}`));
    await change(admin, many);
    const texts: string[] = [];
    let cursor = '';
    do {
      const { data } = await admin(`GET /api/admin/grants/csv${cursor && `?cursor=${cursor}`}`);
      texts.push(data.csv);
      cursor = data.next ?? '';
    } while (cursor);
    expect(texts.length).toBeGreaterThan(1);
    const { requests, problems } = readGrantCsv(texts.join(''), Date.now());
    expect([requests.length, problems]).toEqual([102, []]);
  });
});

describe('an event bus', () => {
  it('gets each change, and the answer says how many were not sent', async () => {
    const instance = await stack.newInstance(stack.withBus);
    const sending = await signInToConsole(instance.url, 'user123');
    const before = stack.eventBridge.events.length;
    await change(sending, [grant('user:lisi')]);
    await stack.eventQueue.settled();
    const sent = stack.eventBridge.events.slice(before);
    expect(JSON.stringify(sent)).toContain('wecom:user123');
    stack.eventQueue.faults.isDown = true;
    const { data } = await change(sending, [grant('user:wangwu')]);
    stack.eventQueue.faults.isDown = false;
    expect(data).toMatchObject({ results: [{ outcome: 'changed' }], notSent: 1 });
  });
});

describe('a body', () => {
  it.each([
    ['no changes', { changes: [] }],
    [
      'a hundred and one',
      { changes: Array.from({ length: 101 }, (_, at) => grant(`tag:${at + 1}`)) },
    ],
    ['no array', { changes: {} }],
    ['no action', { changes: [{ subject: 'everyone', permission: READ }] }],
    ['no version', { changes: [grant('user:lisi')] }],
    [
      'an unknown confirmation',
      { changes: [{ ...grant('user:lisi'), version: null }], accept: ['x'] },
    ],
    ['no JSON', '{'],
    ['a field twice', '{"changes":[],"changes":[]}'],
  ])('with %s is refused', async (_what, body) => {
    const { status, errorCode } = await admin('POST /api/admin/grants', body);
    expect([status, errorCode]).toEqual([400, 'ERR_INVALID_REQUEST']);
  });

  it('with wrong lines is refused with all of them, in both languages', async () => {
    const { status, problems } = await preview(
      grant('user:lisi'),
      grant('nobody'),
      grant('user:lisi'),
      grant('user:lisi', 'Not a name'),
      grant('user:lisi', 'old', { until: '2020-01-01' }),
      { ...grant('user:lisi', 'x'), action: 'revoke', note: 'n' },
      { ...grant('everyone', 'y'), action: 'reinstate' },
    );
    expect(status).toBe(400);
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 7]);
    for (const { zh, en } of problems) expect([zh, en]).not.toContain('');
  });

  it('of any kind gets an answer of the contract, and never a 500', async () => {
    const { adminPermissions, adminClients } = stack.handlers();
    const authorization = `Bearer ${await sessionOf(api.url, 'qianer')}`;
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null));
    const line = fc.record(
      {
        action: fc.oneof(fc.constantFrom('grant', 'deny', 'revoke', 'reinstate'), value),
        subject: fc.oneof(fc.constantFrom('user:lisi', 'everyone'), value),
        permission: fc.oneof(fc.constant(READ), value),
        until: value,
        note: value,
        version: fc.oneof(fc.constant(null), value),
      },
      { requiredKeys: ['action', 'subject', 'permission', 'version'] },
    );
    const addresses = fc.oneof(value, fc.array(value));
    const body = fc.oneof(
      value,
      fc.record({ changes: fc.oneof(value, fc.array(line)), accept: value }, { requiredKeys: [] }),
      fc.record({ csv: value }),
      fc.record({ client_name: value, redirect_uris: addresses, permission: value }),
      fc.record({ revision: value, keep_hours: value }),
    );
    const routes = [
      'grants',
      'grants/preview',
      'grants/csv',
      'clients',
      'clients/{clientId}/secret',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), body, async (path, given) => {
        const handler = path.startsWith('clients') ? adminClients : adminPermissions;
        const event = {
          routeKey: `POST /api/admin/${path}`,
          headers: { authorization },
          pathParameters: { clientId: 'x' },
          body: JSON.stringify(given),
        };
        const { statusCode } = await handler(event, contextOf());
        expect([200, 400, 404, 409]).toContain(statusCode);
      }),
      { numRuns: 100 },
    );
  });
});
