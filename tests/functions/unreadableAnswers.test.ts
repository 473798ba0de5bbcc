import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGrantStore, type GrantStore } from '../../lib/permissions/grantStore.ts';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { DEFAULT_BEHAVIOUR } from '../../packages/emulator/source/options.ts';
import { envelope, eventXml, pushQuery, seal } from '../harness/callbackRequest.ts';
import { receiveCallbacks } from '../harness/callbackTargets.ts';
import type { Gateway } from '../harness/gateway.ts';
import { type Stack, startStack } from '../harness/stack.ts';

/* What WeCom says once more is known already: the unreadable part must not be taken for the known one. */

const HOUR = 3_600_000;
/** After this, what an instance remembers of groups is out of date. */
const GROUP_GRANTS_MS = 11_000;

let stack: Stack;
let api: Gateway;
let grants: GrantStore;
/** How far the clock of our code and of the emulator is ahead. */
let ahead = 0;
const realNow = Date.now;

beforeAll(async () => {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  stack = await startStack();
  api = await stack.newInstance();
  grants = createGrantStore(stack.permissions, stack.wecom.company.corpid, async () => 'test', {
    now: Date.now,
  });
  receiveCallbacks(stack.wecom, api.url);
});

beforeEach(() => {
  // No membership is still fresh.
  ahead += 25 * HOUR;
});

const granted: [string, string][] = [];

/** Grants, until the end of the test. */
async function grant(subject: string, effect: 'allow' | 'deny' = 'allow') {
  granted.push([subject, 'access']);
  await grants.change({ subject, permission: 'access', after: { effect } });
}

afterEach(async () => {
  stack.wecom.faults.clear();
  Object.assign(stack.wecom.behaviour, DEFAULT_BEHAVIOUR);
  for (const [subject, permission] of granted.splice(0)) {
    const [before] = await grants.read([{ subject, permission }]);
    if (before) await grants.change({ subject, permission, before });
  }
});

/** Whether the member may, asked over HTTP. */
async function may(userid: string): Promise<boolean> {
  const response = await fetch(`${api.url}/api/wecom/verify/${userid}`);
  expect(response.status).toBe(200);
  const { data } = (await response.json()) as { data: { authorized: boolean } };
  return data.authorized;
}

async function happens(change: () => void): Promise<void> {
  change();
  await stack.wecom.callbacks.settled();
}

const replace = (on: string, field: string, value: unknown) =>
  stack.wecom.faults.add({ kind: 'set-field', on, field, value });

describe('a member who was active an hour ago and is disabled, of which no event told', () => {
  afterEach(() => happens(() => stack.wecom.administrator.update('lisi', { status: 1 })));

  it.each([[null], ['ok'], [''], [{}], [[0]], [false], [0.5]])(
    'is refused where the errcode of user/get becomes %j',
    async (errcode) => {
      await grant('everyone');
      expect(await may('lisi')).toBe(true);
      ahead += HOUR + 1;
      stack.wecom.behaviour.callbackDrop = true;
      await happens(() => stack.wecom.administrator.update('lisi', { status: 2 }));
      replace('user/get', 'errcode', errcode);
      expect(await may('lisi')).toBe(false);
    },
  );
});

describe('a denial of a tag that cannot be read any more', () => {
  afterEach(() => happens(() => stack.wecom.administrator.tag(1, { delUsers: ['wujiu'] })));

  it.each([
    ['userlist', 'x'],
    ['userlist', null],
    ['userlist', {}],
    ['errcode', 'x'],
  ])(
    'refuses a member who was not in it before the event (%s becomes %j)',
    async (field, value) => {
      await grant('everyone');
      await grant('tag#1', 'deny');
      ahead += GROUP_GRANTS_MS;
      expect(await may('wujiu')).toBe(true);
      replace('tag/get', field, value);
      await happens(() => stack.wecom.administrator.tag(1, { addUsers: ['wujiu'] }));
      ahead += GROUP_GRANTS_MS;
      expect(await may('wujiu')).toBe(false);
    },
  );
});

describe('a denial of a department', () => {
  afterEach(() => happens(() => stack.wecom.administrator.updateDepartment(6, { parentid: 2 })));

  it('refuses a member whose department moved, where departments cannot be read any more', async () => {
    await grant('everyone');
    await grant('department#12', 'deny');
    ahead += GROUP_GRANTS_MS;
    expect(await may('lisi')).toBe(true);
    replace('department/list', 'department', 'x');
    replace('department/get', 'department', 'x');
    await happens(() => stack.wecom.administrator.updateDepartment(6, { parentid: 12 }));
    ahead += GROUP_GRANTS_MS;
    expect(await may('lisi')).toBe(false);
  });

  const root = { id: 1, parentid: 0 };
  const denied = { id: 2, parentid: 1 };
  it.each([
    ['go in a circle', [root, denied, { id: 6, parentid: 9 }, { id: 9, parentid: 6 }]],
    ['begin with one above itself', [root, denied, { id: 6, parentid: 6 }]],
    ['are said to be two', [root, denied, { id: 6, parentid: 2 }, { id: 6, parentid: 1 }]],
    ['have an id that no department has', [root, denied, { id: 6, parentid: 2 ** 32 }]],
  ])('refuses a member of whom the departments above %s', async (_what, list) => {
    await grant('everyone');
    await grant('department#2', 'deny');
    ahead += GROUP_GRANTS_MS;
    replace('department/list', 'department', list);
    expect(await may('lisi')).toBe(false);
  });
});

it('a push about 1 000 members with the longest userids, who get a tag, is taken', async () => {
  const { corpid } = stack.wecom.company;
  const { token, encodingAESKey } = FIXTURE_KEYS.contacts;
  const account = { token, encodingAesKey: encodingAESKey, receiveId: corpid };
  // tag/addtagusers takes 1 000 at a time; a userid has 64 characters at most.
  const members = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(64, 'u'));
  const event = {
    FromUserName: 'sys',
    CreateTime: Math.floor(Date.now() / 1_000),
    Event: 'change_contact',
    ChangeType: 'update_tag',
    TagId: 7,
    AddUserItems: members.join(','),
  };
  const sealed = seal(account, eventXml(corpid, event));
  const response = await fetch(`${api.url}/api/wecom/callback/contacts?${pushQuery(sealed)}`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: envelope(sealed, corpid),
  });
  expect(response.status).toBe(200);
});

it('a stored access_token that cannot be read, and a wrong secret, cost ten gettoken an hour at most over all instances', async () => {
  const { corpid } = stack.wecom.company;
  const cache = (await import('../../lib/dynamodb/table.ts')).createTable(
    stack.client,
    stack.environment['CACHE_TABLE'] ?? '',
  );
  await cache.put({ pk: `${corpid}#token#1000002`, version: 1, lease: 'of another form' });
  stack.wecom.faults.add({ kind: 'wrong-secret' });
  stack.wecom.calls.clear();
  for (let instances = 0; instances < 12; instances += 1) {
    const { url } = await stack.newInstance();
    await fetch(`${url}/api/wecom/getUserInfo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"code":"some-code"}',
    });
  }
  await cache.delete({ pk: `${corpid}#token#1000002` });
  expect(stack.wecom.calls.count('gettoken')).toBeLessThanOrEqual(10);
});
