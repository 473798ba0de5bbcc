import {
  GetQueueUrlCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSqs } from '../../local/sqs/start.ts';
import { startLambdaPort } from '../harness/lambdaPort.ts';

interface Batch {
  readonly Records: { readonly messageId: string; readonly body: string }[];
}

/** The stand-in, and a function that does what `run` says. */
async function start(run: (batch: Batch) => unknown = () => undefined) {
  const batches: string[][] = [];
  const lambda = await startLambdaPort(async () => async (event) => {
    const batch = event as Batch;
    batches.push(batch.Records.map(({ body }) => body));
    return run(batch);
  });
  const sqs = await startSqs({
    queue: 'events',
    lambdaUrl: lambda.url,
    function: 'publishEvents',
    pausesMs: [0, 0],
  });
  const client = new SQSClient({
    endpoint: sqs.url,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    useQueueUrlAsEndpoint: false,
  });
  onTestFinished(async () => {
    client.destroy();
    await sqs.close();
    await lambda.close();
  });
  const sendEntries = (Entries: SendMessageBatchRequestEntry[], QueueUrl = sqs.queueUrl) =>
    client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  const send = (...bodies: string[]) =>
    sendEntries(bodies.map((MessageBody, at) => ({ Id: String(at), MessageBody })));
  return { sqs, lambda, client, batches, send, sendEntries };
}

const failing = (test: (body: string) => boolean) => (batch: Batch) => ({
  batchItemFailures: batch.Records.filter(({ body }) => test(body)).map(({ messageId }) => ({
    itemIdentifier: messageId,
  })),
});

describe("the stand-in for SQS, called by AWS's client,", () => {
  it('delivers a batch to the function once', async () => {
    const { sqs, lambda, batches, send } = await start();
    const { Successful, Failed } = await send('a', 'b');
    expect(Successful).toHaveLength(2);
    expect(Failed ?? []).toEqual([]);
    await sqs.settled();
    expect(batches).toEqual([['a', 'b']]);
    expect(lambda.events.map(({ name }) => name)).toEqual(['publishEvents']);
    expect(sqs.deadLetters).toEqual([]);
  });

  it('delivers again what the function reports, and only that, and keeps it in the end', async () => {
    const { sqs, batches, send } = await start(failing((body) => body === 'b'));
    await send('a', 'b', 'c');
    await sqs.settled();
    expect(batches).toEqual([['a', 'b', 'c'], ['b'], ['b']]);
    const letter = { body: 'b', problem: 'the function reported it' };
    expect(sqs.deadLetters).toMatchObject([letter]);
    const shown = await fetch(`${sqs.url}/__dead-letters`);
    expect(await shown.json()).toMatchObject([letter]);
  });

  it.each<[string, (batch: Batch) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    [
      'reports a message that is not in the batch',
      () => ({ batchItemFailures: [{ itemIdentifier: 'x' }] }),
    ],
    ['returns what cannot be read', () => ({ batchItemFailures: 1 })],
  ])('delivers all again if the function %s', async (_what, run) => {
    const { sqs, batches, send } = await start(run);
    await send('a', 'b');
    await sqs.settled();
    expect(batches).toEqual(Array(3).fill(['a', 'b']));
    expect(sqs.deadLetters).toHaveLength(2);
  });

  it('keeps what a function that cannot be reached did not take', async () => {
    const { sqs, lambda, send } = await start();
    await lambda.close();
    await send('a');
    await sqs.settled();
    expect(sqs.deadLetters).toHaveLength(1);
  });

  it('tells the URL of its queue, and knows no other', async () => {
    const { sqs, client, sendEntries } = await start();
    const urlOf = (QueueName: string) => client.send(new GetQueueUrlCommand({ QueueName }));
    expect(await urlOf('events')).toMatchObject({ QueueUrl: sqs.queueUrl });
    const refused = { name: 'QueueDoesNotExist' };
    await expect(urlOf('others')).rejects.toMatchObject(refused);
    const other = sendEntries([{ Id: '0', MessageBody: 'a' }], `${sqs.queueUrl}-2`);
    await expect(other).rejects.toMatchObject(refused);
  });

  it('refuses a message with a character that SQS refuses, and takes the others', async () => {
    const { sqs, batches, send } = await start();
    const { Failed, Successful } = await send('a\t\n\r', 'b\uFFFE', 'c\u0001', 'd\u{10FFFF}');
    expect(Failed?.map(({ Id, Code }) => `${Id} ${Code}`)).toEqual([
      '1 InvalidMessageContents',
      '2 InvalidMessageContents',
    ]);
    expect(Successful).toHaveLength(2);
    await sqs.settled();
    expect(batches).toEqual([['a\t\n\r', 'd\u{10FFFF}']]);
  });

  it.each<[string, SendMessageBatchRequestEntry[], string]>([
    ['nothing', [], 'EmptyBatchRequest'],
    [
      'eleven messages',
      Array.from({ length: 11 }, (_, at) => ({ Id: String(at), MessageBody: 'a' })),
      'TooManyEntriesInBatchRequest',
    ],
    [
      'an id twice',
      [
        { Id: '0', MessageBody: 'a' },
        { Id: '0', MessageBody: 'b' },
      ],
      'BatchEntryIdsNotDistinct',
    ],
    ['an id of odd characters', [{ Id: '#', MessageBody: 'a' }], 'InvalidBatchEntryId'],
    ['over 256 kB', [{ Id: '0', MessageBody: 'x'.repeat(256 * 1024 + 1) }], 'BatchRequestTooLong'],
  ])('refuses a request of %s', async (_what, entries, type) => {
    const { sqs, batches, sendEntries } = await start();
    await expect(sendEntries(entries)).rejects.toMatchObject({ name: type });
    await sqs.settled();
    expect(batches).toEqual([]);
  });
});

describe('the stand-in refuses', () => {
  const SIGNED =
    'AWS4-HMAC-SHA256 Credential=local/20260601/local/sqs/aws4_request, SignedHeaders=host, Signature=0';
  const HEADERS = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'AmazonSQS.SendMessageBatch',
    authorization: SIGNED,
  };

  it.each<[string, Record<string, string>, string, number]>([
    ['no signature', { authorization: '' }, '{}', 403],
    ["another service's signature", { authorization: SIGNED.replace('/sqs/', '/ssm/') }, '{}', 403],
    ['another operation', { 'x-amz-target': 'AmazonSQS.PurgeQueue' }, '{}', 400],
    ['another content type', { 'content-type': 'text/plain' }, '{}', 404],
    ['a body that is not JSON', {}, 'CANARY', 400],
    ['a body of no object', {}, '[]', 400],
    ['a body over 1 MB', {}, `"${'x'.repeat(1024 * 1024)}"`, 413],
    ['a page of a browser', { origin: 'http://localhost:3000' }, '{}', 403],
  ])('%s', async (_what, headers, body, status) => {
    const { sqs } = await start();
    const all = { ...HEADERS, ...headers };
    const answer = await fetch(sqs.url, { method: 'POST', headers: all, body });
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain('CANARY');
  });
});
