import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { auditItem } from '../../lib/permissions/audit.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import { type AskConsole, consoleOf, sessionOf } from '../harness/console.ts';
import { contextOf } from '../harness/gateway.ts';
import { registerClient } from '../harness/openidSignIn.ts';
import { permit } from '../harness/permit.ts';
import { type Stack, startStack } from '../harness/stack.ts';

const MINUTE = 60_000;
const realNow = Date.now;
let ahead = 0;

let stack: Stack;
let corpId: string;
let token: string;
let ask: AskConsole;

const calls = (path: string) => stack.wecom.calls.list().filter((each) => each.path.endsWith(path));
/** An instance that remembers nothing. */
const fresh = async () => consoleOf((await stack.newInstance()).url, token);

beforeAll(async () => {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  stack = await startStack();
  corpId = stack.wecom.company.corpid;
  await permit(stack, 'member#user123', 'admin:permissions');
  const { url } = await stack.newInstance();
  token = await sessionOf(url, 'user123');
  ask = consoleOf(url, token);
  await ask('GET /api/admin/me');
});

beforeEach(() => {
  stack.wecom.calls.clear();
  stack.wecom.faults.clear();
});

describe('the departments', () => {
  it('are one list with names as WeCom shows them, which many instances share', async () => {
    const { data } = await ask('GET /api/admin/departments');
    expect(data.departments).toContainEqual({ id: 2, name: '技术部', parentId: 1 });
    // Only an English name, and none.
    expect(data.departments).toContainEqual({ id: 8, name: 'Overseas', parentId: 7 });
    expect(data.departments).toContainEqual({ id: 9, name: '', parentId: 7 });
    const again = await (await fresh())('GET /api/admin/departments');
    expect(again.data).toEqual(data);
    expect(calls('department/list')).toHaveLength(1);
  });

  it('are read again after ten minutes', async () => {
    await ask('GET /api/admin/departments');
    ahead += 11 * MINUTE;
    await (await fresh())('GET /api/admin/departments');
    expect(calls('department/list').length).toBeGreaterThan(0);
  });

  it('that WeCom does not give are a 500 that names the reason', async () => {
    ahead += 11 * MINUTE;
    stack.wecom.faults.add(60020, { on: 'department/list' });
    const answer = await (await fresh())('GET /api/admin/departments');
    expect([answer.status, answer.errorCode]).toEqual([500, 'ERR_WECOM_ERRCODE']);
  });
});

describe('the members of a department', () => {
  it('are its own, with one call in a minute', async () => {
    const { data } = await ask('GET /api/admin/departments/6/members');
    expect(data).toEqual({
      members: expect.arrayContaining([{ userid: 'lisi', name: '李四' }]),
      unreadable: 0,
    });
    await ask('GET /api/admin/departments/6/members');
    expect(calls('user/simplelist')).toHaveLength(1);
    ahead += 61_000;
    await ask('GET /api/admin/departments/6/members');
    expect(calls('user/simplelist')).toHaveLength(2);
  });

  it('of one that WeCom does not show are 404', async () => {
    const answer = await ask('GET /api/admin/departments/99/members');
    expect([answer.status, answer.errorCode]).toEqual([404, 'ERR_ABSENT/department']);
  });

  it.each(['0', '01', '-1', 'x', '4294967296', '1%2F2'])('of %s are a 400', async (id) => {
    const { status } = await ask(`GET /api/admin/departments/${id}/members`);
    expect(status).toBe(400);
  });
});

