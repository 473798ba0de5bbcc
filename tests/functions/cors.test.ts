import { beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../lib/http/routes.ts';
import type { Gateway } from '../harness/gateway.ts';
import { DOMAIN_PROOF, ORIGIN, type Stack, startStack } from '../harness/stack.ts';

const OTHER = 'https://portal.example.com';
/** Each of them is another origin to a browser, or none. */
const STRANGERS = [
  'https://evil.example',
  'null',
  '',
  '*',
  `${OTHER}/`,
  `${OTHER}:443`,
  'http://portal.example.com',
  'https://portal.example.com.evil.example',
  'https://PORTAL.example.com',
  `${ORIGIN},${OTHER}`,
  `${ORIGIN} ${OTHER}`,
];

let stack: Stack;
let api: Gateway;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance({ CORS_ORIGINS: `${ORIGIN} ${OTHER}` });
});

const corsOf = (headers: Headers) => ({
  origin: headers.get('access-control-allow-origin'),
  vary: headers.get('vary'),
  exposed: headers.get('access-control-expose-headers'),
  credentials: headers.get('access-control-allow-credentials'),
});

const ask = (path: string, origin?: string, init: RequestInit = {}) =>
  fetch(api.url + path, {
    redirect: 'manual',
    ...init,
    headers: { ...init.headers, ...(origin !== undefined && { origin }) },
  });

const EXPOSED = 'x-error-code, x-request-id, retry-after';
const listed = (origin: string) => ({
  origin,
  vary: 'Origin',
  exposed: EXPOSED,
  credentials: null,
});
const CLOSED = { origin: null, vary: 'Origin', exposed: null, credentials: null };
const PUBLIC = { origin: '*', vary: null, exposed: EXPOSED, credentials: null };

/** Answers of every kind under /api/: successes, refusals, failures, what no route takes. */
const API: [what: string, path: string, init?: RequestInit][] = [
  ['a success', '/api/wecom/verify/user123'],
  ['a bad request', '/api/wecom/verify/!'],
  ['a redirect that is refused', '/api/wecom/authorize'],
  ['a body that is missing', '/api/wecom/getUserInfo', { method: 'POST' }],
  ['a forged callback', '/api/wecom/callback/app'],
  ['an unknown path', '/api/wecom/nothing'],
  ['a wrong method', '/api/wecom/getUserInfo'],
];

describe.each(API)('%s under /api/', (_what, path, init) => {
  it.each([ORIGIN, OTHER])('can be read by scripts of %s', async (origin) => {
    expect(corsOf((await ask(path, origin, init)).headers)).toEqual(listed(origin));
  });

  it.each(STRANGERS)('cannot be read by scripts of %j', async (origin) => {
    expect(corsOf((await ask(path, origin, init)).headers)).toEqual(CLOSED);
  });

  it('is not given by a cache to another origin, also where none was sent', async () => {
    expect(corsOf((await ask(path, undefined, init)).headers)).toEqual(CLOSED);
  });
});

describe('a failure', () => {
  it('can be read by a listed origin too', async () => {
    stack.dynamoDb.fail('down');
    const answer = await ask('/api/wecom/verify/user123', ORIGIN);
    stack.dynamoDb.fail(undefined);
    expect(answer.status).toBe(500);
    expect(corsOf(answer.headers)).toEqual(listed(ORIGIN));
  });
});

describe('the discovery documents', () => {
  it.each(['/.well-known/openid-configuration', '/.well-known/jwks.json', '/.well-known/nothing'])(
    '%s can be read by all scripts, and is the same for all',
    async (path) => {
      for (const origin of [ORIGIN, 'https://anyone.example', 'null', undefined]) {
        expect(corsOf((await ask(path, origin)).headers)).toEqual(PUBLIC);
      }
    },
  );
});

describe('what is neither', () => {
  const paths = ['/', '/nothing', '/apix', '//api/wecom', '/api/admin/me', '/api/admin/nothing'];
  it.each([`/WW_verify_${DOMAIN_PROOF}.txt`, ...paths])(
    '%s can be read by no script of another origin',
    async (path) => {
      const { origin, exposed } = corsOf((await ask(path, ORIGIN)).headers);
      expect([origin, exposed]).toEqual([null, null]);
    },
  );
});

describe('a preflight', () => {
  const preflight = (path: string, origin: string, method = 'POST') =>
    ask(path, origin, {
      method: 'OPTIONS',
      headers: {
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type, authorization',
      },
    });
  const concrete = (path: string) =>
    path
      .replace('{userId}', 'user123')
      .replace('{channel}', 'app')
      .replace('{proof}', DOMAIN_PROOF);
  const paths = [...new Set(routes.map((route) => concrete(route.split(' ')[1] ?? '')))];
  const methodsOf = (path: string) =>
    routes
      .filter((route) => concrete(route.split(' ')[1] ?? '') === path)
      .map((route) => route.split(' ')[0])
      .sort()
      .join(', ');

  it.each(paths.filter((path) => path.startsWith('/api/wecom/')))(
    'on %s allows a listed origin its methods and headers',
    async (path) => {
      const answer = await preflight(path, OTHER);
      expect(answer.status).toBe(204);
      expect(await answer.text()).toBe('');
      expect(corsOf(answer.headers)).toEqual(listed(OTHER));
      expect(answer.headers.get('access-control-allow-methods')).toBe(methodsOf(path));
      expect(answer.headers.get('access-control-allow-headers')).toBe(
        'authorization, content-type',
      );
      expect(answer.headers.get('access-control-max-age')).toBe('600');
    },
  );

  it("on the console's routes allows nothing to a listed origin either", async () => {
    for (const path of paths.filter((each) => each.startsWith('/api/admin/'))) {
      const answer = await preflight(path, OTHER);
      expect([answer.status, corsOf(answer.headers).origin]).toEqual([204, null]);
    }
  });

  it('on an unknown path allows it to read that the path is unknown', async () => {
    const answer = await preflight('/api/wecom/nothing', ORIGIN);
    expect(answer.status).toBe(204);
    expect(corsOf(answer.headers)).toEqual(listed(ORIGIN));
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, POST');
  });

  it.each(STRANGERS)('of %j allows nothing', async (origin) => {
    for (const path of [...paths, '/api/wecom/nothing']) {
      if (path.startsWith('/.well-known/')) continue;
      const answer = await preflight(path, origin);
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('vary')).toBe('Origin');
    }
  });

  it('on a discovery document allows everybody', async () => {
    for (const path of paths.filter((each) => each.startsWith('/.well-known/'))) {
      const answer = await preflight(path, 'https://anyone.example', 'GET');
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-allow-methods')).toBe('GET');
    }
  });
});

describe('a stage without origins', () => {
  it('lets no script of another origin in', async () => {
    const closed = await stack.newInstance({ CORS_ORIGINS: '' });
    for (const origin of [ORIGIN, 'null', '']) {
      const answer = await fetch(`${closed.url}/api/wecom/verify/user123`, { headers: { origin } });
      expect(corsOf(answer.headers)).toEqual(CLOSED);
    }
  });
});
