import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { routes } from '../../lib/http/routes.ts';
import { membershipKey } from '../../lib/tableKeys.ts';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { Browser } from '../harness/browser.ts';
import {
  envelope,
  eventXml,
  pushQuery,
  seal,
  verificationQuery,
} from '../harness/callbackRequest.ts';
import { sessionOf } from '../harness/console.ts';
import type { Gateway } from '../harness/gateway.ts';
import { pkce, proof, redeem } from '../harness/journey.ts';
import {
  CLIENT_ID,
  CLIENT_REDIRECT,
  CLIENT_SECRET,
  registerClient,
} from '../harness/openidSignIn.ts';
import { permit } from '../harness/permit.ts';
import { DOMAIN_PROOF, REDIRECT_URI, type Stack, startStack } from '../harness/stack.ts';
import { returnOf } from '../harness/wecomPage.ts';

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
  // References are relative to the whole description.
  const text = JSON.stringify(schema).replaceAll('"#/', '"openapi#/');
  const validate = ajv.compile(JSON.parse(text));
  return validate(value) ? [] : (validate.errors ?? []);
}

const GRANT = { action: 'grant', subject: 'user:lisi', permission: 'report:read' };
const APPLICATION = {
  client_id: 'wiki',
  client_name: 'Wiki',
  redirect_uris: ['https://wiki.mycompany.cn/'],
};

const seen = new Set<string>();

/** Asserts that a real response is as described. */
async function expectDescribed(route: string, response: Response): Promise<void> {
  const name = `${route} ${response.status}`;
  const operation = operations.find((each) => each.route === route)?.operation;
  const described = operation?.['responses']?.[response.status as never];
  expect(described, `${name} is described`).toBeDefined();
  const { headers = {}, content } = resolved(described as Json) as Record<string, Json>;
  for (const [header, written] of Object.entries(headers as Json)) {
    const { schema, required } = resolved(written) as Json;
    const value = response.headers.get(header);
    if (required) expect(value, `${name} ${header}`).not.toBeNull();
    expect(problems(schema as Json, value), `${name} ${header}`).toEqual([]);
  }
  const text = await response.text();
  // A browser shows no body of a redirect; the provider's library writes one.
  const isSeeOther = response.status === 303;
  if (content === undefined) expect(isSeeOther ? '' : text, name).toBe('');
  else {
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    expect(Object.keys(content), name).toEqual([type]);
    const body = type === 'application/json' ? JSON.parse(text) : text;
    expect(problems(content[type]?.['schema'] as Json, body), `${name} ${text}`).toEqual([]);
  }
  seen.add(name);
}

