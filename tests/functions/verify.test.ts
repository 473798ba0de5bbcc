import { beforeAll, describe, expect, it } from 'vitest';
import { createTable } from '../../lib/dynamodb/table.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import type { Gateway } from '../harness/gateway.ts';
import { type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;
let api: Gateway;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance();
  const table = createTable(stack.client, 'wecom-auth-local-permissions');
  await table.put(
    grantItem({
      subject: 'member#user123',
      permission: 'access',
      effect: 'allow',
      by: 'test',
      at: 0,
    }),
  );
});

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${api.url}/api/wecom/verify/${path}`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe('GET /api/wecom/verify/{userId}', () => {
  it('answers true for a member with the permission, and false for one without', async () => {
    expect(await get('user123')).toMatchObject({
      status: 200,
      text: '{"code":0,"message":"success","data":{"authorized":true}}',
    });
    expect(await get('lisi')).toMatchObject({
      status: 200,
      text: '{"code":0,"message":"success","data":{"authorized":false}}',
    });
  });
});
