import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createTable } from '../../lib/dynamodb/table.ts';
import type { Handler } from '../../lib/http/route.ts';
import { createGrantStore } from '../../lib/permissions/grantStore.ts';
import { subjectKey } from '../../lib/permissions/subject.ts';
import { contextOf } from '../harness/gateway.ts';
import { type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
  vi.resetModules();
});

async function invoke(functionName: string, event: string) {
  const { handler }: { handler: Handler } = await import(`../../functions/${functionName}.ts`);
  const result = await handler(
    JSON.parse(readFileSync(`events/${event}.json`, 'utf8')),
    contextOf(),
  );
  return { status: result.statusCode, body: JSON.parse(String(result.body)) };
}

describe('the sample events', () => {
  it.each([
    ['getUserInfo', 'getUserInfo', 200, 'success'],
    ['getUserInfo', 'getUserInfo-base64', 200, 'success'],
    ['getUserInfo', 'getUserInfo-missing-code', 400, '缺少授权码'],
    ['getUserInfo', 'getUserInfo-no-body', 400, '缺少授权码'],
    ['getUserInfo', 'getUserInfo-not-json', 400, '请求体不是有效的 JSON'],
    ['getUserInfo', 'getUserInfo-wrong-content-type', 400, 'Content-Type 必须是 application/json'],
    ['getUserInfo', 'getUserInfo-unknown-code', 401, 'invalid code'],
    ['getUserInfo', 'getUserInfo-unknown-state', 401, '登录状态无效或已过期，请重新登录'],
    ['notFound', 'notFound', 404, '接口不存在'],
    ['notFound', 'notFound-wrong-method', 405, '请求方法不支持'],
  ])('%s answers events/%s.json with %i %s', async (functionName, event, status, message) => {
    expect(await invoke(functionName, event)).toMatchObject({ status, body: { message } });
  });

  it('verify answers events/verify*.json by what is granted', async () => {
    const table = createTable(stack.client, stack.environment['PERMISSION_TABLE'] ?? '');
    const clock = { now: Date.now, sleep: async () => {} };
    const grants = createGrantStore(table, async () => 'test', clock);
    const authorized = async (event: string) => {
      const { status, body } = await invoke('verify', event);
      expect(status).toBe(200);
      return body.data;
    };

    expect(await authorized('verify')).toEqual({ authorized: false });
    const subject = subjectKey({ kind: 'member', userid: 'user123' });
    await grants.change({ subject, permission: 'access', after: { effect: 'allow' } });
    expect(await authorized('verify')).toEqual({ authorized: true });
    expect(await authorized('verify-permission')).toEqual({ authorized: false });
    await grants.change({ subject, permission: 'report:read', after: { effect: 'allow' } });
    expect(await authorized('verify-permission')).toEqual({ authorized: true });
    expect(await authorized('verify-unknown-member')).toEqual({ authorized: false });
    expect(await invoke('verify', 'verify-invalid-userid')).toEqual({
      status: 400,
      body: { code: -1, message: '用户ID格式不正确' },
    });
  });

  it.each([
    ['authorize', '/wwlogin/sso/login?login_type=CorpApp&'],
    ['authorize-inside-wecom', '/connect/oauth2/authorize?appid='],
  ])('authorize answers events/%s.json with a redirect to %s…', async (event, page) => {
    const { handler }: { handler: Handler } = await import('../../functions/authorize.ts');
    const result = await handler(
      JSON.parse(readFileSync(`events/${event}.json`, 'utf8')),
      contextOf(),
    );
    expect(result.statusCode).toBe(302);
    expect(result.headers?.['location']).toContain(page);
  });

  it('of an address that is not listed is 400, and of the discovery documents 200', async () => {
    expect(await invoke('authorize', 'authorize-unlisted-redirect')).toMatchObject({ status: 400 });
    expect(await invoke('jwks', 'jwks')).toMatchObject({ body: { keys: [{ kty: 'RSA' }] } });
    expect(await invoke('openidConfiguration', 'openidConfiguration')).toMatchObject({
      body: { issuer: 'http://localhost:3000' },
    });
  });
});
