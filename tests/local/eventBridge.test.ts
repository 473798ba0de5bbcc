import {
  DescribeEventBusCommand,
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEventBridge } from '../../local/eventBridge/start.ts';

async function start() {
  const eventBridge = await startEventBridge({ buses: ['company'] });
  const client = new EventBridgeClient({
    endpoint: eventBridge.url,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await eventBridge.close();
  });
  const put = (...Entries: PutEventsRequestEntry[]) =>
    client.send(new PutEventsCommand({ Entries }));
  return { eventBridge, client, put };
}

const ENTRY = { Source: 'test', DetailType: 'Tried', Detail: '{"a":1}', EventBusName: 'company' };

describe("the stand-in for EventBridge, called by AWS's client,", () => {
  it('keeps an event in the form that a target receives, and shows it', async () => {
    const { eventBridge, put } = await start();
    const answer = await put({ ...ENTRY, Time: new Date('2026-06-01T04:00:00.700Z') });
    expect(answer).toMatchObject({
      FailedEntryCount: 0,
      Entries: [{ EventId: expect.any(String) }],
    });
    const event = {
      version: '0',
      id: answer.Entries?.[0]?.EventId,
      'detail-type': 'Tried',
      source: 'test',
      account: '123456789012',
      time: '2026-06-01T04:00:00Z',
      region: 'local',
      resources: [],
      detail: { a: 1 },
    };
    expect(eventBridge.events).toEqual([event]);
    expect(await (await fetch(`${eventBridge.url}/__events`)).json()).toEqual([event]);
  });

  it.each<[string, Partial<PutEventsRequestEntry>, string]>([
    ['no Source', { Source: undefined }, 'InvalidArgument'],
    ['no DetailType', { DetailType: '' }, 'InvalidArgument'],
    ['a DetailType over 128 characters', { DetailType: 'x'.repeat(129) }, 'InvalidArgument'],
    ['no Detail', { Detail: undefined }, 'InvalidArgument'],
    ['a Detail that is not JSON', { Detail: '{' }, 'MalformedDetail'],
    ['a Detail that is no object', { Detail: '[1]' }, 'MalformedDetail'],
    ['a source of AWS', { Source: 'aws.s3' }, 'NotAuthorizedForSourceException'],
  ])(
    'refuses an entry with %s, and takes the others of the request',
    async (_what, wrong, code) => {
      const { eventBridge, put } = await start();
      const answer = await put(ENTRY, { ...ENTRY, ...wrong }, ENTRY);
      expect(answer.FailedEntryCount).toBe(1);
      expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
        undefined,
        code,
        undefined,
      ]);
      expect(eventBridge.events).toHaveLength(2);
    },
  );

  it('refuses a request of no entry, of more than ten, and of over 256 kB', async () => {
    const { eventBridge, put } = await start();
    const refused = { name: 'ValidationException' };
    await expect(put()).rejects.toMatchObject(refused);
    await expect(put(...Array(11).fill(ENTRY))).rejects.toMatchObject(refused);
    const half = { ...ENTRY, Detail: JSON.stringify({ a: 'x'.repeat(130 * 1024) }) };
    await expect(put(half, half)).rejects.toMatchObject(refused);
    expect(eventBridge.events).toEqual([]);
    await put(...Array(10).fill(ENTRY));
    expect(eventBridge.events).toHaveLength(10);
  });

  it('drops events for a bus that does not exist, with a response of success', async () => {
    const { eventBridge, client, put } = await start();
    const other = { ...ENTRY, EventBusName: 'elsewhere' };
    expect(await put(other)).toMatchObject({ FailedEntryCount: 0 });
    expect(await put({ ...ENTRY, EventBusName: undefined })).toMatchObject({ FailedEntryCount: 0 });
    expect(eventBridge.events).toEqual([]);
    const describe = (Name: string) => client.send(new DescribeEventBusCommand({ Name }));
    expect(await describe('company')).toMatchObject({ Name: 'company' });
    await expect(describe('elsewhere')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('takes an ARN for the bus', async () => {
    const { eventBridge, put } = await start();
    await put({ ...ENTRY, EventBusName: 'arn:aws:events:local:123456789012:event-bus/company' });
    expect(eventBridge.events).toHaveLength(1);
  });

  it('keeps the last 1000 events', async () => {
    const { eventBridge, put } = await start();
    for (let at = 0; at < 101; at += 1) {
      await put(...Array(10).fill({ ...ENTRY, Detail: JSON.stringify({ at }) }));
    }
    expect(eventBridge.events).toHaveLength(1_000);
    expect(eventBridge.events[0]?.detail).toEqual({ at: 1 });
  });
});

describe('the stand-in refuses', () => {
  const SIGNED =
    'AWS4-HMAC-SHA256 Credential=local/20260601/local/events/aws4_request, SignedHeaders=host, Signature=0';
  const HEADERS = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSEvents.PutEvents',
    authorization: SIGNED,
  };

  it.each<[string, Record<string, string>, string, number, string]>([
    ['no signature', { authorization: '' }, '{}', 400, 'MissingAuthenticationTokenException'],
    [
      "another service's signature",
      { authorization: SIGNED.replace('/events/', '/ssm/') },
      '{}',
      400,
      'MissingAuthenticationTokenException',
    ],
    ['another operation', { 'x-amz-target': 'AWSEvents.PutRule' }, '{}', 400, 'UnknownOperation'],
    ['another content type', { 'content-type': 'text/plain' }, '{}', 404, 'UnknownOperation'],
    ['a body that is not JSON', {}, 'CANARY', 400, 'SerializationException'],
    ['a body of no object', {}, '[]', 400, 'SerializationException'],
    ['a misspelt member', {}, '{"Entries":[{"Sauce":"x"}]}', 400, 'SerializationException'],
    ['a body over 1 MB', {}, `"${'x'.repeat(1024 * 1024)}"`, 413, 'RequestEntityTooLarge'],
  ])('%s', async (_what, headers, body, status, type) => {
    const { eventBridge } = await start();
    const all = { ...HEADERS, ...headers };
    const answer = await fetch(eventBridge.url, { method: 'POST', headers: all, body });
    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(JSON.parse(text).__type).toContain(type);
    expect(text).not.toContain('CANARY');
  });

  it('a page of a browser', async () => {
    const { eventBridge } = await start();
    const headers = { ...HEADERS, origin: 'http://localhost:3000' };
    const url = `${eventBridge.url}/__events`;
    expect((await fetch(url, { headers })).status).toBe(403);
  });
});
