import { beforeAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/personChanges.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { envelope, eventXml, pushQuery, seal } from '../harness/callbackRequest.ts';
import { contextOf, type Gateway } from '../harness/gateway.ts';
import { permit } from '../harness/permit.ts';
import { type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;
let api: Gateway;
let corpId: string;

beforeAll(async () => {
  stack = await startStack();
  corpId = stack.wecom.company.corpid;
  api = await stack.newInstance();
});

async function push(ChangeType: string, fields: Record<string, string>): Promise<number> {
  const { token, encodingAESKey } = FIXTURE_KEYS.contacts;
  const account = { token, encodingAesKey: encodingAESKey, receiveId: corpId };
  const text = eventXml(corpId, {
    FromUserName: 'sys',
    Event: 'change_contact',
    ChangeType,
    CreateTime: Math.floor(Date.now() / 1_000),
    ...fields,
  });
  const sealed = seal(account, text);
  const url = `${api.url}/api/wecom/callback/contacts?${pushQuery(sealed)}`;
  const headers = { 'content-type': 'text/xml' };
  const body = envelope(sealed, corpId);
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

async function authorized(userid: string, permission = 'access'): Promise<boolean> {
  const response = await fetch(`${api.url}/api/wecom/verify/${userid}?permission=${permission}`);
  return ((await response.json()) as { data: { authorized: boolean } }).data.authorized;
}

async function items(userid: string, prefix: string) {
  const { items } = await stack.permissions.query(`${corpId}#member#${userid}`, { prefix });
  return items;
}

describe('a member whom WeCom deleted', () => {
  it('has no allowance any more, and whoever comes under the userid has none either', async () => {
    await permit(stack, 'member#user123');
    expect(await authorized('user123')).toBe(true);
    expect(await push('delete_user', { UserID: 'user123' })).toBe(200);
    await stack.handedOver.settled();
    expect(await items('user123', 'pending#')).toEqual([]);
    expect(await items('user123', 'grant#')).toMatchObject([
      { effect: 'allow', suspendedAt: expect.any(Number) },
    ]);
    // To WeCom the userid is active: it is somebody new.
    expect(await push('create_user', { UserID: 'user123' })).toBe(200);
    await stack.handedOver.settled();
    expect(await authorized('user123')).toBe(false);
  });
});

describe('a member whose userid changed', () => {
  it('takes allowances and denials along', async () => {
    await permit(stack, 'member#wujiu');
    expect(await authorized('wujiu')).toBe(true);
    stack.wecom.administrator.update('wujiu', { userid: 'wujiu9' });
    expect(await push('update_user', { UserID: 'wujiu', NewUserID: 'wujiu9' })).toBe(200);
    await stack.handedOver.settled();
    expect(await authorized('wujiu9')).toBe(true);
    expect(await items('wujiu', 'grant#')).toEqual([]);
  });

  it('is refused until that is done, and again once an administrator has done it by hand', async () => {
    await permit(stack, 'member#lisi');
    await permit(stack, 'everyone');
    stack.wecom.administrator.update('lisi', { userid: 'lisi9' });
    stack.lambda.isBroken = true;
    expect(await push('update_user', { UserID: 'lisi', NewUserId: 'lisi9' })).toBe(200);
    await stack.handedOver.settled();
    stack.lambda.isBroken = false;
    expect(stack.handedOver.deadLetters).toMatchObject([{ event: '{"userids":["lisi","lisi9"]}' }]);
    expect(await authorized('lisi9')).toBe(false);
    const handler = createHandler(stack.environment);
    await handler({ userids: ['lisi'] }, contextOf());
    expect(await authorized('lisi9')).toBe(true);
  });
});

it('WeCom delivers again what could not be handed over', async () => {
  await permit(stack, 'member#qianer');
  expect(await authorized('qianer')).toBe(true);
  api = await stack.newInstance();
  const endpoint = process.env['AWS_ENDPOINT_URL_LAMBDA'];
  // The SDK's own to read.
  process.env['AWS_ENDPOINT_URL_LAMBDA'] = 'http://127.0.0.1:1';
  expect(await push('delete_user', { UserID: 'qianer' })).toBe(500);
  process.env['AWS_ENDPOINT_URL_LAMBDA'] = endpoint;
  api = await stack.newInstance();
  // Refused meanwhile, although WeCom still shows the member.
  expect(await authorized('qianer')).toBe(false);
  expect(stack.log()).toContainEqual(
    expect.objectContaining({ error: 'ERR_HAND_OVER', reason: 'ECONNREFUSED', fault: 'aws' }),
  );
  expect(await push('delete_user', { UserID: 'qianer' })).toBe(200);
  await stack.handedOver.settled();
  expect(await items('qianer', 'pending#')).toEqual([]);
});

it('an allowance that is set aside is in the log, with advice in both languages', async () => {
  const denial = { subject: 'member#wangwu9', permission: 'access', effect: 'deny' } as const;
  await stack.permissions.put(grantItem(corpId, { ...denial, by: 'test', at: 0 }));
  await permit(stack, 'member#wangwu');
  expect(await push('update_user', { UserID: 'wangwu', NewUserID: 'wangwu9' })).toBe(200);
  await stack.handedOver.settled();
  expect(stack.log()).toContainEqual(
    expect.objectContaining({
      level: 'WARN',
      userid: 'wangwu9',
      permission: 'access',
      advice: expect.stringContaining('npm run permissions -- list'),
      adviceZh: expect.stringContaining('npm run permissions -- list'),
    }),
  );
});

describe('the function', () => {
  it.each([
    null,
    {},
    { userids: [] },
    { userids: 'a' },
    { userids: ['a', '#'] },
    { userids: Array(21).fill('a') },
  ])('refuses the event %j, so that it ends as a dead letter', async (event) => {
    const handler = createHandler(stack.environment);
    await expect(handler(event, contextOf())).rejects.toThrow('The grants were not settled');
    expect(stack.log().at(-1)).toMatchObject({ error: 'ERR_CONFIGURATION', status: 500 });
  });

  it('has nothing to do where nothing is due', async () => {
    const handler = createHandler(stack.environment);
    await handler({ userids: ['nobody'] }, contextOf());
    expect(stack.log().at(-1)).toMatchObject({ function: 'personChanges', outcome: 'success' });
  });
});
