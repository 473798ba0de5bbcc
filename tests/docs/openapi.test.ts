import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { routes } from '../../lib/http/routes.ts';
import { FIXTURE_KEYS } from '../../local/wecom/callbacks/fixtureKeys.ts';
import {
  envelope,
  eventXml,
  pushQuery,
  seal,
  verificationQuery,
} from '../harness/callbackRequest.ts';
import type { Gateway } from '../harness/gateway.ts';
import { pkce, proof, redeem } from '../harness/journey.ts';
import { DOMAIN_PROOF, REDIRECT_URI, type Stack, startStack } from '../harness/stack.ts';

type Json = { [name: string]: Json } & Json[] & string;

const description = parse(readFileSync('docs/openapi.yaml', 'utf8')) as Json;
const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const operations = Object.entries(description['paths'] as Json).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({
    route: `${method.toUpperCase()} ${path}`,
    operation: item[method] as Json,
  })),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
(addFormats as unknown as (to: Ajv2020) => void)(ajv);
ajv.addSchema(description, 'openapi');

/** Follows a `$ref` of the description. */
function resolved(part: Json): Json {
  const ref = part?.['$ref'] as string | undefined;
  if (ref === undefined) return part;
  return ref
    .slice(2)
    .split('/')
    .reduce<Json>((at, name) => at[name] as Json, description);
}

function problems(schema: Json, value: unknown): unknown[] {
  // The references inside are relative to the whole description.
  const text = JSON.stringify(schema).replaceAll('"#/', '"openapi#/');
  const validate = ajv.compile(JSON.parse(text));
  return validate(value) ? [] : (validate.errors ?? []);
}

const seen = new Set<string>();

/** Holds a real answer against what is written about it. */
async function expectDescribed(route: string, response: Response): Promise<void> {
  const name = `${route} ${response.status}`;
  const operation = operations.find((each) => each.route === route)?.operation;
  const described = operation?.['responses']?.[response.status as never];
  expect(described, `${name} is described`).toBeDefined();
  const { headers = {}, content } = resolved(described as Json) as Record<string, Json>;
  for (const [header, written] of Object.entries(headers as Json)) {
    const { schema } = resolved(written) as Json;
    expect(problems(schema as Json, response.headers.get(header)), `${name} ${header}`).toEqual([]);
  }
  const text = await response.text();
  if (content === undefined) expect(text, name).toBe('');
  else {
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    expect(Object.keys(content), name).toEqual([type]);
    const body = type === 'application/json' ? JSON.parse(text) : text;
    expect(problems(content[type]?.['schema'] as Json, body), `${name} ${text}`).toEqual([]);
  }
  seen.add(name);
}

describe('the description of the API', () => {
  it('is of every route, and of no other', () => {
    expect(operations.map(({ route }) => route).sort()).toEqual([...routes].sort());
  });

  it('has one name for each operation, and refers to nothing that is not there', () => {
    const names = operations.map(({ operation }) => operation['operationId']);
    expect(new Set(names).size).toBe(operations.length);
    for (const [, ref = ''] of JSON.stringify(description).matchAll(/"\$ref":"([^"]+)"/g)) {
      expect(resolved({ $ref: ref } as unknown as Json), ref).toBeDefined();
    }
  });

  it('names every error code of ours', () => {
    const source = readFileSync('lib/errors.ts', 'utf8');
    const codes = new Set(Array.from(source.matchAll(/\| '(ERR_[A-Z_]+)'/g), ([, code]) => code));
    // With its reason, it has a pattern of its own.
    codes.delete('ERR_STATE_REFUSED');
    const { schema } = resolved({ $ref: '#/components/headers/ErrorCode' } as unknown as Json);
    const listed = ((schema?.['anyOf'] ?? []) as Json[]).flatMap((each) => each['enum'] ?? []);
    expect(listed).toEqual([...codes, 'ERR_UNEXPECTED'].sort());
  });

  it('has examples that are right by its own schemas', () => {
    let examples = 0;
    const walk = (part: Json) => {
      if (part === null || typeof part !== 'object') return;
      const { schema, example } = part;
      const more = Object.values(part['examples'] ?? {}).map((each) => (each as Json)['value']);
      for (const each of [example, ...more]) {
        if (!schema || each === undefined) continue;
        examples += 1;
        expect(problems(schema, each), JSON.stringify(each)).toEqual([]);
      }
      Object.values(part).forEach(walk as never);
    };
    walk(description);
    expect(examples).toBeGreaterThan(10);
  });
});

