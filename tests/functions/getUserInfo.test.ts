import { beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../harness/gateway.ts';
import { type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;
let api: Gateway;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance();
});

async function post(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${api.url}/api/wecom/getUserInfo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('POST /api/wecom/getUserInfo', () => {
  it('answers the member behind the code', async () => {
    const answer = await post({ code: 'your_auth_code' });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        code: 0,
        message: 'success',
        data: {
          userid: 'user123',
          name: '张三',
          mobile: '13800138000',
          email: 'zhang@company.com',
          department: '技术部',
          position: '工程师',
        },
      },
    });
  });
});
