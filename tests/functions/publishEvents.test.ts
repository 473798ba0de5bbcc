import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHandler as createPersonChanges } from '../../functions/personChanges.ts';
import { createHandler } from '../../functions/publishEvents.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import type { BusEvent } from '../../local/eventBridge/entries.ts';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { Browser } from '../harness/browser.ts';
import { envelope, eventXml, pushQuery, seal } from '../harness/callbackRequest.ts';
import { expectInSchema } from '../harness/eventSchemas.ts';
import { contextOf } from '../harness/gateway.ts';
import { proof, redeem } from '../harness/journey.ts';
import { CLIENT_ID, discover, registerClient, signInByBrowser } from '../harness/openidSignIn.ts';
import { permit } from '../harness/permit.ts';
import { EVENT_BUS, type Instance, type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;
let api: Instance;
let corpId: string;
/** The number of events on the bus, and of dead letters, before the test. */
let before: { events: number; letters: number; lines: number };

beforeAll(async () => {
  stack = await startStack();
  corpId = stack.wecom.company.corpid;
  api = await stack.newInstance(stack.withBus);
  Object.assign(stack.background, stack.withBus);
});

beforeEach(() => {
  before = {
    events: stack.eventBridge.events.length,
    letters: stack.eventQueue.deadLetters.length,
    lines: stack.log().length,
  };
  return async () => {
    Object.assign(stack.eventBridge.faults, { isDown: false, throttled: 0, refuses: () => false });
    Object.assign(stack.eventQueue.faults, { isDown: false, refuses: false });
    await settled();
  };
});

/** Resolves when all that functions handed to others is done. */
async function settled(): Promise<void> {
  await stack.handedOver.settled();
  await stack.eventQueue.settled();
}

/** The events that came to the bus in this test. Each is as its schema says. */
async function arrived(): Promise<(BusEvent & { detail: Record<string, unknown> })[]> {
  await settled();
  const events = stack.eventBridge.events.slice(before.events);
  expectInSchema(...events);
  return events as (BusEvent & { detail: Record<string, unknown> })[];
}

const letters = () => stack.eventQueue.deadLetters.slice(before.letters);
const lines = () => stack.log().slice(before.lines);
const notSent = () => lines().filter(({ message }) => message === 'The event was not sent');

const newCode = (userid = 'user123') =>
  stack.wecom.codes.mint({ userid, scope: 'snsapi_privateinfo' });

/** A push of WeCom; the same each time it is sent. */
function push(fields: Record<string, string>, channel: 'app' | 'contacts' = 'contacts') {
  const { token, encodingAESKey } = FIXTURE_KEYS[channel];
  const account = { token, encodingAesKey: encodingAESKey, receiveId: corpId };
  const CreateTime = String(Math.floor(Date.now() / 1_000));
  const sealed = seal(account, eventXml(corpId, { FromUserName: 'sys', CreateTime, ...fields }));
  const query = pushQuery(sealed);
  return async (to = api.url): Promise<number> => {
    const headers = { 'content-type': 'text/xml' };
    const body = envelope(sealed, corpId);
    const url = `${to}/api/wecom/callback/${channel}?${query}`;
    return (await fetch(url, { method: 'POST', headers, body })).status;
  };
}

const contact = (ChangeType: string, fields: Record<string, string>) =>
  push({ Event: 'change_contact', ChangeType, ...fields });

describe('a sign-in', () => {
  it('sends MemberSignedIn with the six fields of the response', async () => {
    const { body } = await redeem(api.url, { code: newCode() });
    const [event, ...others] = await arrived();
    expect(others).toEqual([]);
    expect(event).toMatchObject({ 'detail-type': 'MemberSignedIn', source: 'wecom-auth' });
    expect(event?.detail).toEqual({
      version: '1',
      id: expect.any(String),
      time: expect.any(String),
      corpId,
      agentId: '1000002',
      stage: 'local',
      way: 'api',
      ...(body as { data: object }).data,
    });
    expect(event?.detail['mobile']).toBe('13800138000');
  });

  it('that a browser sends twice sends the same id twice', async () => {
    const mine = await proof(api.url);
    await redeem(api.url, mine);
    const other = await stack.newInstance(stack.withBus);
    expect((await redeem(other.url, mine)).status).toBe(200);
    const ids = (await arrived()).map(({ detail }) => detail['id']);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('that is refused sends nothing', async () => {
    expect((await redeem(api.url, { code: 'unknown' })).status).toBe(401);
    expect(await arrived()).toEqual([]);
  });

  it('to a client of the OpenID provider names the client, and a later one by its session sends nothing', async () => {
    await registerClient(stack.permissions, corpId);
    await permit(stack, 'member#user123');
    const provider = await stack.newInstance(stack.withBus);
    provider.environment['SESSION_ISSUER'] = provider.url;
    const app = stack.wecom.company.apps.find(({ agentid }) => agentid === 1000002);
    app?.trusted_domains.push(new URL(provider.url).host);
    const configuration = await discover(provider.url);
    const browser = new Browser();
    await signInByBrowser(configuration, browser, stack.wecom.url);
    await signInByBrowser(configuration, browser, stack.wecom.url);
    const events = await arrived();
    expect(events).toMatchObject([
      {
        'detail-type': 'MemberSignedIn',
        detail: { way: 'openid', clientId: CLIENT_ID, userid: 'user123', name: '张三' },
      },
    ]);
  });

  it.each([
    ['is away', { isDown: true }, 'ECONNRESET'],
    ['refuses', { refuses: true }, 'InternalError'],
  ])(
    'succeeds while SQS %s; the lost event has a log line and a metric',
    async (_what, fault, reason) => {
      Object.assign(stack.eventQueue.faults, fault);
      expect((await redeem(api.url, { code: newCode() })).status).toBe(200);
      expect(await arrived()).toEqual([]);
      expect(notSent()).toMatchObject([
        {
          level: 'ERROR',
          event: 'MemberSignedIn',
          eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          userid: 'user123',
          error: 'ERR_EVENT_NOT_SENT',
          reason,
          EventNotSent: 1,
        },
      ]);
    },
  );

  it('with a name of odd characters sends it', async () => {
    const member = stack.wecom.company.members.find(({ userid }) => userid === 'lisi');
    if (member === undefined) throw new Error('no member');
    const { name } = member;
    member.name = 'a\u0001\uFFFE\uFFFF"\u{10FFFF}\u2028';
    await redeem(api.url, { code: newCode('lisi') });
    const [event] = await arrived();
    expect(event?.detail['name']).toBe(member.name);
    member.name = name;
  });

  it('sends nothing, and asks SQS for nothing, on a stage without a bus', async () => {
    const plain = await stack.newInstance();
    const requests = stack.eventQueue.requests.length;
    expect((await redeem(plain.url, { code: newCode() })).status).toBe(200);
    expect(await arrived()).toEqual([]);
    expect(stack.eventQueue.requests).toHaveLength(requests);
  });
});

describe('a callback', () => {
  it.each([
    ['delete_user', 'MemberLeft'],
    ['create_user', 'MemberChanged'],
    ['update_user', 'MemberChanged'],
  ])('%s sends %s', async (reason, type) => {
    expect(await contact(reason, { UserID: 'WangWu' })()).toBe(200);
    const events = await arrived();
    const [event] = events.filter((each) => each['detail-type'] === type);
    expect(event?.detail).toMatchObject({ userid: 'WangWu', reason });
    expect(event?.detail).not.toHaveProperty('newUserid');
  });

  it.each([
    ['unsubscribe', 'MemberLeft'],
    ['subscribe', 'MemberChanged'],
  ])('%s of the app sends %s', async (Event, type) => {
    expect(await push({ FromUserName: 'lisi', Event, AgentID: '1000002' }, 'app')()).toBe(200);
    const details = (await arrived()).map(({ detail }) => detail);
    expect(details).toMatchObject([{ userid: 'lisi', reason: Event }]);
    expect((await arrived())[0]?.['detail-type']).toBe(type);
  });

  it('of a rename sends both userids', async () => {
    await contact('update_user', { UserID: 'zhaoliu', NewUserID: 'zhaoliu2' })();
    const [event] = await arrived();
    expect(event?.detail).toMatchObject({ userid: 'zhaoliu', newUserid: 'zhaoliu2' });
  });

  it('has the time of WeCom, in whole seconds', async () => {
    const CreateTime = String(Math.floor(Date.now() / 1_000) - 30);
    await contact('update_user', { UserID: 'lisi', CreateTime })();
    const time = new Date(Number(CreateTime) * 1_000).toISOString();
    expect((await arrived())[0]?.detail['time']).toBe(time);
  });

  it('about a department or a tag, or one that cannot be read, sends nothing', async () => {
    await contact('update_party', { Id: '2' })();
    await contact('update_tag', { TagId: '1' })();
    await contact('update_user', { UserID: '<script>' })();
    await contact('explode_user', { UserID: 'lisi' })();
    expect(await arrived()).toEqual([]);
  });

  it('that comes again sends nothing again', async () => {
    const deliver = contact('update_user', { UserID: 'lisi', Name: 'once' });
    await deliver();
    await deliver();
    expect(await arrived()).toHaveLength(1);
  });

  it('whose event is not sent fails, and its next delivery sends the same id', async () => {
    const deliver = contact('update_user', { UserID: 'lisi', Name: 'twice' });
    stack.eventQueue.faults.isDown = true;
    expect(await deliver()).toBe(500);
    stack.eventQueue.faults.isDown = false;
    const [line] = notSent();
    expect(line).toMatchObject({ EventNotSent: 1, reason: 'ECONNRESET' });
    expect(lines().at(-1)).toMatchObject({ error: 'ERR_EVENT_NOT_SENT', fault: 'aws' });
    expect(await deliver()).toBe(200);
    const events = await arrived();
    expect(events.map(({ detail }) => detail['id'])).toEqual([line?.['eventId']]);
  });
});

describe('a change of grants that the directory causes', () => {
  const grant = (userid: string, permission: string) =>
    stack.permissions.put(
      grantItem(corpId, {
        subject: `member#${userid}`,
        permission,
        effect: 'allow',
        until: Date.parse('2031-01-01T00:00:00Z'),
        note: '试用',
        by: 'local:somebody',
        at: Date.now() - 1_000_000,
      }),
    );
  const changes = async () =>
    (await arrived())
      .filter((event) => event['detail-type'] === 'GrantChanged')
      .map(({ detail }) => detail);

  it('sends GrantChanged with what the audit line says', async () => {
    await grant('qianqi', 'report:read');
    expect(await contact('delete_user', { UserID: 'QianQi' })()).toBe(200);
    const terms = { effect: 'allow', until: '2031-01-01T00:00:00.000Z', note: '试用' };
    expect(await changes()).toMatchObject([
      {
        subject: 'user:qianqi',
        permission: 'report:read',
        before: terms,
        after: { ...terms, suspendedAt: expect.any(String) },
        by: 'directory',
        cause: { kind: 'left', userid: 'qianqi' },
      },
    ]);
  });

  it('by a rename sends one for each userid', async () => {
    await grant('sunba', 'access');
    await contact('update_user', { UserID: 'sunba', NewUserID: 'sunba2' })();
    const sent = await changes();
    expect(sent.map(({ subject }) => subject).sort()).toEqual(['user:sunba', 'user:sunba2']);
    expect(sent.find(({ subject }) => subject === 'user:sunba')).not.toHaveProperty('after');
    expect(sent.find(({ subject }) => subject === 'user:sunba2')).not.toHaveProperty('before');
  });

  it('is sent by a later run, if the run that changed the grant could not', async () => {
    await grant('zhoujiu', 'access');
    const failedBefore = stack.handedOver.deadLetters.length;
    // Of personChanges alone: the callback itself sends its event.
    stack.background['EVENT_QUEUE'] = 'http://127.0.0.1:9/000000000000/absent';
    expect(await contact('delete_user', { UserID: 'zhoujiu' })()).toBe(200);
    expect(await changes()).toEqual([]);
    const [letter, ...others] = stack.handedOver.deadLetters.slice(failedBefore);
    expect(others).toEqual([]);
    Object.assign(stack.background, stack.withBus);
    const handler = createPersonChanges({ ...stack.environment, ...stack.withBus });
    await handler(JSON.parse(letter?.event ?? ''), contextOf());
    expect(await changes()).toMatchObject([{ subject: 'user:zhoujiu', cause: { kind: 'left' } }]);
    const pending = await stack.permissions.query(`${corpId}#member#zhoujiu`, {
      prefix: 'pending#',
    });
    expect(pending.items).toEqual([]);
  });
});

describe('a bus that is away', () => {
  it('gets the event with its id from a later run', async () => {
    let refusals = 1;
    stack.eventBridge.faults.refuses = () => refusals-- > 0;
    await redeem(api.url, { code: newCode() });
    await settled();
    const [first, second] = stack.lambda.events
      .slice(-2)
      .map(({ event }) => JSON.parse(event).Records[0]);
    expect(first.body).toBe(second.body);
    const [event] = await arrived();
    expect(event?.detail).toEqual(JSON.parse(first.body).detail);
    expect(letters()).toEqual([]);
  });

  it('for all runs leaves a dead letter with the whole event, which can be sent later', async () => {
    stack.eventBridge.faults.isDown = true;
    expect((await redeem(api.url, { code: newCode() })).status).toBe(200);
    await settled();
    const [letter, ...others] = letters();
    expect(others).toEqual([]);
    const failed = lines().filter((line) => line['function'] === 'publishEvents');
    expect(failed.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed']);
    expect(failed[0]).toMatchObject({ error: 'ERR_EVENT_NOT_SENT', fault: 'aws', bus: EVENT_BUS });

    stack.eventBridge.faults.isDown = false;
    await run([letter?.body ?? '']);
    expect(await arrived()).toMatchObject([{ detail: JSON.parse(letter?.body ?? '').detail }]);
  });

  it('that does not exist leaves a dead letter too: EventBridge itself would drop the event', async () => {
    stack.background['EVENT_BUS'] = 'elsewhere';
    await redeem(api.url, { code: newCode() });
    await settled();
    delete stack.background['EVENT_BUS'];
    expect(letters()).toHaveLength(1);
    const [line] = lines().filter(({ outcome }) => outcome === 'failed');
    expect(line).toMatchObject({ reason: 'ResourceNotFoundException', bus: 'elsewhere' });
  });
});

/** A run of the function with these messages, as SQS delivers them. */
function run(bodies: readonly unknown[], environment: object = { EVENT_BUS }) {
  const Records = bodies.map((body, at) => ({ messageId: `m${at}`, body, eventSource: 'aws:sqs' }));
  return createHandler({ ...stack.environment, ...environment })({ Records }, contextOf());
}

const detail = (id: string, more: object = {}) => ({
  ...{ version: '1', id: id.padEnd(36, '0'), time: '2026-06-01T04:00:00.000Z' },
  ...{ corpId: 'ww1', agentId: '1', stage: 'local', userid: 'lisi', reason: 'unsubscribe' },
  ...more,
});
const message = (id: string, more: object = {}) =>
  JSON.stringify({ type: 'MemberLeft', detail: detail(id), ...more });

describe('publishEvents', () => {
  it('reports the messages whose events were refused, and only those', async () => {
    stack.eventBridge.faults.refuses = ({ Detail }) => /"id":"(b|d)/.test(String(Detail));
    const { batchItemFailures } = await run(['a', 'b', 'c', 'd'].map((id) => message(id)));
    expect(batchItemFailures).toEqual([{ itemIdentifier: 'm1' }, { itemIdentifier: 'm3' }]);
    expect((await arrived()).map((event) => event.detail['id'])).toEqual([
      detail('a').id,
      detail('c').id,
    ]);
    expect(lines()).toMatchObject([
      { message: 'Events published', events: 2, failed: 2 },
      {
        outcome: 'failed',
        error: 'ERR_EVENT_NOT_SENT',
        reason: 'InternalFailure',
        eventIds: [detail('b').id, detail('d').id],
      },
    ]);
  });

  it.each([
    ['no JSON', 'CANARY'],
    ['an unknown type', message('a', { type: 'CANARY' })],
    ['no detail', message('a', { detail: 'CANARY' })],
    ['another version', message('a', { detail: detail('a', { version: '2' }) })],
    ['no id', message('a', { detail: detail('a', { id: '' }) })],
    ['an id that is no text', message('a', { detail: detail('a', { id: 1 }) })],
    ['a time that is none', message('a', { detail: detail('a', { time: 'CANARY' }) })],
  ])('reports a message with %s, and publishes the others', async (_what, body) => {
    const { batchItemFailures } = await run([message('a'), body, message('c')]);
    expect(batchItemFailures).toEqual([{ itemIdentifier: 'm1' }]);
    expect(await arrived()).toHaveLength(2);
    expect(lines().at(-1)).toMatchObject({ error: 'ERR_CONFIGURATION', outcome: 'failed' });
    expect(JSON.stringify(lines())).not.toContain('CANARY');
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'CANARY'],
    ['no messages', { Records: [] }],
    ['too many messages', { Records: Array(11).fill({ messageId: 'm', body: message('a') }) }],
    ['a message without a body', { Records: [{ messageId: 'CANARY' }] }],
  ])('fails for an event of %s', async (_what, event) => {
    const handler = createHandler({ ...stack.environment, EVENT_BUS });
    await expect(handler(event, contextOf())).rejects.toThrow('The events were not published');
    expect(await arrived()).toEqual([]);
    expect(lines().at(-1)).toMatchObject({ error: 'ERR_CONFIGURATION', outcome: 'failed' });
    expect(JSON.stringify(lines())).not.toContain('CANARY');
  });

  it('says what is missing on a stage without a bus', async () => {
    await expect(run([message('a')], {})).rejects.toThrow('The events were not published');
    expect(lines().at(-1)).toMatchObject({ problem: 'EVENT_BUS is not set' });
  });

  it('logs how many events it put on the bus, and nothing of them', async () => {
    await redeem(api.url, { code: newCode() });
    await arrived();
    const own = lines().filter((line) => line['function'] === 'publishEvents');
    expect(own).toMatchObject([{ message: 'Events published', events: 1 }, { outcome: 'success' }]);
    expect(JSON.stringify(own)).not.toMatch(/user123|张三|13800138000/);
  });
});
