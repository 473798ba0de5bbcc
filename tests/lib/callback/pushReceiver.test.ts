import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MemberSignOuts, PersonChanges } from '../../../lib/callback/applyEvent.ts';
import { CallbackInProgress, CallbackRefused } from '../../../lib/callback/errors.ts';
import { MessageCrypt } from '../../../lib/callback/messageCrypt.ts';
import { PushReceiver } from '../../../lib/callback/pushReceiver.ts';
import { ReplayMemory } from '../../../lib/callback/replayMemory.ts';
import { decodeEncodingAesKey } from '../../../lib/callback/sharedKeys.ts';
import type { DirectoryChanges } from '../../../lib/directory/directoryChanges.ts';
import type { Table } from '../../../lib/dynamodb/table.ts';
import { StoreUnavailable } from '../../../lib/errors.ts';
import type { Invocation } from '../../../lib/invocation.ts';
import { knownSubOf } from '../../../lib/permissions/person.ts';
import { notePersonChange } from '../../../lib/permissions/personChange.ts';
import { envelope, eventXml, seal } from '../../harness/callbackRequest.ts';
import { newDirectoryInstance } from '../../harness/directory.ts';
import { createFakeWecom } from '../../harness/fakeWecom.ts';
import { createInvocation, type TestInvocation } from '../../harness/invocation.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';
import { createVirtualClock, type VirtualClock } from '../../harness/virtualClock.ts';

const START = 1_772_000_000_000;
const CORP_ID = 'ww0a1b2c3d4e5f6a7b';
const account = {
  token: 'AppToken',
  encodingAesKey: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C',
  receiveId: CORP_ID,
};
const sharedKeys = { token: account.token, key: decodeEncodingAesKey(account.encodingAesKey) };

type Fields = Record<string, string | number>;
const event = (fields: Fields) => eventXml(CORP_ID, fields);
const change = (ChangeType: string, fields: Fields) =>
  event({ FromUserName: 'sys', Event: 'change_contact', ChangeType, ...fields });

let calls: unknown[][];
let deadlines: number[];
let invocation: TestInvocation;

beforeEach(() => {
  calls = [];
  deadlines = [];
  invocation = createInvocation();
});

const record =
  (name: string) =>
  async (id: string | number, { deadline }: Invocation) => {
    calls.push([name, id]);
    deadlines.push(deadline);
  };
const recorded: DirectoryChanges = {
  memberLeft: record('memberLeft'),
  memberDeleted: record('memberDeleted'),
  memberChanged: record('memberChanged'),
  departmentChanged: record('departmentChanged'),
  tagChanged: record('tagChanged'),
};

const handOver = async () => undefined;

interface Setting {
  readonly clock?: VirtualClock;
  readonly directoryChanges?: DirectoryChanges;
  readonly replayMemory?: Pick<ReplayMemory, 'once'>;
  readonly personChanges?: PersonChanges;
  readonly signOuts?: MemberSignOuts;
  readonly readKeys?: () => Promise<typeof sharedKeys>;
}

/** Sends a genuine push, and runs it in virtual time. */
async function receive(text: string, setting: Setting = {}): Promise<void> {
  const { clock = createVirtualClock(START), readKeys = async () => sharedKeys } = setting;
  const keys = { read: readKeys, readChanged: async () => undefined };
  const sealed = seal(account, text, clock.now());
  const receiver = new PushReceiver({
    corpId: CORP_ID,
    agentId: '1000002',
    messageCrypt: new MessageCrypt({
      channelKeys: { app: keys, contacts: keys },
      receiveId: CORP_ID,
      clock,
    }),
    replayMemory: setting.replayMemory ?? {
      once: async (_channel, _id, effect) => {
        await effect();
        return 'applied';
      },
    },
    directoryChanges: setting.directoryChanges ?? recorded,
    personChanges: setting.personChanges ?? { note: async () => [], handOver },
    signOuts: setting.signOuts ?? { subOf: async () => undefined, handOver },
    clock,
  });
  await clock.run(receiver.receive('contacts', sealed, envelope(sealed, CORP_ID), invocation));
}

