import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../functions/adminDirectory.ts';
import { routes } from '../../lib/http/routes.ts';
import { notePersonChange } from '../../lib/permissions/personChange.ts';
import { consoleOf, sessionOf } from '../harness/console.ts';
import { contextOf, type Gateway } from '../harness/gateway.ts';
import { permit } from '../harness/permit.ts';
import { type Stack, startStack } from '../harness/stack.ts';

const realNow = Date.now;
let ahead = 0;

let stack: Stack;
let api: Gateway;
const tokens: Record<string, string> = {};

/** Each route with whatever stands in its path. */
const ROUTES = routes
  .filter((route) => route.includes('/api/admin/'))
  .map((route) => ({
    route: route
      .replace('{id}', '2')
      .replace('{userId}', 'user123')
      .replace('{clientId}', 'grafana'),
    ofClients: route.includes('/clients'),
    ofBoth: route.endsWith('/me'),
  }));

beforeAll(async () => {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  stack = await startStack();
  api = await stack.newInstance();
  await permit(stack, 'member#user123', 'admin:permissions');
  await permit(stack, 'member#qianer', 'admin:clients');
  await permit(stack, 'member#lisi', 'access');
  await permit(stack, 'member#lisi', 'verify:any');
  for (const userid of ['user123', 'qianer', 'lisi']) {
    tokens[userid] = await sessionOf(api.url, userid);
  }
});

describe.each(ROUTES)('$route', ({ route, ofClients, ofBoth }) => {
  const body = route.startsWith('POST') ? {} : undefined;
  const asked = async (token: string | undefined) => {
    const { status, errorCode } = await consoleOf(api.url, token)(route, body);
    return [status, errorCode];
  };

  it('is refused without a session, with a forged one, and with an expired one', async () => {
    expect(await asked(undefined)).toEqual([401, 'ERR_UNAUTHENTICATED']);
    const forged = `${tokens['user123']?.slice(0, -4)}AAAA`;
    expect(await asked(forged)).toEqual([401, 'ERR_UNAUTHENTICATED']);
    ahead = 2 * 3_600_000;
    const late = await asked(tokens['user123']);
    ahead = 0;
    expect(late).toEqual([401, 'ERR_UNAUTHENTICATED']);
  });

  it('is refused to a member without the permission, before the request is read', async () => {
    expect(await asked(tokens['lisi'])).toEqual([403, 'ERR_FORBIDDEN']);
    const [others, own] = ofClients ? ['user123', 'qianer'] : ['qianer', 'user123'];
    const [refused] = await asked(tokens[others]);
    expect(refused).toBe(ofBoth ? 200 : 403);
    expect((await asked(tokens[own]))[0]).not.toBe(403);
  });
});

describe('a permission is asked for with each request', () => {
  it('so one that a denial takes away is gone at once', async () => {
    const me = consoleOf(api.url, tokens['qianer']);
    expect((await me('GET /api/admin/me')).data).toEqual({
      userid: 'qianer',
      permissions: ['admin:clients'],
      provider: true,
    });
    const item = await stack.permissions.get({
      pk: `${stack.wecom.company.corpid}#member#qianer`,
      sk: 'grant#admin:clients',
    });
    await stack.permissions.put({ ...item, effect: 'deny' });
    expect((await me('GET /api/admin/me')).errorCode).toBe('ERR_FORBIDDEN');
    await stack.permissions.put({ ...item });
  });

  it.each([
    { kind: 'left', userid: 'lisi' },
    { kind: 'renamed', userid: 'lisi', newUserid: 'lisi2' },
  ] as const)(
    'so it ends with the event that a member $kind, in the middle of a session',
    async (event) => {
      const { corpid } = stack.wecom.company;
      await permit(stack, 'member#lisi', 'admin:permissions');
      const me = consoleOf(api.url, tokens['lisi']);
      expect((await me('GET /api/admin/me')).status).toBe(200);
      const at = Date.now();
      await notePersonChange(stack.permissions, corpid, { ...event, id: 'e', createdAt: at }, at);
      expect((await me('GET /api/admin/me')).errorCode).toBe('ERR_FORBIDDEN');
      for (const userid of ['lisi', 'lisi2']) {
        await stack.permissions.delete({ pk: `${corpid}#member#${userid}`, sk: 'pending#e' });
      }
    },
  );
});

describe('a route that the function does not have', () => {
  it('is 404, before anybody is asked for', async () => {
    const event = { routeKey: 'GET /api/admin/constructor', rawPath: '/api/admin/constructor' };
    const answer = await createHandler({ ...stack.environment })(event, contextOf());
    expect(answer.statusCode).toBe(404);
  });
});
