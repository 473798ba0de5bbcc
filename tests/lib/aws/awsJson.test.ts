import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type AwsOptions, type AwsService, createAwsJson } from '../../../lib/aws/awsJson.ts';
import { type Clock, systemClock } from '../../../lib/clock.ts';
import { ConfigurationError } from '../../../lib/errors.ts';
import { serve } from '../../harness/serve.ts';

const SERVICE: AwsService = {
  name: 'dynamodb',
  target: 'DynamoDB_20120810',
  version: '1.0',
  bodyBytes: 10_000,
};
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: SECRET,
  sessionToken: 'a+session/token=',
};
const NOW = Date.parse('2026-03-02T01:02:03Z');
/** Real connections, waits that take no time. */
const pauses: number[] = [];
const clock: Clock = {
  now: () => NOW,
  sleep: async (milliseconds) => void pauses.push(milliseconds),
};

afterEach(() => {
  vi.unstubAllEnvs();
  pauses.length = 0;
});

function ask(endpoint: string, options: Partial<AwsOptions> = {}) {
  const credentials = async () => KEYS;
  return createAwsJson(SERVICE, { clock, region: 'ap-east-1', endpoint, credentials, ...options });
}

/** A service that answers in this order, the last for ever, and what it was asked. */
async function service(...answers: RequestListener[]) {
  const asked: { request: IncomingMessage; body: string }[] = [];
  const { url } = await serve(async (request, response) => {
    asked.push({ request, body: await text(request) });
    answers[Math.min(asked.length, answers.length) - 1]?.(request, response);
  });
  return { url, asked };
}

