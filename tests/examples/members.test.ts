import { readFileSync } from 'node:fs';
import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { systemClock } from '../../lib/clock.ts';
import { memberEvent, memberSignedIn, type OutgoingEvent } from '../../lib/events/event.ts';
import { createEventBus } from '../../lib/events/eventBus.ts';
import { startDynamoDb } from '../../local/dynamodb.ts';
import { type EventBridge, startEventBridge } from '../../local/eventBridge/start.ts';
import { expectInSchema } from '../harness/eventSchemas.ts';
import { localDynamoDb } from '../harness/localAws.ts';

const TABLE = 'members';
const ORIGIN = { corpId: 'ww0a1b2c3d4e5f6a7b', agentId: '1000002', stage: 'prod' };
const NOON = Date.parse('2026-06-01T04:00:00Z');

let client: DynamoDBClient;
let eventBridge: EventBridge;
let handler: (event: unknown) => Promise<unknown>;
let member = '';

beforeAll(async () => {
  const dynamoDb = await startDynamoDb();
  eventBridge = await startEventBridge({ buses: ['company'] });
  client = localDynamoDb(dynamoDb.url);
  const { Resources } = parse(readFileSync('docs/examples/members/template.yml', 'utf8'), {
    logLevel: 'error',
  });
  const { AttributeDefinitions, KeySchema, BillingMode } = Resources.MembersTable.Properties;
  await client.send(
    new CreateTableCommand({ TableName: TABLE, AttributeDefinitions, KeySchema, BillingMode }),
  );
  vi.stubEnv('MEMBERS_TABLE', TABLE);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynamoDb.url);
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', eventBridge.url);
  vi.stubEnv('AWS_REGION', 'local');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const example: string = '../../docs/examples/members/storeMember.mjs';
  ({ handler } = await import(example));
  return async () => {
    vi.unstubAllEnvs();
    client.destroy();
    await eventBridge.close();
    await dynamoDb.close();
  };
});

let count = 0;
beforeEach(() => {
  count += 1;
  member = `User${count}`;
});

const id = () => crypto.randomUUID();

function signedIn(at: number, more: object = {}): OutgoingEvent {
  const fields = { name: '张三', mobile: '13800138000', email: 'zhang@company.com' };
  const rest = { department: '技术部', position: '工程师' };
  const person = { userid: member, ...fields, ...rest, ...more };
  return memberSignedIn(ORIGIN, { id: id(), at }, person, { way: 'api' });
}

function callback(type: string, at: number, more: object = {}): OutgoingEvent {
  const event = { type, id: id(), createdAt: at, userid: member.toUpperCase(), ...more };
  const outgoing = memberEvent(ORIGIN, event as Parameters<typeof memberEvent>[1]);
  if (outgoing === undefined) throw new Error('no event');
  return outgoing;
}

/** Sends the events over the bus, one after the other, to the function. */
async function send(...events: OutgoingEvent[]): Promise<void> {
  const before = eventBridge.events.length;
  await createEventBus('company', systemClock).put(events);
  const arrived = eventBridge.events.slice(before);
  expectInSchema(...arrived);
  for (const event of arrived) await handler(event);
}

async function stored(): Promise<Record<string, unknown>> {
  const Key = { member: { S: member.toLowerCase() } };
  const { Item = {} } = await client.send(new GetItemCommand({ TableName: TABLE, Key }));
  return Object.fromEntries(
    Object.entries(Item).map(([name, value]) => [name, value.S ?? Number(value.N)]),
  );
}

describe('the example that stores members', () => {
  it('stores a member who signed in', async () => {
    await send(signedIn(NOON));
    expect(await stored()).toEqual({
      member: member.toLowerCase(),
      userid: member,
      name: '张三',
      mobile: '13800138000',
      email: 'zhang@company.com',
      department: '技术部',
      position: '工程师',
      changedAt: NOON / 1_000,
    });
  });

  it('keeps a field that is empty in a later sign-in', async () => {
    await send(
      signedIn(NOON),
      signedIn(NOON + 60_000, { mobile: '', email: '', position: '主管' }),
    );
    expect(await stored()).toMatchObject({ mobile: '13800138000', position: '主管' });
  });

  it.each(['delete_user', 'unsubscribe'])('marks a member who left (%s)', async (reason) => {
    await send(signedIn(NOON), callback(reason, NOON + 60_000));
    const item = await stored();
    expect(item).toMatchObject({ name: '张三', leftAt: NOON / 1_000 + 60 });
    expect(item).not.toHaveProperty('mobile');
    expect(item).not.toHaveProperty('email');
  });

  it('marks the old userid of a renamed member', async () => {
    await send(signedIn(NOON), callback('update_user', NOON + 60_000, { newUserid: 'Other' }));
    expect(await stored()).toMatchObject({ renamedTo: 'Other', leftAt: NOON / 1_000 + 60 });
  });

  it('removes the mark of a member who signs in again', async () => {
    await send(signedIn(NOON), callback('delete_user', NOON + 60_000), signedIn(NOON + 120_000));
    expect(await stored()).not.toHaveProperty('leftAt');
  });

  it('ignores repeated and late events', async () => {
    const early = signedIn(NOON, { position: '实习生' });
    const late = signedIn(NOON + 60_000);
    const left = callback('delete_user', NOON + 120_000);
    await send(late, early, left);
    const once = await stored();
    await send(left, early, late, late, left);
    expect(await stored()).toEqual(once);
    expect(once).toMatchObject({ position: '工程师', leftAt: NOON / 1_000 + 120 });
  });

  it.each(['before', 'after'])(
    'marks a member who left in the second of a sign-in, if that event comes %s it',
    async (order) => {
      const both = [callback('delete_user', NOON), signedIn(NOON + 700)];
      await send(...(order === 'before' ? both : both.reverse()));
      expect(await stored()).toMatchObject({ leftAt: NOON / 1_000 });
    },
  );

  it('ignores members who were created or changed', async () => {
    await send(callback('create_user', NOON), callback('update_user', NOON));
    expect(await stored()).toEqual({});
  });

  it('fails without the table, so that the event is delivered again', async () => {
    const event = { 'detail-type': 'MemberLeft', detail: callback('delete_user', NOON).detail };
    await client.send(new DeleteTableCommand({ TableName: TABLE }));
    await expect(handler(event)).rejects.toThrow();
  });
});