describe('a push', () => {
  it.each([
    ['applies an event of the app', event({ FromUserName: 'a', Event: 'unsubscribe' }), 'a'],
    ['applies a change of the contact book', change('update_tag', { TagId: 7 }), 7],
  ])('%s', async (_, text, id) => {
    await receive(text);
    expect(calls).toEqual([[expect.any(String), id]]);
  });

  it('that is a message has no effect', async () => {
    await receive(event({ MsgType: 'text', Content: 'hello' }));
    expect(calls).toEqual([]);
  });
});

describe('the log of a push', () => {
  it('is one line with nothing of a person; whom it is about is noted apart', async () => {
    await receive(change('update_user', { UserID: 'a', NewUserID: 'b', Mobile: '13800138000' }));
    expect(invocation.lines).toHaveLength(1);
    expect(invocation.lines[0]).toMatchObject({
      level: 'INFO',
      channel: 'contacts',
      event: 'update_user',
      eventId: expect.stringMatching(/^[0-9a-f]{64}$/),
      createdAt: 1_700_000_000_000,
      outcome: 'applied',
    });
    const line = JSON.parse(JSON.stringify(invocation.lines[0]));
    expect(Object.keys(line).filter((name) => /userid/i.test(name))).toEqual([]);
    // Who comes next signs in under the new userid.
    expect(invocation.members).toEqual(['b']);
    expect(invocation.facts).toEqual({ event: 'update_user' });
    expect(JSON.stringify(invocation.lines)).not.toContain('13800138000');
  });

  it('counts a message that is ignored, without a warning', async () => {
    await receive(event({ MsgType: 'text', Content: 'my secret' }));
    expect(invocation.lines).toHaveLength(1);
    expect(invocation.lines[0]).toMatchObject({
      level: 'INFO',
      channel: 'contacts',
      event: 'message text',
      CallbackIgnored: 1,
    });
    expect(JSON.stringify(invocation.lines)).not.toContain('my secret');
  });

  it.each([
    ['a text that is not XML', '13800138000', 'message'],
    ['a leaver whose userid is unreadable', change('delete_user', { UserID: 'a\ufffd' }), 'UserID'],
    ['a leaver without a userid', change('delete_user', {}), 'UserID'],
    ['a department whose id is not a number', change('delete_party', { Id: 'a' }), 'Id'],
  ])('is a warning with a metric for %s', async (_, text, unreadable) => {
    await receive(text);
    expect(calls).toEqual([]);
    expect(invocation.lines).toHaveLength(1);
    expect(invocation.lines[0]).toMatchObject({ level: 'WARN', unreadable, CallbackIgnored: 1 });
    expect(JSON.stringify(invocation.lines)).not.toContain('13800138000');
  });

  it('is a warning for a rename whose new userid is unreadable; the old userid is read again', async () => {
    await receive(change('update_user', { UserID: 'a', NewUserID: '/' }));
    expect(calls).toEqual([['memberChanged', 'a']]);
    expect(invocation.lines).toMatchObject([
      {
        level: 'WARN',
        unreadable: 'NewUserID',
        outcome: 'applied',
        CallbackIgnored: 1,
      },
    ]);
  });
});