const answer =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(body);
const refuse = (status: number, name: string) =>
  answer(status, JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}` }));

describe('a request to AWS', () => {
  it('names its operation, and is its input as JSON', async () => {
    const { url, asked } = await service(answer(200, '{"Items":[]}'));
    expect(await ask(url)('Query', { TableName: '表' })).toEqual({ output: { Items: [] } });
    const [{ request, body } = { request: undefined, body: '' }] = asked;
    expect(request).toMatchObject({ method: 'POST', url: '/' });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.Query',
      'x-amz-date': '20260302T010203Z',
    });
    expect(body).toBe('{"TableName":"表"}');
  });

  it('is signed as AWS checks it, whatever it holds', async () => {
    const { url, asked } = await service(answer(200, '{}'));
    const send = ask(url);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (value) => {
        await send('PutItem', { Item: { value: { S: value } } });
        const { request, body } = asked.at(-1) ?? expect.fail();
        expect(request.headers['x-amz-security-token']).toBe(KEYS.sessionToken);
        expect(request.headers.authorization).toBe(signatureOf(request, body));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['/', '/'],
    ['/proxy/dynamodb', '/proxy/dynamodb/'],
    ['/proxy/dynamodb/', '/proxy/dynamodb/'],
  ])('is signed for the path it goes to, at an endpoint with %s', async (path, whole) => {
    const { url, asked } = await service(answer(200, '{}'));
    await ask(url + path)('GetItem', {});
    const { request, body } = asked.at(-1) ?? expect.fail();
    expect(request.url).toBe(whole);
    expect(request.headers.authorization).toBe(signatureOf(request, body));
  });
});

/**
 * What the service reckons itself: AWS Signature Version 4, "Create a signed AWS API request" in the
 * IAM user guide.
 */
function signatureOf(request: IncomingMessage, body: string): string {
  const hmac = (key: string | Buffer, data: string) =>
    createHmac('sha256', key).update(data).digest();
  const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');
  const { headers } = request;
  const signed = Object.keys(headers)
    .filter((name) => name === 'host' || name === 'content-type' || name.startsWith('x-amz-'))
    .sort();
  const canonical = [
    request.method,
    request.url,
    '',
    ...signed.map((name) => `${name}:${headers[name]}`),
    '',
    signed.join(';'),
    sha256(body),
  ].join('\n');
  const scope = '20260302/ap-east-1/dynamodb/aws4_request';
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${SECRET}`);
  const signature = hmac(key, toSign).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${signed.join(';')}, Signature=${signature}`;
}

describe('a refusal', () => {
  it.each([
    ['of a condition', 400, 'ConditionalCheckFailedException'],
    ['of the request', 400, 'ValidationException'],
    ['of the caller', 400, 'AccessDeniedException'],
    ['of the signature', 400, 'InvalidSignatureException'],
  ])('%s is told by name, and asked about once', async (_what, status, name) => {
    const { url, asked } = await service(refuse(status, name));
    expect(await ask(url)('PutItem', {})).toEqual({ refusal: name });
    expect(asked).toHaveLength(1);
  });

  it.each([
    'ParameterNotFound',
    'com.amazon.coral.service#ParameterNotFound',
    'ParameterNotFound:http://internal.amazon.com/coral/com.amazon.coral.validate/',
    'aws.ssm#ParameterNotFound:http://internal.amazon.com/coral/com.amazon#validate/',
  ])('has its name wherever AWS puts it: %s', async (type) => {
    const { url } = await service(answer(400, JSON.stringify({ __type: type })));
    expect(await ask(url)('GetItem', {})).toEqual({ refusal: 'ParameterNotFound' });
  });

  it.each([
    ['no name', {}],
    ['a name that is no text', { __type: { toString: 1 } }],
  ])('without a name is its status: %s', async (_what, body) => {
    const { url, asked } = await service(answer(500, JSON.stringify(body)));
    expect(await ask(url)('GetItem', {})).toEqual({ refusal: 'HTTP 500' });
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['throttling', refuse(400, 'ThrottlingException')],
    ['too much for the table', refuse(400, 'ProvisionedThroughputExceededException')],
    ['too much for the account', refuse(400, 'RequestLimitExceeded')],
    ['a defect of theirs', refuse(500, 'InternalServerError')],
    ['a page of a proxy', answer(503, '<html></html>')],
    ['a broken connection', (request: IncomingMessage) => void request.socket.destroy()],
  ])('by %s may pass: it is asked a second time', async (_what, fails: RequestListener) => {
    const { url, asked } = await service(fails, answer(200, '{}'));
    expect(await ask(url)('GetItem', {})).toEqual({ output: {} });
    expect(asked).toHaveLength(2);
    expect(pauses).toEqual([50]);
  });

  it.each([
    ['ThrottlingException', refuse(400, 'ThrottlingException')],
    ['HTTP 502', answer(502, '')],
    ['ECONNRESET', (request: IncomingMessage) => void request.socket.destroy()],
  ])('that stays is told after the second time: %s', async (refusal, fails: RequestListener) => {
    const { url, asked } = await service(fails);
    expect(await ask(url)('GetItem', {})).toEqual({ refusal });
    expect(asked).toHaveLength(2);
  });

  it('is not asked about again where one attempt is all there may be', async () => {
    const { url, asked } = await service(refuse(500, 'InternalServerError'));
    await ask(url, { attempts: 1 })('GetItem', {});
    expect(asked).toHaveLength(1);
  });

  it('by silence ends with the time of the second attempt', async () => {
    const { url, asked } = await service(() => undefined);
    expect(await ask(url, { milliseconds: 30 })('GetItem', {})).toEqual({ refusal: 'timeout' });
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['no JSON', '<html></html>'],
    ['nothing', ''],
    ['null', 'null'],
    ['a text', '"yes"'],
  ])('is also an answer of 200 with %s', async (_what, body) => {
    const { url } = await service(answer(200, body));
    expect(await ask(url)('GetItem', {})).toEqual({ refusal: 'HTTP 200' });
  });

  it('by an answer longer than any can be is not asked about again', async () => {
    const { url, asked } = await service(answer(200, `{"a":"${'x'.repeat(10_000)}"}`));
    expect(await ask(url)('GetItem', {})).toEqual({ refusal: 'too-long' });
    expect(asked).toHaveLength(1);
  });

  it('quotes nothing that the service said', async () => {
    const said = JSON.stringify({ __type: 'x#CANARY 1 CANARY2', message: 'CANARY' });
    const { url } = await service(answer(400, said));
    expect(await ask(url)('GetItem', {})).toEqual({ refusal: 'HTTP 400' });
  });

  it('of credentials is told by name only', async () => {
    const credentials = async () => {
      throw Object.assign(new Error('profile CANARY'), { name: 'CredentialsProviderError' });
    };
    const answered = await ask('http://127.0.0.1:9', { credentials })('GetItem', {});
    expect(answered).toEqual({ refusal: 'CredentialsProviderError' });
  });
});

describe('what it needs', () => {
  it('is a region, or else it is a configuration error, and nothing is sent', async () => {
    const { url, asked } = await service(answer(200, '{}'));
    vi.stubEnv('AWS_REGION', undefined);
    const options = { clock: systemClock, endpoint: url, credentials: async () => KEYS };
    await expect(createAwsJson(SERVICE, options)('GetItem', {})).rejects.toBeInstanceOf(
      ConfigurationError,
    );
    expect(asked).toEqual([]);
  });

  it.each(['127.0.0.1:3503', 'localhost:3503', 'ftp://127.0.0.1', ' '])(
    'is an endpoint of HTTP, or else it is a configuration error at the first question: %j',
    async (endpoint) => {
      const asking = ask(endpoint);
      await expect(asking('GetItem', {})).rejects.toMatchObject({
        code: 'ERR_CONFIGURATION',
        details: { advice: expect.stringContaining('AWS_ENDPOINT_URL') },
      });
    },
  );

  it('are credentials, or else it is a configuration error, and nothing is sent', async () => {
    const { url, asked } = await service(answer(200, '{}'));
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    const options = { clock: systemClock, endpoint: url, region: 'local' };
    await expect(createAwsJson(SERVICE, options)('GetItem', {})).rejects.toBeInstanceOf(
      ConfigurationError,
    );
    expect(asked).toEqual([]);
  });
});
