import { beforeEach, describe, expect, it } from 'vitest';
import { decodeEncodingAesKey } from '../../../lib/callback/encodingAesKey.ts';
import { createOpenMessage } from '../../../lib/callback/openMessage.ts';
import { createReceivePush } from '../../../lib/callback/receivePush.ts';
import type { DirectoryChanges } from '../../../lib/directory/directoryChanges.ts';
import { envelope, eventXml, seal } from '../../harness/callbackRequest.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';

const NOW = 1_750_000_000_000;
const CORP_ID = 'ww0a1b2c3d4e5f6a7b';
const account = {
  token: 'AppToken',
  encodingAesKey: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C',
  receiveId: CORP_ID,
};

const clock = { now: () => NOW, sleep: async () => undefined };
const keys = {
  read: async () => ({
    token: account.token,
    key: decodeEncodingAesKey(account.encodingAesKey),
  }),
  readChanged: async () => undefined,
};

let calls: unknown[][];
let deadlines: number[];
let invocation: TestInvocation;

beforeEach(() => {
  calls = [];
  deadlines = [];
  invocation = createInvocation();
});

const noted =
  (name: string) =>
  async (id: string | number, { deadline }: { deadline: number }) => {
    calls.push([name, id]);
    deadlines.push(deadline);
  };
const directoryChanges: DirectoryChanges = {
  memberLeft: noted('memberLeft'),
  memberChanged: noted('memberChanged'),
  departmentChanged: noted('departmentChanged'),
  tagChanged: noted('tagChanged'),
};

async function receive(fields: Record<string, string | number>): Promise<void> {
  const sealed = seal(account, eventXml(CORP_ID, fields), NOW);
  await createReceivePush({
    corpId: CORP_ID,
    agentId: '1000002',
    openMessage: createOpenMessage({ app: keys, contacts: keys }, CORP_ID, clock),
    replayMemory: {
      once: async (_channel, _text, effect) => {
        await effect();
        return 'had';
      },
    },
    directoryChanges,
    clock,
  })('contacts', sealed, envelope(sealed, CORP_ID), invocation);
}

const change = (ChangeType: string, fields: Record<string, string | number>) =>
  receive({ FromUserName: 'sys', Event: 'change_contact', ChangeType, ...fields });

describe('the effect of', () => {
  it.each([
    [
      'unsubscribe',
      () => receive({ FromUserName: 'a', Event: 'unsubscribe' }),
      [['memberLeft', 'a']],
    ],
    [
      'subscribe',
      () => receive({ FromUserName: 'a', Event: 'subscribe' }),
      [['memberChanged', 'a']],
    ],
    ['delete_user', () => change('delete_user', { UserID: 'a' }), [['memberLeft', 'a']]],
    ['create_user', () => change('create_user', { UserID: 'a' }), [['memberChanged', 'a']]],
    ['update_user', () => change('update_user', { UserID: 'a' }), [['memberChanged', 'a']]],
    [
      'update_user with a new userid',
      () => change('update_user', { UserID: 'a', NewUserID: 'b' }),
      [
        ['memberChanged', 'a'],
        ['memberChanged', 'b'],
      ],
    ],
    ['create_party', () => change('create_party', { Id: 2 }), [['departmentChanged', 2]]],
    ['update_party', () => change('update_party', { Id: 2 }), [['departmentChanged', 2]]],
    ['delete_party', () => change('delete_party', { Id: 2 }), [['departmentChanged', 2]]],
    ['update_tag', () => change('update_tag', { TagId: 7 }), [['tagChanged', 7]]],
    ['a message', () => receive({ MsgType: 'text', Content: 'hello' }), []],
  ])('%s', async (_, received, expected) => {
    await received();
    expect(calls).toEqual(expected);
  });
});

describe('a push', () => {
  it('is worked on for four seconds at most, for WeCom hangs up after five', async () => {
    await change('delete_user', { UserID: 'a' });
    expect(deadlines).toEqual([NOW + 4_000]);
  });

  it('leaves one line in the log, with no more of a person than the userid', async () => {
    await change('update_user', { UserID: 'a', NewUserID: 'b', Mobile: '13800138000' });
    expect(invocation.lines).toHaveLength(1);
    expect(invocation.lines[0]).toMatchObject({
      channel: 'contacts',
      event: 'update_user',
      userid: 'a',
      newUserid: 'b',
      outcome: 'had',
    });
    expect(JSON.stringify(invocation.lines)).not.toContain('13800138000');
  });
});