describe('a member', () => {
  it('is found by userid in any case, with one call', async () => {
    const { data } = await ask('GET /api/admin/members/LISI');
    expect(data).toMatchObject({ userid: 'lisi', name: '李四', departments: [6], active: true });
    expect(Object.keys(data).sort()).toEqual([
      'active',
      'departments',
      'name',
      'position',
      'userid',
    ]);
    expect(calls('user/get')).toHaveLength(1);
  });

  it('whom WeCom does not show is 404', async () => {
    const answer = await ask('GET /api/admin/members/nobody');
    expect([answer.status, answer.errorCode]).toEqual([404, 'ERR_ABSENT/member']);
  });

  it('that nobody has has permissions that say so', async () => {
    const { data } = await ask('GET /api/admin/members/nobody/permissions');
    expect(data).toMatchObject({ member: 'gone' });
    for (const { authorized, reason } of data.decisions) {
      expect([authorized, reason]).toEqual([false, 'member-gone']);
    }
  });

  it('is explained with one query of each of the subjects, however many permissions there are', async () => {
    const key = `${corpId}#member#lisi`;
    for (let at = 0; at < 30; at++) await permit(stack, 'department#6', `many:${at}`);
    await ask('GET /api/admin/members/lisi/permissions');
    stack.dynamoDb.inputs.length = 0;
    const { data } = await ask('GET /api/admin/members/lisi/permissions');
    expect(data.decisions.filter((each: { authorized: boolean }) => each.authorized)).toHaveLength(
      30,
    );
    const queried = stack.dynamoDb.inputs
      .filter(({ operation, input }) => operation === 'Query' && !input['IndexName'])
      .map(({ input }) => (input['ExpressionAttributeValues'] as { ':pk': { S: string } })[':pk'].S)
      .filter((pk) => !pk.endsWith('#member#user123') && !pk.endsWith('#clients'));
    expect(new Set(queried).size).toBe(queried.length);
    expect(queried).toContain(key);
    expect(queried.length).toBe(data.subjects.length);
  });
});

describe('permissions in use', () => {
  it('are those that grants name, those of applications, and those of wecom-auth', async () => {
    await permit(stack, 'tag#1', 'wiki:edit');
    await permit(stack, 'tag#1', '*');
    await registerClient(stack.permissions, corpId, { clientId: 'wiki', permission: 'app:wiki' });
    const { data } = await ask('GET /api/admin/permissions');
    expect(data.more).toBe(false);
    expect(data.permissions).toEqual(
      expect.arrayContaining(['access', 'admin:clients', 'app:wiki', 'verify:any', 'wiki:edit']),
    );
    expect(data.permissions).not.toContain('*');
    expect(data.permissions).toEqual([...data.permissions].sort());
    await stack.permissions.delete({ pk: `${corpId}#tag#1`, sk: 'grant#*' });
  });

  it('are found by a few requests where one of them has many grants', async () => {
    // DynamoDB ends a page at 1 MB.
    const note = 'n'.repeat(300_000);
    for (let at = 1; at <= 12; at++) {
      const grant = { subject: `tag#${at}`, permission: 'big', effect: 'allow', by: 'test', at: 0 };
      await stack.permissions.put({ ...grantItem(corpId, grant as never), note });
    }
    await permit(stack, 'tag#1', 'bigger');
    stack.dynamoDb.inputs.length = 0;
    const { data } = await ask('GET /api/admin/permissions');
    expect(data.permissions).toEqual(expect.arrayContaining(['big', 'bigger']));
    const pages = stack.dynamoDb.inputs.filter(({ input }) => input['IndexName']);
    expect(pages.length).toBeLessThan(4);
    for (let at = 1; at <= 12; at++) {
      await stack.permissions.delete({ pk: `${corpId}#tag#${at}`, sk: 'grant#big' });
    }
  });
});

