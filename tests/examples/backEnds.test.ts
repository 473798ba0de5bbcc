import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { decodeJwt, exportSPKI, importJWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { firstKey, newSessionKey, rotate } from '../../commands/sessionKeys/rotation.ts';
import type { SessionKey } from '../../lib/session/sessionKeys.ts';
import { freePort } from '../harness/freePorts.ts';
import { permit } from '../harness/permit.ts';
import { SESSION_KEYS_PARAMETER, type Stack, startStack } from '../harness/stack.ts';
import type { Server } from '../relyingParties/processes.ts';
import { BACK_ENDS, type BackEnd, prepare } from './backEnds.ts';
import { BUILD_TIMEOUT_MS, isChosen } from './chosen.ts';
import { type Front, startFront } from './front.ts';

const HOUR_SECONDS = 3_600;
/** The start of one more program, of which Java's is slow. */
const START_TIMEOUT_MS = 120_000;

interface Classic {
  readonly path: string;
  readonly init: RequestInit;
}

function skipped({ name, missing }: BackEnd): string {
  // This one finds its packages in the repository.
  if (!isChosen(name, name === 'node')) return 'npm run examples runs it';
  return missing() ?? '';
}

let stack: Stack;
let start: Awaited<ReturnType<typeof prepare>>;
let front: Front;
/** The API before and after its keys were rotated. */
let before = '';
let after = '';
let key: SessionKey;
let backEnd: Server;
let address = '';
/** Sessions of three members; the last one is signed with the next key. */
const sessions = { permitted: '', refused: '', ofNextKey: '' };

beforeAll(async () => {
  stack = await startStack();
  await permit(stack, 'member#user123', 'report:read');
});

/** A sign-in API with a key that signs, and a next one that is published and does not sign yet. */
async function startApi(): Promise<void> {
  front = await startFront();
  const settings = {
    VERIFY_ACCESS: 'session',
    SESSION_ISSUER: front.url,
    REDIRECT_URIS: `${front.url}/`,
  };
  const app = stack.wecom.company.apps.find(({ agentid }) => agentid === 1000002);
  app?.trusted_domains.push(new URL(front.url).host);
  const now = Math.floor(Date.now() / 1_000);
  const keys = firstKey(await newSessionKey(), now);
  const times = { now, aheadSeconds: HOUR_SECONDS, sessionSeconds: HOUR_SECONDS };
  const rotating = rotate(keys, await newSessionKey(), times) ?? keys;
  key = rotating.keys[0] as SessionKey;
  stack.ssm.put(SESSION_KEYS_PARAMETER, JSON.stringify(rotating));
  before = (await stack.newInstance(settings)).url;
  front.target = before;
  sessions.permitted = await signIn('user123');
  sessions.refused = await signIn('lisi');
  const signing = rotating.keys.map((each) => ({ ...each, nbf: now }));
  stack.ssm.put(SESSION_KEYS_PARAMETER, JSON.stringify({ keys: signing }));
  after = (await stack.newInstance(settings)).url;
  front.target = after;
  sessions.ofNextKey = await signIn('user123');
  front.target = before;
}

async function signIn(userid: string): Promise<string> {
  const env = { ...process.env, WECOM_AUTH_URL: front.url };
  const script = ['docs/examples/session.mjs', userid];
  return (await promisify(execFile)(process.execPath, script, { env })).stdout.trim();
}

/** @returns the response, and its text, which is read so that the connection is free again */
async function get(path: string, session?: string, headers: Record<string, string> = {}) {
  const response = await fetch(address + path, {
    headers: { ...headers, ...(session !== undefined && { authorization: `Bearer ${session}` }) },
    redirect: 'manual',
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** A session that differs from a real one. */
async function altered(claims: JWTPayload, by = key, kid = key.kid): Promise<string> {
  return new SignJWT({ ...decodeJwt(sessions.permitted), ...claims })
    .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' })
    .sign(await importJWK({ ...by }, 'RS256'));
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const INVALID: Record<string, () => string | undefined | Promise<string>> = {
  'no session': () => undefined,
  'something that is no JWT': () => 'a.b.c',
  'a session of another issuer': () => altered({ iss: 'https://login.example.com' }),
  'a session for another audience': () => altered({ aud: 'another-application' }),
  'an expired session': () => altered({ exp: Math.floor(Date.now() / 1_000) - HOUR_SECONDS }),
  'a session of another key with the same id': async () =>
    altered({}, (await newSessionKey()) as SessionKey),
  'an unsigned session': () =>
    `${part({ alg: 'none', kid: key.kid, typ: 'JWT' })}.${part(decodeJwt(sessions.permitted))}.`,
  'a session signed with the public key as a secret': async () => {
    const { kty, n, e } = key;
    const secret = await exportSPKI((await importJWK({ kty, n, e }, 'RS256')) as CryptoKey);
    const signed = `${part({ alg: 'HS256', kid: key.kid, typ: 'JWT' })}.${part(decodeJwt(sessions.permitted))}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  },
};

const json = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  answer(response: ServerResponse) {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  },
});

/** What is no answer of `verify`. */
const NO_ANSWERS: Record<string, { answer(response: ServerResponse): void }> = {
  'resets the connection': { answer: (response) => void response.socket?.resetAndDestroy() },
  'responds with 500': json(500, { code: -1, message: '验证失败' }),
  'responds with 401': json(401, { code: -1, message: '未登录或登录已失效' }),
  'redirects to a page that allows everything': {
    answer(response) {
      const isThere = response.req.url === '/api/allowed';
      const location = { location: '/api/allowed' };
      json(isThere ? 200 : 302, { data: { authorized: true } }, location).answer(response);
    },
  },
  'responds with another status': json(203, { code: 0, data: { authorized: true } }),
  'responds without an answer': json(200, { code: 0, message: 'success' }),
  'responds with a text instead of a boolean': json(200, { data: { authorized: 'no' } }),
  'responds with the text true': json(200, { data: { authorized: 'true' } }),
  'responds with a number': json(200, { data: { authorized: 1 } }),
  'responds with a list': json(200, [{ data: { authorized: true } }]),
  'responds with a page': {
    answer: (response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in</p>'),
  },
};

/** Sends a body over 15 seconds, never silent for longer than 0.6 seconds. */
async function sendSlowly(response: ServerResponse, body: string): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  for (const character of body) {
    response.write(character);
    await setTimeout(550);
    if (response.destroyed) return;
  }
  response.end();
}

for (const example of BACK_ENDS) {
  const reason = skipped(example);
  const name = `docs/examples/${example.name}${reason && ` (skipped: ${reason})`}`;
  describe.skipIf(reason)(name, () => {
    beforeAll(async () => {
      start = await prepare(example);
      await startApi();
      const port = await freePort();
      address = `http://127.0.0.1:${port}`;
      backEnd = await start(front.url, port);
    }, BUILD_TIMEOUT_MS);

    afterEach(() => {
      front.fault = undefined;
      front.target = before;
    });

    afterAll(async () => {
      await backEnd?.close();
      await front?.close();
    });

    it('lets in a member with a session', async () => {
      const { status, text } = await get('/me', sessions.permitted);
      expect(status).toBe(200);
      expect(JSON.parse(text)).toEqual({ userid: 'user123' });
    });

    it.each(Object.entries(INVALID))('refuses %s with 401', async (_what, make) => {
      const session = await make();
      for (const path of ['/me', '/report']) {
        const { status, headers } = await get(path, session);
        expect(status).toBe(401);
        expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
    });

    it('refuses a session of an unknown key with 401', async () => {
      expect((await get('/me', await altered({}, key, 'unknown'))).status).toBe(401);
    });

    it('refuses another scheme with 401', async () => {
      const authorization = `Basic ${sessions.permitted}`;
      expect((await get('/me', undefined, { authorization })).status).toBe(401);
    });

    it('lets in a member with the permission, whom it verifies with their own session', async () => {
      const { status, text } = await get('/report', sessions.permitted);
      expect(status).toBe(200);
      expect(JSON.parse(text)).toEqual({ report: 'for user123' });
      expect(front.received.at(-1)).toMatchObject({
        method: 'GET',
        path: '/api/wecom/verify/user123?permission=report%3Aread',
        headers: { authorization: `Bearer ${sessions.permitted}` },
      });
    });

    it('refuses a member without the permission with 403', async () => {
      expect((await get('/me', sessions.refused)).status).toBe(200);
      expect((await get('/report', sessions.refused)).status).toBe(403);
    });

    it.each(Object.entries(NO_ANSWERS))('refuses with 503 if verify %s', async (_what, fault) => {
      front.fault = fault.answer;
      const { status, text } = await get('/report', sessions.permitted);
      expect(status).toBe(503);
      expect(text).not.toMatch(/verify|Traceback|\bat .+:\d+/);
    });

    it('refuses with 503 if verify does not respond, or takes too long for it', async () => {
      let asked = 0;
      front.fault = (response) => {
        asked += 1;
        if (asked > 1) void sendSlowly(response, JSON.stringify({ data: { authorized: true } }));
      };
      const responses = [0, 1].map(() => get('/report', sessions.permitted));
      for (const { status } of await Promise.all(responses)) expect(status).toBe(503);
    });

    it('goes on after the signing key was rotated', async () => {
      front.target = after;
      expect((await get('/report', sessions.ofNextKey)).status).toBe(200);
      expect((await get('/report', sessions.permitted)).status).toBe(200);
    });

    it('caches the keys, whatever tokens it gets', async () => {
      const forged = await altered({}, key, 'unknown');
      const attempts = Array.from({ length: 20 }, () => get('/me', forged));
      // Spring responds with 503, because the key may be a new one.
      for (const { status } of await Promise.all(attempts)) expect([401, 503]).toContain(status);
      expect((await get('/me', sessions.permitted)).status).toBe(200);
      // One of the start, and those for an unknown key, of which libraries allow two at once.
      expect(front.count('/.well-known/jwks.json')).toBeLessThanOrEqual(3);
    });

    it('lets in nobody, with 503, without the keys', { timeout: START_TIMEOUT_MS }, async () => {
      const unreachable = await startFront();
      onTestFinished(unreachable.close);
      const port = await freePort();
      const without = await start(unreachable.url, port);
      onTestFinished(without.close);
      const headers = { authorization: `Bearer ${sessions.permitted}` };
      const response = await fetch(`http://127.0.0.1:${port}/me`, { headers });
      expect(response.status).toBe(503);
      expect(response.headers.get('www-authenticate')).toBeNull();
    });

    if (example.hasClassicRoutes) describe('the classic routes', testClassicRoutes);

    it('writes no session into its log', () => {
      const signature = sessions.permitted.split('.')[2] ?? '';
      expect(signature).not.toBe('');
      expect(backEnd.log()).not.toContain(signature);
    });
  });
}

/** The routes of docs/openapi.yaml that the back end passes on to the API. */
function testClassicRoutes(): void {
  const signIn = (body: string) => ({
    path: '/api/wecom/getUserInfo',
    init: { method: 'POST', headers: { 'content-type': 'application/json' }, body },
  });
  const verify = (userid: string, session?: () => string) => ({
    path: `/api/wecom/verify/${userid}`,
    init: { headers: session ? { authorization: `Bearer ${session()}` } : {} },
  });
  const CASES: Record<string, { status: number; request(): Classic }> = {
    'a sign-in': { status: 200, request: () => signIn('{"code":"your_auth_code"}') },
    'a sign-in without a code': { status: 400, request: () => signIn('{}') },
    'a sign-in that is no JSON': { status: 400, request: () => signIn('{') },
    'a sign-in with an unknown code': { status: 401, request: () => signIn('{"code":"x"}') },
    'verify without a session': { status: 401, request: () => verify('user123') },
    'verify about oneself': {
      status: 200,
      request: () => verify('user123?permission=report:read', () => sessions.permitted),
    },
    'verify about somebody else': {
      status: 403,
      request: () => verify('lisi', () => sessions.permitted),
    },
    'verify about what is no userid': {
      status: 400,
      request: () => verify('%E5%BC%A0%3F', () => sessions.permitted),
    },
  };

  it.each(Object.entries(CASES))(
    'answer %s as the API does',
    async (_what, { request, status }) => {
      const { path, init } = request();
      const [own, direct] = await Promise.all([
        fetch(address + path, init),
        fetch(front.url + path, init),
      ]);
      expect(own.status).toBe(status);
      expect(direct.status).toBe(status);
      expect(await own.text()).toBe(await direct.text());
      for (const name of ['content-type', 'cache-control', 'www-authenticate', 'x-error-code']) {
        expect(own.headers.get(name), name).toBe(direct.headers.get(name));
      }
      expect(own.headers.get('x-request-id')).toBeTruthy();
    },
  );

  it('pass on no other header, in either direction', async () => {
    front.fault = json(200, { code: 0 }, { 'set-cookie': 'a=b', 'x-internal': 'c' }).answer;
    const { path, init } = signIn('{"code":"x"}');
    const headers = {
      ...init.headers,
      cookie: 'session=secret',
      'x-forwarded-for': '10.0.0.1',
    };
    for (let times = 0; times < 2; times += 1) {
      const response = await fetch(address + path, { ...init, headers });
      expect(response.headers.get('set-cookie')).toBeNull();
      expect(response.headers.get('x-internal')).toBeNull();
      const names = Object.keys(front.received.at(-1)?.headers ?? {});
      expect(names).not.toContain('cookie');
      expect(names).not.toContain('x-forwarded-for');
    }
  });

  it.each([
    [302, { location: 'https://other.example.com/' }],
    [503, { 'retry-after': '5' }],
    [429, {}],
  ])('pass on the status %i', async (status, headers) => {
    front.fault = json(status, { message: 'Too Many Requests' }, headers).answer;
    const { path, init } = signIn('{"code":"x"}');
    const response = await fetch(address + path, { ...init, redirect: 'manual' });
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '5' : null);
    expect(await response.json()).toEqual({ message: 'Too Many Requests' });
  });

  it.each([
    ['the sign-in', () => signIn('{"code":"x"}'), '获取用户信息失败'],
    ['verify', () => verify('user123'), '验证失败'],
  ])('answer %s with 503 if the API cannot be reached', async (_what, request, message) => {
    front.target = undefined;
    const { path, init } = request();
    const response = await fetch(address + path, init);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ code: -1, message });
  });

  it('take no large body', async () => {
    const { path, init } = signIn(JSON.stringify({ code: 'x'.repeat(100_000) }));
    expect((await fetch(address + path, init)).status).toBe(413);
  });
}
