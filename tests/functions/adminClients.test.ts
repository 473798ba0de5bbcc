import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findClient, hasSecret } from '../../lib/openid/clients.ts';
import { clientPartition } from '../../lib/tableKeys.ts';
import { type AskConsole, consoleOf, sessionOf } from '../harness/console.ts';
import { permit } from '../harness/permit.ts';
import { type Stack, startStack } from '../harness/stack.ts';

const HOUR = 3_600_000;
const realNow = Date.now;
const ahead = 0;

let stack: Stack;
let corpId: string;
let ask: AskConsole;

const WIKI = {
  client_id: 'wiki',
  client_name: '知识库',
  redirect_uris: ['https://wiki.mycompany.cn/callback'],
  permission: 'app:wiki',
};
const add = (more: object = {}) => ask('POST /api/admin/clients', { ...WIKI, ...more });
const stored = (clientId = 'wiki') => findClient(stack.permissions, corpId, clientId);
const clock = { now: () => Date.now() };

beforeAll(async () => {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  stack = await startStack();
  corpId = stack.wecom.company.corpid;
  await permit(stack, 'member#user123', 'admin:clients');
  const { url } = await stack.newInstance({ SESSION_SECONDS: '43200' });
  ask = consoleOf(url, await sessionOf(url, 'user123'));
});

beforeEach(async () => {
  const { items } = await stack.permissions.query(clientPartition(corpId));
  for (const { pk, sk } of items)
    await stack.permissions.delete({ pk: String(pk), sk: String(sk) });
});

describe('an application', () => {
  it('is added with a secret that is shown once and never printed', async () => {
    const { status, data, headers } = await add();
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(data).toEqual({
      client_id: 'wiki',
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
      notes: [{ zh: expect.stringContaining('app:wiki'), en: expect.stringContaining('Nobody') }],
    });
    const client = await stored();
    expect(client && hasSecret(client, data.client_secret, clock)).toBe(true);
    expect(stack.output()).not.toContain(data.client_secret);

    const shown = await ask('GET /api/admin/clients/wiki');
    expect(shown.data).toMatchObject({
      client: { client_name: '知识库', created_by: 'wecom:user123', revision: 1 },
      unreadable: false,
      holders: [],
      history: [{ client_id: 'wiki', action: 'added', by: 'wecom:user123' }],
    });
    const listed = await ask('GET /api/admin/clients');
    expect(listed.data).toMatchObject({ issuer: 'http://localhost:3000', unreadable: [] });
    for (const { data } of [shown, listed]) {
      expect(JSON.stringify(data)).not.toContain(client?.secrets[0]?.hash);
    }
  });

  it('is shown with those who may use it, by its permission and by *', async () => {
    await add();
    await permit(stack, 'department#2', 'app:wiki');
    await permit(stack, 'tag#1', '*');
    await permit(stack, 'tag#2', 'other');
    const { data } = await ask('GET /api/admin/clients/wiki');
    const holders = data.holders.map(({ subject }: { subject: string }) => subject);
    expect([holders, data.moreHolders]).toEqual([['department:2', 'tag:1'], false]);
  });

  it('that is public has no secret', async () => {
    const { data } = await add({ public: true });
    expect(data.client_secret).toBeUndefined();
    const { status } = await ask('POST /api/admin/clients/wiki/secret', { revision: 1 });
    expect(status).toBe(400);
  });

  it('whose id there is already is a conflict', async () => {
    const first = await add();
    const second = await add();
    expect([second.status, second.errorCode]).toEqual([409, 'ERR_CONFLICT/client-exists']);
    const client = await stored();
    expect(client && hasSecret(client, first.data.client_secret, clock)).toBe(true);
  });

  it.each([
    ['no name', { client_name: '' }, 'client_name'],
    ['no address', { redirect_uris: [] }, 'redirect_uris'],
    ['a wildcard', { redirect_uris: ['https://*.mycompany.cn/'] }, 'redirect_uris'],
    ['http', { redirect_uris: ['http://wiki.mycompany.cn/'] }, 'redirect_uris'],
    ['a script', { redirect_uris: ['javascript:alert(1)'] }, 'redirect_uris'],
    ['a bad id', { client_id: 'a b' }, 'client id'],
    ['a bad permission', { permission: '*' }, 'permission'],
    ['the audience of sessions', { audience: 'wecom-auth' }, 'wecom-auth'],
    ['its name as that audience', { client_id: 'wecom-auth' }, 'wecom-auth'],
  ])('with %s is refused, with the field', async (_what, more, field) => {
    const answer = await add(more);
    expect([answer.status, answer.errorCode]).toEqual([400, 'ERR_INVALID_REQUEST']);
    expect(answer.problems[0]?.en).toContain(field);
    expect(await stored()).toBeUndefined();
  });
});