describe('grants', () => {
  const subjects = (answer: { data: { grants: { subject: string; permission: string }[] } }) =>
    answer.data.grants.map(({ subject, permission }) => `${subject} ${permission}`);

  /** Every page of a list. */
  async function all(route: string): Promise<string[][]> {
    const pages: string[][] = [];
    let cursor = '';
    do {
      const answer = await ask(`${route}${cursor && `&cursor=${cursor}`}`);
      expect(answer.status).toBe(200);
      pages.push(subjects(answer));
      cursor = answer.data.next ?? '';
    } while (cursor);
    return pages;
  }

  it('of a permission are those of it and of *, page by page', async () => {
    for (let at = 1; at <= 100; at++) await permit(stack, `department#${at}`, 'paged');
    await permit(stack, 'tag#7', '*');
    const pages = await all('GET /api/admin/grants?permission=paged');
    expect(pages.map((page) => page.length)).toEqual([100, 1]);
    expect(new Set(pages.flat()).size).toBe(101);
    expect(pages[1]).toEqual(['tag:7 *']);
    await stack.permissions.delete({ pk: `${corpId}#tag#7`, sk: 'grant#*' });
  });

  it('of a subject are read consistently', async () => {
    stack.dynamoDb.inputs.length = 0;
    expect(subjects(await ask('GET /api/admin/grants?subject=department:7'))).toEqual([
      'department:7 paged',
    ]);
    const read = stack.dynamoDb.inputs.find(({ input }) =>
      JSON.stringify(input).includes('department#7'),
    );
    expect(read?.input['ConsistentRead']).toBe(true);
  });

  it('of all are in pages that end', async () => {
    const pages = await all('GET /api/admin/grants?x=');
    expect(pages.flat().length).toBeGreaterThan(100);
    expect(new Set(pages.flat()).size).toBe(pages.flat().length);
  });

  it.each([
    'subject=nobody',
    'permission=Not%20a%20name',
    'subject=tag:1&permission=access',
    'cursor=x',
    `cursor=${'x'.repeat(2_000)}`,
    `cursor=${Buffer.from('["other#member#lisi","grant#access"]').toString('base64url')}`,
    `cursor=${Buffer.from('["ww0a1b2c3d4e5f6a7b#clients","grafana"]').toString('base64url')}`,
  ])('by %s are a 400', async (query) => {
    const answer = await ask(`GET /api/admin/grants?${query}`);
    expect([answer.status, answer.errorCode]).toEqual([400, 'ERR_INVALID_REQUEST']);
  });
});

describe('the history', () => {
  it('has what people and what the directory changed, the newest first, page by page', async () => {
    const line = (at: number, more: object = {}) =>
      auditItem(
        corpId,
        { at, by: 'test', subject: 'member#lisi', permission: 'access', ...more },
        `id${at}`,
      );
    for (let at = 1; at <= 101; at++) await stack.permissions.put(line(at));
    const cause = { kind: 'left', userid: 'lisi' };
    await stack.permissions.put(line(200, { subject: 'tag#1', cause }));
    const first = await ask('GET /api/admin/history');
    expect(first.data.history).toHaveLength(100);
    expect(first.data.history[0]).toMatchObject({
      subject: 'tag:1',
      cause: { kind: 'left', zh: 'lisi 已从通讯录删除', en: 'lisi was deleted' },
    });
    const second = await ask(`GET /api/admin/history?cursor=${first.data.next}`);
    expect(second.data.history).toHaveLength(2);
    const own = await ask('GET /api/admin/history?subject=user:LISI');
    expect(own.data.history).toHaveLength(100);
    expect(new Date(own.data.history[0].at).getTime()).toBe(101);
  });

  it('of members who were forgotten names nobody', async () => {
    const { status, data } = await ask('GET /api/admin/history?subject=forgotten');
    expect([status, data]).toEqual([200, { history: [] }]);
  });
});

describe('whatever a path and a query hold', () => {
  it('gets an answer of the contract, and never a 500', async () => {
    const { adminDirectory } = stack.handlers();
    const routes = [
      'departments/{id}/members',
      'members/{userId}/permissions',
      'grants',
      'history',
    ];
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 100 }), fc.constant('user:lisi'));
    const keys = fc.array(text, { minLength: 2, maxLength: 2 });
    const cursor = fc.oneof(
      text,
      keys.map((each) => Buffer.from(JSON.stringify(each)).toString('base64url')),
      text.map((sk) =>
        Buffer.from(JSON.stringify([`${corpId}#tag#1`, `grant#${sk}`])).toString('base64url'),
      ),
    );
    const query = fc.record({ cursor, subject: text, permission: text }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), text, query, async (path, id, given) => {
        const event = {
          routeKey: `GET /api/admin/${path}`,
          headers: { authorization: `Bearer ${token}` },
          pathParameters: { id, userId: id },
          queryStringParameters: given,
        };
        const { statusCode } = await adminDirectory(event, contextOf());
        expect([200, 400, 404]).toContain(statusCode);
      }),
      { numRuns: 100 },
    );
  });
});