describe('the budget of a push', () => {
  const BUDGET_MS = 4_000;

  it('is four seconds, because WeCom waits five', async () => {
    await receive(change('delete_user', { UserID: 'a' }));
    expect(deadlines).toEqual([START + BUDGET_MS]);
  });

  it('ends with the invocation if that is sooner', async () => {
    invocation = createInvocation(START + 1_000);
    await receive(change('delete_user', { UserID: 'a' }));
    expect(deadlines).toEqual([START + 1_000]);
  });

  it('covers reading the keys', async () => {
    const clock = createVirtualClock(START);
    const readKeys = () => clock.sleep(60_000).then(() => sharedKeys);
    const text = change('delete_user', { UserID: 'a' });
    await expect(receive(text, { clock, readKeys })).rejects.toBeInstanceOf(CallbackInProgress);
    expect(clock.now()).toBe(START + BUDGET_MS);
  });

  it('covers the effect', async () => {
    const clock = createVirtualClock(START);
    const memberDeleted = () => clock.sleep(60_000);
    const text = change('delete_user', { UserID: 'a' });
    const directoryChanges = { ...recorded, memberDeleted };
    await expect(receive(text, { clock, directoryChanges })).rejects.toMatchObject({
      code: 'ERR_CALLBACK_IN_PROGRESS',
      details: { channel: 'contacts' },
    });
    expect(clock.now()).toBe(START + BUDGET_MS);
  });

  it('covers the work of waitUntil, and a log line says that it was cut off', async () => {
    const clock = createVirtualClock(START);
    const memberDeleted = async (_: string, { waitUntil }: Invocation) =>
      waitUntil(clock.sleep(60_000));
    await receive(change('delete_user', { UserID: 'a' }), {
      clock,
      directoryChanges: { ...recorded, memberDeleted },
    });
    await clock.run(invocation.settled());
    expect(clock.now()).toBe(START + BUDGET_MS);
    expect(invocation.lines).toContainEqual(
      expect.objectContaining({ level: 'WARN', message: 'Work after a push was cut off' }),
    );
  });

  it('does not delay the response when the work ends earlier', async () => {
    const clock = createVirtualClock(START);
    const memberDeleted = async (_: string, { waitUntil }: Invocation) =>
      waitUntil(clock.sleep(10));
    await receive(change('delete_user', { UserID: 'a' }), {
      clock,
      directoryChanges: { ...recorded, memberDeleted },
    });
    await clock.run(invocation.settled());
    expect(clock.now()).toBe(START + 10);
    expect(invocation.lines).toHaveLength(1);
  });

  it("leaves an error of waitUntil's work to the invocation", async () => {
    const failures: unknown[] = [];
    const waitUntil = (work: Promise<unknown>) =>
      void work.catch((error: unknown) => failures.push(error));
    invocation = { ...invocation, waitUntil };
    const memberDeleted = async (_: string, bounded: Invocation) =>
      bounded.waitUntil(Promise.reject(new StoreUnavailable('down')));
    await receive(change('delete_user', { UserID: 'a' }), {
      directoryChanges: { ...recorded, memberDeleted },
    });
    await expect.poll(() => failures).toEqual([new StoreUnavailable('down')]);
  });

  it('keeps the error of a push that failed earlier', async () => {
    const memberDeleted = () => Promise.reject(new StoreUnavailable('down'));
    const text = change('delete_user', { UserID: 'a' });
    const directoryChanges = { ...recorded, memberDeleted };
    await expect(receive(text, { directoryChanges })).rejects.toThrow('down');
    const readKeys = () => Promise.reject(new CallbackRefused('-40001'));
    await expect(receive(text, { readKeys })).rejects.toBeInstanceOf(CallbackRefused);
  });
});

