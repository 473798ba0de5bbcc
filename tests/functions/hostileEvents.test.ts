import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { contextOf } from '../harness/gateway.ts';
import { type Stack, startStack } from '../harness/stack.ts';

type Handlers = ReturnType<Stack['handlers']>;
type Json = Record<string, unknown>;

let stack: Stack;
let handlers: Handlers;

beforeAll(async () => {
  stack = await startStack();
  handlers = stack.handlers();
});

const read = createRequire(import.meta.url);
/** Every sample event, and the function that it is for. */
const samples = readdirSync('events').map((file) => ({
  file,
  name: file.split(/[-.]/)[0] as keyof Handlers,
  event: () => structuredClone(read(`../../events/${file}`)) as Json,
}));

/** Never a throw, a defect or a 5xx, and every refusal with its code and the body of its kind. */
async function expectOurs(name: keyof Handlers, event: unknown) {
  const context = contextOf();
  const { statusCode = 0, headers = {}, body } = await handlers[name](event, context);
  const what = `${name} ${statusCode} ${headers['x-error-code']} ${JSON.stringify(event)}`;
  expect(headers['x-error-code'], what).not.toBe('ERR_UNEXPECTED');
  expect(statusCode, what).toBeLessThan(500);
  expect(headers['x-request-id'], what).toBe(context.awsRequestId);
  if (statusCode >= 400) {
    expect(headers['x-error-code'], what).toMatch(/^ERR_[A-Z_]+(\/[a-z_-]+)?$/);
  }
  if (statusCode >= 400 && name === 'openid') {
    // What a person opens in a tab is answered with a page.
    expect(headers['content-type'], what).toMatch(
      /^(text\/html|application\/json); charset=utf-8$/,
    );
  } else if (String(headers['x-error-code']).startsWith('ERR_OPENID_REFUSED/')) {
    // The body is OAuth's.
    const error = String(headers['x-error-code']).slice('ERR_OPENID_REFUSED/'.length);
    expect(JSON.parse(String(body)), what).toMatchObject({ error });
  } else if (statusCode >= 400) {
    expect(JSON.parse(String(body)), what).toMatchObject({ code: expect.any(Number) });
  } else {
    expect(headers['x-error-code'], what).toBeUndefined();
  }
  return { statusCode, headers };
}

describe.each(samples)('events/$file', ({ name, event }) => {
  it.each([
    'body',
    'queryStringParameters',
    'pathParameters',
    'headers',
    'rawQueryString',
    'rawPath',
    'routeKey',
    'isBase64Encoded',
    'requestContext',
  ])('is answered below 500 with %s null, and without it', async (field) => {
    const { [field]: _, ...without } = event();
    await expectOurs(name, without);
    await expectOurs(name, { ...without, [field]: null });
  });

  it('is answered below 500 with everything null at once', async () => {
    const fields = Object.keys(event());
    await expectOurs(name, Object.fromEntries(fields.map((field) => [field, null])));
  });
});

describe('an event of any shape', () => {
  const anything = fc.oneof(
    fc.constantFrom(null, undefined, '', 0, true, [], {}, ['a'], { a: null }),
    fc.string(),
    fc.jsonValue(),
  );

  /** Puts any value anywhere into a sample. */
  const mutated = fc
    .tuple(fc.nat(samples.length - 1), fc.array(fc.tuple(fc.nat(), anything), { maxLength: 4 }))
    .map(([at, changes]) => {
      const { name, event } = samples[at] as (typeof samples)[number];
      const whole = event();
      for (const [nth, value] of changes) {
        const places = placesIn(whole);
        const [parent, key] = places[nth % places.length] ?? [whole, 'body'];
        // A copy: the same object twice could come to hold itself.
        parent[key] = structuredClone(value);
      }
      return { name, event: whole };
    });

  it('is never a throw, nor a failure that is not ours', async () => {
    await fc.assert(
      fc.asyncProperty(mutated, async ({ name, event }) => {
        await expectOurs(name, event);
      }),
      { numRuns: 600 },
    );
  });

  it('may also be no event at all', async () => {
    for (const name of Object.keys(handlers) as (keyof Handlers)[]) {
      for (const event of [null, undefined, '', 7, [], true, { requestContext: [] }]) {
        await expectOurs(name, event);
      }
    }
  });

  function placesIn(part: unknown): [parent: Json, key: string][] {
    if (typeof part !== 'object' || part === null) return [];
    return Object.entries(part).flatMap(([key, value]) => [
      [part as Json, key] as [Json, string],
      ...placesIn(value),
    ]);
  }
});

describe("API Gateway's IAM authorizer", () => {
  const asked = async (authorizer: unknown) => {
    const { verify } = stack.handlers({ VERIFY_ACCESS: 'iam' });
    const event: Json = structuredClone(read('../../events/verify.json'));
    const context = { ...(event['requestContext'] as Json), authorizer };
    return (await verify({ ...event, requestContext: context }, contextOf())).statusCode;
  };

  it.each([
    'arn:aws:iam::123456789012:user/zhangsan',
    'arn:aws-cn:sts::123456789012:assumed-role/reports/session',
    'arn:aws:iam::123456789012:root',
  ])('lets in %s', async (userArn) => {
    expect(await asked({ iam: { userArn } })).toBe(200);
  });

  it.each<[unknown]>([
    [{ iam: { userArn: '' } }],
    [{ iam: { userArn: ' ' } }],
    [{ iam: { userArn: 'anonymous' } }],
    [{ iam: { userArn: null } }],
    [{ iam: { userArn: true } }],
    [{ iam: { userArn: ['arn:aws:iam::123456789012:user/zhangsan'] } }],
    [{ iam: { userArn: { toString: 'arn:aws:iam::123456789012:user/zhangsan' } } }],
    [{ iam: { accountId: '123456789012' } }],
    [{ iam: [] }],
    [{ iam: 'arn:aws:iam::123456789012:user/zhangsan' }],
    [{ userArn: 'arn:aws:iam::123456789012:user/zhangsan' }],
    ['arn:aws:iam::123456789012:user/zhangsan'],
    [null],
    [undefined],
  ])('lets in no other shape: %j', async (authorizer) => {
    expect(await asked(authorizer)).toBe(403);
  });
});

describe('a request that no route takes', () => {
  const sent = (method: string, rawPath: string) =>
    expectOurs('notFound', { rawPath, requestContext: { http: { method } } });

  it.each([
    ['HEAD', '/api/wecom/verify/user123', 'GET'],
    ['HEAD', '/.well-known/jwks.json', 'GET'],
    ['PUT', '/api/wecom/callback/app', 'GET, POST'],
    ['get', '/api/wecom/getUserInfo', 'POST'],
  ])('%s %s is 405, and says which methods are allowed', async (method, path, allow) => {
    const { statusCode, headers } = await sent(method, path);
    expect(statusCode).toBe(405);
    expect(headers).toMatchObject({ allow, 'x-error-code': 'ERR_METHOD_NOT_ALLOWED' });
  });

  it.each([
    ['POST', '/api/wecom/getUserInfo/'],
    ['GET', '/api/wecom/verify/'],
    ['GET', '/api/wecom/verify/user123/'],
    ['GET', '/api/wecom/authorize/'],
    ['GET', '/API/wecom/authorize'],
    ['HEAD', '/api/wecom/verify/user123/'],
    ['GET', ''],
  ])('%s %s is another path: 404', async (method, path) => {
    const { statusCode, headers } = await sent(method, path);
    expect(statusCode).toBe(404);
    expect(headers).toMatchObject({ 'x-error-code': 'ERR_NOT_FOUND' });
  });
});