describe('the description of the API', () => {
  it('has every route and no other', () => {
    const described = operations.map(({ route }) => route);
    // OPTIONS has the same response on every route, described once.
    expect(described.sort()).toEqual(routes.filter((each) => !each.startsWith('OPTIONS ')).sort());
  });

  it('has one name for each operation, and every reference in it resolves', () => {
    const names = operations.map(({ operation }) => operation['operationId']);
    expect(new Set(names).size).toBe(operations.length);
    for (const [, ref = ''] of JSON.stringify(description).matchAll(/"\$ref":"([^"]+)"/g)) {
      expect(resolved({ $ref: ref } as unknown as Json), ref).toBeDefined();
    }
  });

  it('names every error code of ours', () => {
    const source = readFileSync('lib/errors.ts', 'utf8');
    const codes = new Set(Array.from(source.matchAll(/\| '(ERR_[A-Z_]+)'/g), ([, code]) => code));
    // These have patterns, because a reason follows them.
    codes.delete('ERR_STATE_REFUSED');
    for (const each of ['ERR_ABSENT', 'ERR_CONFLICT', 'ERR_UNCONFIRMED']) codes.delete(each);
    codes.delete('ERR_OPENID_REFUSED');
    const { schema } = resolved({ $ref: '#/components/headers/ErrorCode' } as unknown as Json);
    const listed = ((schema?.['anyOf'] ?? []) as Json[]).flatMap((each) => each['enum'] ?? []);
    expect(listed).toEqual([...codes, 'ERR_UNEXPECTED'].sort());
  });

  it('has examples that are valid by its schemas', () => {
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

describe('real responses are as described', () => {
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

  /** A sign-in, a refused sign-in and a sign-out, step by step, and the errors of each step. */
  async function visitProvider() {
    const own = await stack.newInstance();
    own.environment['SESSION_ISSUER'] = own.url;
    const app = stack.wecom.company.apps.find(({ agentid }) => agentid === 1000002);
    app?.trusted_domains.push(new URL(own.url).host);
    await registerClient(stack.permissions, stack.wecom.company.corpid);
    await permit(stack, 'member#user123');
    const request = new URLSearchParams({
      client_id: CLIENT_ID,
      redirect_uri: CLIENT_REDIRECT,
      response_type: 'code',
      scope: 'openid profile email groups',
    });
    const pages: [string, Response][] = [];
    const note = (route: string, response: Response) => {
      pages.push([route, response.clone()]);
      return new URL(response.headers.get('location') ?? '/', own.url).href;
    };
    const visit = async (browser: Browser, route: string, path: string, init?: RequestInit) =>
      note(
        route,
        await browser.visit(new URL(path, own.url).href, {
          ...init,
          headers: { accept: 'text/html' },
        }),
      );
    const signIn = async (browser: Browser, who: string) => {
      const wecom = await visit(browser, 'GET /oauth2/authorize', `/oauth2/authorize?${request}`);
      const back = await returnOf(wecom, who);
      const resume = await visit(browser, 'GET /oauth2/wecom', back);
      return visit(browser, 'GET /oauth2/authorize/{uid}', resume);
    };
    const browser = new Browser();
    const atClient = await signIn(browser, 'user123');
    const refused = new Browser();
    const page = await signIn(refused, 'lisi');
    await visit(refused, 'GET /oauth2/refused/{uid}', page);
    await visit(refused, 'POST /oauth2/refused/{uid}', page, { method: 'POST' });
    const stranger = new Browser();
    const wecom = await visit(stranger, 'GET /oauth2/authorize', `/oauth2/authorize?${request}`);
    const state = new URL(wecom).searchParams.get('state');
    const code = stack.wecom.codes.mint({ visitor: 'stranger' });
    await visit(stranger, 'GET /oauth2/wecom', `/oauth2/wecom?code=${code}&state=${state}`);

    const post = { method: 'POST' };
    const form = { ...post, body: request };
    await visit(browser, 'GET /oauth2/authorize', '/oauth2/authorize?client_id=nobody');
    await visit(browser, 'POST /oauth2/authorize', '/oauth2/authorize', form);
    await visit(browser, 'GET /oauth2/authorize/{uid}', '/oauth2/authorize/no-interaction');
    await visit(browser, 'GET /oauth2/wecom', '/oauth2/wecom');
    await visit(browser, 'GET /oauth2/refused/{uid}', '/oauth2/refused/no-interaction');
    await visit(browser, 'POST /oauth2/refused/{uid}', '/oauth2/refused/no-interaction', post);
    // No id of the provider's.
    await visit(browser, 'GET /oauth2/authorize/{uid}', '/oauth2/authorize/0');
    await visit(browser, 'GET /oauth2/refused/{uid}', '/oauth2/refused/0');
    await visit(browser, 'POST /oauth2/refused/{uid}', '/oauth2/refused/0', post);
    await visit(browser, 'GET /oauth2/logout', '/oauth2/logout?id_token_hint=x');
    await visit(browser, 'POST /oauth2/logout', '/oauth2/logout', { ...post, body: '' });
    await visit(browser, 'GET /oauth2/account', '/oauth2/account');
    await visit(browser, 'POST /oauth2/account', '/oauth2/account', post);
    await visit(new Browser(), 'POST /oauth2/account', '/oauth2/account', post);
    // Signing out ends the code, so it comes first.
    const tokens = await requestTokens(own, new URL(atClient).searchParams.get('code'));
    const logout = await browser.visit(`${own.url}/oauth2/logout`);
    note('GET /oauth2/logout', logout);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await logout.text())?.[1] ?? '';
    for (const answer of [{ xsrf: 'x' }, { xsrf, logout: 'yes' }]) {
      const body = new URLSearchParams(answer as Record<string, string>);
      await visit(browser, 'POST /oauth2/logout/confirm', '/oauth2/logout/confirm', {
        ...post,
        body,
      });
    }
    await visit(browser, 'GET /oauth2/logout/success', '/oauth2/logout/success');

    // Outages, in a browser that is signed in.
    const troubled = new Browser();
    const signInPage = await visit(
      troubled,
      'GET /oauth2/authorize',
      `/oauth2/authorize?${request}`,
    );
    const returned = await returnOf(signInPage, 'user123');
    stack.wecom.faults.add(45009, { on: 'auth/getuserinfo', times: 1 });
    await visit(troubled, 'GET /oauth2/wecom', returned);
    const resumed = await visit(troubled, 'GET /oauth2/wecom', returned);
    stack.dynamoDb.fail('down');
    await visit(troubled, 'GET /oauth2/authorize/{uid}', resumed);
    stack.dynamoDb.fail(undefined);
    await visit(troubled, 'GET /oauth2/authorize/{uid}', resumed);
    const shown = await (await troubled.visit(`${own.url}/oauth2/account`)).text();
    const token = /name="xsrf" value="([^"]+)"/.exec(shown)?.[1] ?? '';
    const everywhere = { ...post, body: new URLSearchParams({ xsrf: token }) };
    const removed = stack.invocable.splice(0);
    await visit(troubled, 'POST /oauth2/account', '/oauth2/account', everywhere);
    stack.invocable.push(...removed);
    const failing: [string, string, RequestInit?][] = [
      ['GET /oauth2/authorize', `/oauth2/authorize?${request}`],
      ['GET /oauth2/wecom', returned],
      ['GET /oauth2/refused/{uid}', page],
      ['POST /oauth2/refused/{uid}', page, post],
      ['GET /oauth2/logout', '/oauth2/logout'],
      ['POST /oauth2/logout/confirm', '/oauth2/logout/confirm', post],
      ['GET /oauth2/logout/success', `/oauth2/logout/success?client_id=${CLIENT_ID}`],
      ['GET /oauth2/account', '/oauth2/account'],
      ['POST /oauth2/account', '/oauth2/account', everywhere],
    ];
    stack.dynamoDb.fail('down');
    for (const [route, path, init] of failing) await visit(troubled, route, path, init);
    stack.dynamoDb.fail(undefined);
    const tooLong = { ...post, body: new URLSearchParams({ state: 'x'.repeat(9_000) }) };
    for (const path of ['/oauth2/authorize', '/oauth2/logout']) {
      await visit(troubled, `POST ${path}`, path, tooLong);
    }
    return { pages, tokens };
  }

  async function requestTokens(own: Gateway, code: string | null) {
    const tokens: [string, Response][] = [];
    const send = async (route: string, init: RequestInit) => {
      const [method = '', path = ''] = route.split(' ');
      const response = await fetch(own.url + path, { method, ...init });
      tokens.push([route, response.clone()]);
      return response;
    };
    const basic = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64');
    const client = { authorization: `Basic ${basic}` };
    const body = (fields: Record<string, string>) => new URLSearchParams(fields);
    const grant = {
      grant_type: 'authorization_code',
      code: code ?? '',
      redirect_uri: CLIENT_REDIRECT,
    };
    const answer = await send('POST /oauth2/token', { headers: client, body: body(grant) });
    const { access_token, refresh_token } = (await answer.json()) as {
      access_token: string;
      refresh_token: string;
    };
    const bearer = { headers: { authorization: `Bearer ${access_token}` } };
    await send('GET /oauth2/userinfo', bearer);
    await send('POST /oauth2/userinfo', bearer);
    for (const route of ['GET /oauth2/userinfo', 'POST /oauth2/userinfo']) {
      await send(route, { headers: { authorization: 'Bearer wrong' } });
      await send(route, { headers: { authorization: 'wrong' } });
      await send(route, {});
    }
    // WeCom does not respond, and no membership is stored.
    const app = { corpId: stack.wecom.company.corpid, agentId: '1000002' };
    const key = membershipKey(app, 'user123');
    const membership = await stack.permissions.get(key);
    await stack.permissions.delete(key);
    const { id } = stack.wecom.faults.add({ kind: 'reset', on: 'user/get' });
    const refresh = body({ grant_type: 'refresh_token', refresh_token });
    await send('POST /oauth2/token', { headers: client, body: refresh });
    stack.wecom.faults.clear(id);
    await stack.permissions.put({ ...key, ...membership });
    await send('POST /oauth2/revoke', { headers: client, body: body({ token: access_token }) });
    await send('POST /oauth2/revoke', { headers: client, body: body({}) });
    await send('POST /oauth2/revoke', { body: body({ token: 'x', client_id: 'nobody' }) });
    await send('POST /oauth2/token', { headers: client, body: body(grant) });
    await send('POST /oauth2/token', { body: body({ ...grant, client_id: 'nobody' }) });
    stack.dynamoDb.fail('down');
    await send('POST /oauth2/token', { headers: client, body: body(grant) });
    await send('GET /oauth2/userinfo', bearer);
    await send('POST /oauth2/userinfo', bearer);
    await send('POST /oauth2/revoke', { headers: client, body: body({ token: 'x' }) });
    stack.dynamoDb.fail(undefined);
    return tokens;
  }

  it('GET /api/wecom/authorize', async () => {
    const route = 'GET /api/wecom/authorize';
    await expectDescribed(route, await get(`/api/wecom/authorize?${authorize()}`));
    const json = { headers: { accept: 'application/json' } };
    await expectDescribed(route, await get(`/api/wecom/authorize?${authorize()}`, json));
    await expectDescribed(route, await get('/api/wecom/authorize'));
    stack.dynamoDb.fail('down');
    await expectDescribed(route, await get(`/api/wecom/authorize?${authorize()}`));
    stack.dynamoDb.fail(undefined);
  });

  it('GET /api/wecom/jssdk', async () => {
    const route = 'GET /api/wecom/jssdk';
    const path = `/api/wecom/jssdk?url=${encodeURIComponent(REDIRECT_URI)}`;
    stack.wecom.faults.add({ kind: 'errcode', errcode: -1, on: 'ticket/get' });
    await expectDescribed(route, await get(path));
    stack.wecom.faults.clear();
    const later = await stack.newInstance({ WECOM_AGENT_ID: '1000003' });
    stack.dynamoDb.fail('down');
    await expectDescribed(route, await get(path, {}, later));
    stack.dynamoDb.fail(undefined);
    // Nobody calls again for two seconds after a failure.
    await expect
      .poll(async () => (await get(path)).status, { timeout: 10_000, interval: 500 })
      .toBe(200);
    await expectDescribed(route, await get(path));
    await expectDescribed(route, await get('/api/wecom/jssdk'));
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

  it('the administrators’ page', async () => {
    const page = await get('/admin');
    const [, script = ''] = /src="([^"]+)"/.exec(await page.clone().text()) ?? [];
    await expectDescribed('GET /admin', page);
    for (const file of [script, 'admin/main-0000000000000000.js']) {
      await expectDescribed('GET /admin/{file}', await get(`/${file}`));
    }
  });

  it('GET /WW_verify_{proof}.txt', async () => {
    for (const name of [DOMAIN_PROOF, 'x'.repeat(16)]) {
      await expectDescribed('GET /WW_verify_{proof}.txt', await get(`/WW_verify_${name}.txt`));
    }
  });

  it('the discovery documents', async () => {
    const paths = [
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/.well-known/jwks.json',
    ];
    for (const path of paths) await expectDescribed(`GET ${path}`, await get(path));
    const misconfigured = await stack.newInstance({ SESSION_ISSUER: 'not a URL' });
    const callback = '/api/wecom/callback/{channel}';
    for (const path of paths)
      await expectDescribed(`GET ${path}`, await get(path, {}, misconfigured));
    const query = verificationQuery(seal(account(), 'echo'));
    const refused = await get(`/api/wecom/callback/app?${query}`, {}, misconfigured);
    await expectDescribed(`GET ${callback}`, refused);
  });

  it('the OpenID provider', async () => {
    const { pages, tokens } = await visitProvider();
    for (const [route, response] of [...pages, ...tokens]) await expectDescribed(route, response);
  });

  it('the console', async () => {
    await permit(stack, 'member#user123', '*');
    const instance = await stack.newInstance();
    const token = await sessionOf(instance.url, 'user123');
    const other = await sessionOf(instance.url, 'qianer');
    /** By route, what it is asked with, in this order; each has a path, and a body where it takes one. */
    const requests: [string, string, object?][] = [
      ['GET me', 'me'],
      ['GET departments', 'departments'],
      ['GET departments/{id}/members', 'departments/2/members'],
      ['GET departments/{id}/members', 'departments/x/members'],
      ['GET departments/{id}/members', 'departments/99/members'],
      ['GET members/{userId}', 'members/lisi'],
      ['GET members/{userId}', 'members/!'],
      ['GET members/{userId}', 'members/nobody'],
      ['GET permissions', 'permissions'],
      [
        'POST grants/preview',
        'grants/preview',
        { changes: [GRANT, { ...GRANT, action: 'revoke', permission: 'x' }] },
      ],
      ['POST grants/preview', 'grants/preview', { changes: [{ ...GRANT, subject: 'x' }] }],
      ['POST grants', 'grants', { changes: [{ ...GRANT, version: null }] }],
      ['POST grants', 'grants', { changes: [{ ...GRANT, subject: 'everyone', version: null }] }],
      ['POST grants', 'grants', {}],
      ['GET grants', 'grants?permission=report:read'],
      ['GET grants', 'grants?subject=x'],
      ['GET members/{userId}/permissions', 'members/lisi/permissions'],
      ['GET members/{userId}/permissions', 'members/!/permissions'],
      ['GET grants/csv', 'grants/csv'],
      ['GET grants/csv', 'grants/csv?cursor=x'],
      ['POST grants/csv', 'grants/csv', { csv: 'subject,permission\nuser:lisi,access\nx,y\n' }],
      ['POST grants/csv', 'grants/csv', { csv: 'x' }],
      ['GET history', 'history'],
      ['GET history', 'history?cursor=x'],
      ['POST clients', 'clients', APPLICATION],
      ['POST clients', 'clients', APPLICATION],
      ['POST clients', 'clients', {}],
      ['GET clients', 'clients'],
      ['GET clients/{clientId}', 'clients/wiki'],
      ['GET clients/{clientId}', 'clients/none'],
      ['GET clients/{clientId}', 'clients/!'],
      ['POST clients/{clientId}/secret', 'clients/wiki/secret', { revision: 1 }],
      ['POST clients/{clientId}/secret', 'clients/wiki/secret', { revision: 1 }],
      ['POST clients/{clientId}/secret', 'clients/wiki/secret', {}],
      ['POST clients/{clientId}/secret', 'clients/none/secret', { revision: 1 }],
      ['DELETE clients/{clientId}', 'clients/wiki?revision=1'],
      ['DELETE clients/{clientId}', 'clients/wiki?revision=2'],
      ['DELETE clients/{clientId}', 'clients/wiki?revision=2'],
      ['DELETE clients/{clientId}', 'clients/wiki?revision=x'],
    ];
    const send = async (
      [name, path, body]: [string, string, object?],
      authorization: string | undefined,
      to = instance,
    ) => {
      const [method = '', route = ''] = name.split(' ');
      const headers = {
        'content-type': 'application/json',
        ...(authorization && { authorization: `Bearer ${authorization}` }),
      };
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
      await expectDescribed(
        `${method} /api/admin/${route}`,
        await get(`/api/admin/${path}`, init, to),
      );
    };
    for (const each of requests) await send(each, token);
    const once = [...new Map(requests.map((each) => [each[0], each])).values()];
    const refused = once.flatMap((each) => [undefined, other].map((who) => send(each, who)));
    await Promise.all(refused);
    stack.dynamoDb.fail('down');
    await Promise.all(once.map((each) => send(each, token)));
    stack.dynamoDb.fail(undefined);
  });

  it('and each described response was seen, except the one to two simultaneous pushes', () => {
    const described = operations.flatMap(({ route, operation }) =>
      Object.keys(operation['responses'] as Json).map((status) => `${route} ${status}`),
    );
    expect(described.filter((each) => !seen.has(each))).toEqual([
      'POST /api/wecom/callback/{channel} 503',
    ]);
  });
});