describe('a secret', () => {
  const rotate = (body: object) => ask('POST /api/admin/clients/wiki/secret', body);

  it('is replaced, and the old one works for a day', async () => {
    const { data: first } = await add();
    const { data: second } = await rotate({ revision: 1 });
    const until = new Date(second.old_secret_expires_at).getTime() - Date.now();
    expect(Math.round(until / HOUR)).toBe(24);
    const client = await stored();
    for (const { client_secret } of [first, second]) {
      expect(client && hasSecret(client, client_secret, clock)).toBe(true);
    }
    // A third one would end the first before its time.
    const third = await rotate({ revision: 2 });
    expect([third.status, third.errorCode]).toEqual([409, 'ERR_UNCONFIRMED/old-secret']);
    const { data: now } = await rotate({ revision: 2, keep_hours: 0 });
    const last = await stored();
    expect(last?.secrets).toHaveLength(1);
    expect(last && hasSecret(last, now.client_secret, clock)).toBe(true);
  });

  it('is not replaced by whoever saw an older application', async () => {
    await add();
    const both = await Promise.all([1, 2].map(() => rotate({ revision: 1, keep_hours: 0 })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const late = await rotate({ revision: 1 });
    expect(late.errorCode).toBe('ERR_CONFLICT/client-changed');
  });

  it.each([
    { revision: 0 },
    { revision: '1' },
    {},
    { revision: 1, keep_hours: 721 },
    { revision: 1, keep_hours: -1 },
    { revision: 1, keep_hours: 1.5 },
  ])('is not replaced by %j', async (body) => {
    expect((await rotate(body)).status).toBe(400);
  });

  it('of no application is 404', async () => {
    const answer = await rotate({ revision: 1 });
    expect([answer.status, answer.errorCode]).toEqual([404, 'ERR_ABSENT/client']);
  });
});

describe('an application that is removed', () => {
  it('is gone, and its changes stay', async () => {
    await add();
    const stale = await ask('DELETE /api/admin/clients/wiki?revision=7');
    expect(stale.errorCode).toBe('ERR_CONFLICT/client-changed');
    const blind = await ask('DELETE /api/admin/clients/wiki');
    expect(blind.errorCode).toBe('ERR_CONFLICT/client-changed');
    const { data } = await ask('DELETE /api/admin/clients/wiki?revision=1');
    expect(data).toEqual({ removed: 'wiki' });
    expect(await stored()).toBeUndefined();
    const shown = await ask('GET /api/admin/clients/wiki');
    expect(shown.data.client).toBeNull();
    expect(shown.data.history.slice(0, 2)).toMatchObject([
      { action: 'removed' },
      { action: 'added' },
    ]);
    const again = await ask('DELETE /api/admin/clients/wiki?revision=1');
    expect([again.status, again.errorCode]).toEqual([404, 'ERR_ABSENT/client']);
  });

  it('may be one that cannot be read', async () => {
    await stack.permissions.put({ pk: clientPartition(corpId), sk: 'old', clientId: 'old' });
    expect((await ask('GET /api/admin/clients')).data.unreadable).toEqual(['old']);
    expect((await ask('GET /api/admin/clients/old')).data).toMatchObject({ unreadable: true });
    expect((await ask('DELETE /api/admin/clients/old')).status).toBe(200);
  });
});