describe('the real answers are as described', () => {
  let stack: Stack;
  let api: Gateway;
  const authorize = () =>
    new URLSearchParams({
      redirect_uri: REDIRECT_URI,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
    });
  const get = (path: string, init: RequestInit = {}, to = api) =>
    fetch(to.url + path, { redirect: 'manual', ...init });
  const post = (body: unknown, to = api) =>
    get(
      '/api/wecom/getUserInfo',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      to,
    );
  const account = () => ({
    token: FIXTURE_KEYS.app.token,
    encodingAesKey: FIXTURE_KEYS.app.encodingAESKey,
    receiveId: stack.wecom.company.corpid,
  });

  beforeAll(async () => {
    stack = await startStack();
    api = await stack.newInstance();
  });

  it('GET /api/wecom/authorize', async () => {
    const route = 'GET /api/wecom/authorize';
    await expectDescribed(route, await get(`/api/wecom/authorize?${authorize()}`));
    await expectDescribed(route, await get('/api/wecom/authorize'));
    stack.dynamoDb.fail('down');
    await expectDescribed(route, await get(`/api/wecom/authorize?${authorize()}`));
    stack.dynamoDb.fail(undefined);
  });

  it('POST /api/wecom/getUserInfo', async () => {
    const route = 'POST /api/wecom/getUserInfo';
    const body = await proof(api.url);
    await expectDescribed(route, await post(body));
    await expectDescribed(route, await post({ ...body, code_verifier: pkce().verifier }));
    await expectDescribed(route, await post({ code: 'your_auth_code' }));
    await expectDescribed(route, await post({ code: 'no-such-code' }));
    await expectDescribed(route, await post({}));
    const stranger = stack.wecom.codes.mint({ visitor: 'stranger' });
    await expectDescribed(route, await post({ code: stranger }));
    stack.wecom.faults.add(45009, { on: 'auth/getuserinfo', times: 1 });
    await expectDescribed(route, await post({ code: 'your_auth_code' }));
    stack.wecom.faults.add(60020, { on: 'auth/getuserinfo', times: 1 });
    await expectDescribed(route, await post({ code: 'your_auth_code' }));
  });

  it('GET and POST /api/wecom/callback/{channel}', async () => {
    const path = '/api/wecom/callback/{channel}';
    const proven = seal(account(), 'echo');
    const at = (query: string, init?: RequestInit, channel = 'app') =>
      get(`/api/wecom/callback/${channel}?${query}`, init);
    await expectDescribed(`GET ${path}`, await at(verificationQuery(proven)));
    await expectDescribed(`GET ${path}`, await at(''));
    await expectDescribed(
      `GET ${path}`,
      await at(verificationQuery({ ...proven, signature: 'x' })),
    );
    await expectDescribed(`GET ${path}`, await at(verificationQuery(proven), {}, 'other'));
    const event = { FromUserName: 'user123', Event: 'unsubscribe' };
    const push = seal(account(), eventXml(account().receiveId, event));
    const send = (query: string, channel?: string) =>
      at(query, { method: 'POST', body: envelope(push, account().receiveId) }, channel);
    stack.dynamoDb.fail('down');
    await expectDescribed(`POST ${path}`, await send(pushQuery(push)));
    stack.dynamoDb.fail(undefined);
    await expectDescribed(`POST ${path}`, await send(pushQuery(push)));
    await expectDescribed(`POST ${path}`, await send(''));
    await expectDescribed(`POST ${path}`, await send(pushQuery({ ...push, signature: 'x' })));
    await expectDescribed(`POST ${path}`, await send(pushQuery(push), 'other'));
  });

  it('GET /api/wecom/verify/{userId}', async () => {
    const route = 'GET /api/wecom/verify/{userId}';
    const { body } = await redeem(api.url, await proof(api.url));
    await expectDescribed(route, await get('/api/wecom/verify/user123'));
    await expectDescribed(route, await get('/api/wecom/verify/user123?permission=report:read'));
    await expectDescribed(route, await get('/api/wecom/verify/!'));
    stack.dynamoDb.fail('down');
    await expectDescribed(route, await get('/api/wecom/verify/user123'));
    stack.dynamoDb.fail(undefined);
    const closed = await stack.newInstance({ VERIFY_ACCESS: 'session' });
    const authorization = `Bearer ${body.session?.access_token}`;
    for (const headers of [{}, { authorization: 'Bearer x.y.z' }, { authorization }]) {
      await expectDescribed(route, await get('/api/wecom/verify/lisi', { headers }, closed));
    }
  });

  it('GET /WW_verify_{proof}.txt', async () => {
    for (const name of [DOMAIN_PROOF, 'x'.repeat(16)]) {
      await expectDescribed('GET /WW_verify_{proof}.txt', await get(`/WW_verify_${name}.txt`));
    }
  });

  it('the discovery documents', async () => {
    const paths = ['/.well-known/openid-configuration', '/.well-known/jwks.json'];
    for (const path of paths) await expectDescribed(`GET ${path}`, await get(path));
    const misconfigured = await stack.newInstance({ SESSION_ISSUER: 'not a URL' });
    const callback = '/api/wecom/callback/{channel}';
    for (const path of paths)
      await expectDescribed(`GET ${path}`, await get(path, {}, misconfigured));
    const query = verificationQuery(seal(account(), 'echo'));
    const refused = await get(`/api/wecom/callback/app?${query}`, {}, misconfigured);
    await expectDescribed(`GET ${callback}`, refused);
  });

  it('and each described answer was seen, but for one that takes two pushes at one moment', () => {
    const described = operations.flatMap(({ route, operation }) =>
      Object.keys(operation['responses'] as Json).map((status) => `${route} ${status}`),
    );
    expect(described.filter((each) => !seen.has(each))).toEqual([
      'POST /api/wecom/callback/{channel} 503',
    ]);
  });
});