describe('if every response of DynamoDB is 0.8 s late', () => {
  const LATE_MS = 800;
  let tables: Tables;
  /** Requests that DynamoDB is processing. Virtual time stands still meanwhile. */
  let underWay = 0;
  let clock: VirtualClock;

  beforeAll(async () => {
    tables = await startTables();
    return tables.close;
  });

  beforeEach(() => {
    clock = createVirtualClock(START, () => underWay > 0);
  });

  async function delayed<T>(request: Promise<T>): Promise<T> {
    underWay += 1;
    const response = await request.finally(() => {
      underWay -= 1;
    });
    await clock.sleep(LATE_MS);
    return response;
  }

  const late = (table: Table): Table => ({
    get: (...request) => delayed(table.get(...request)),
    put: (...request) => delayed(table.put(...request)),
    update: (...request) => delayed(table.update(...request)),
    delete: (...request) => delayed(table.delete(...request)),
    query: (...request) => delayed(table.query(...request)),
    list: (...request) => delayed(table.list(...request)),
    batchGet: (...request) => delayed(table.batchGet(...request)),
  });

  const lateMemory = () => new ReplayMemory({ table: late(tables.cache), corpId: CORP_ID, clock });

  /** An effect that takes so many requests, and work of `waitUntil` that takes more. */
  const effectOf = (requests: number, afterwards: number): DirectoryChanges => ({
    ...recorded,
    memberDeleted: async (userid, { waitUntil }) => {
      await clock.sleep(requests * LATE_MS);
      calls.push(['memberDeleted', userid]);
      waitUntil(clock.sleep(afterwards * LATE_MS));
    },
  });

  /** Delivers the push. @returns the status, and how long the response took with the work of `waitUntil` */
  async function respond(text: string, directoryChanges: DirectoryChanges, requestId: string) {
    invocation = { ...createInvocation(START + 60_000), requestId };
    const begin = clock.now();
    const setting = { clock, directoryChanges, replayMemory: lateMemory() };
    const status = await receive(text, setting).then(
      () => 200,
      () => 503,
    );
    await clock.run(invocation.settled());
    return { status, tookMs: clock.now() - begin };
  }

  it('a push that needs a claim and three requests is acknowledged within four seconds', async () => {
    const text = change('delete_user', { UserID: 'a', Order: 1 });
    // The settling of the claim and the reading of the member run side by side.
    const response = await respond(text, effectOf(3, 6), 'first');
    expect(response).toEqual({ status: 200, tookMs: 4_000 });
    expect(calls).toEqual([['memberDeleted', 'a']]);
  });

  it('its copy has no second effect', async () => {
    const text = change('delete_user', { UserID: 'a', Order: 2 });
    expect(await respond(text, effectOf(2, 1), 'first')).toEqual({ status: 200, tookMs: 3_200 });
    expect(await respond(text, effectOf(2, 1), 'copy')).toEqual({ status: 200, tookMs: 1_600 });
    expect(calls).toHaveLength(1);
  });

  it('a push that needs more is refused after four seconds, and applied by a retry', async () => {
    const text = change('delete_user', { UserID: 'a', Order: 3 });
    expect(await respond(text, effectOf(10, 0), 'first')).toEqual({ status: 503, tookMs: 4_000 });
    await clock.pass(10 * LATE_MS);
    expect(await respond(text, effectOf(1, 0), 'retry')).toMatchObject({ status: 200 });
  });

  it.each([
    ['a deletion', 3, change('delete_user', { UserID: 'leaver' })],
    ['a creation', 3, change('create_user', { UserID: 'newcomer' })],
    ['a change of a member', 2, change('update_user', { UserID: 'changed' })],
    ['a rename', 4, change('update_user', { UserID: 'renamed', NewUserID: 'renamed2' })],
    ['a change of a department', 3, change('update_party', { Id: 3 })],
    ['a change of a tag', 3, change('update_tag', { TagId: 7 })],
  ])('%s is acknowledged after %i requests in sequence', async (_, requests, text) => {
    const permissions = late(tables.permissions);
    const parts = {
      tables: { ...tables, cache: late(tables.cache), permissions },
      app: APP,
      clock,
    };
    const { changes } = newDirectoryInstance({ ...parts, client: createFakeWecom(clock).client });
    const begin = clock.now();
    await receive(text, {
      clock,
      replayMemory: lateMemory(),
      directoryChanges: changes,
      personChanges: {
        note: (event) => notePersonChange(permissions, CORP_ID, event, clock.now()),
        handOver,
      },
      signOuts: {
        subOf: (userid) => knownSubOf({ table: permissions, corpId: CORP_ID }, userid),
        handOver,
      },
    });
    expect((clock.now() - begin) / LATE_MS).toBe(requests);
    await clock.run(invocation.settled());
  });
});
