import { type RequestOptions, request } from 'node:http';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OfflineGateway, startOfflineGateway } from '../../local/gateway.ts';
import { type Front, startFront } from '../../local/page/server.ts';
import { freeStackPort } from '../harness/freePorts.ts';

const FRONT_END = 'http://front-end.example:5173';
/** Under which a phone reaches the stack. */
const PUBLIC_URL = 'https://dev.example.com';

let front: Front;
let gateway: OfflineGateway;
/** The three ports that a browser on this machine reaches. */
const ports = { page: 0, gateway: 0, lambda: 0 };

beforeAll(async () => {
  const port = await freeStackPort();
  Object.assign(ports, { page: port, gateway: port + 1, lambda: port + 2 });
  gateway = await startOfflineGateway({
    port: ports.gateway,
    lambdaPort: ports.lambda,
    knownSites: { origins: [FRONT_END], publicUrl: PUBLIC_URL },
    environment: process.env,
    directory: resolve(`.local/${port}`),
    onLine: () => undefined,
  });
  front = await startFront({
    port: ports.page,
    gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
    knownSites: { origins: [FRONT_END], publicUrl: PUBLIC_URL },
  });
}, 100_000);

afterAll(async () => {
  await front.close();
  await gateway.close();
});

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** Not `fetch`, which sets Host, Origin and Sec-Fetch-Site itself. */
function ask(port: number, options: RequestOptions, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, ...options }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What a browser sends for a page of another site, by what the page does. */
const OTHER_SITE: [what: string, method: string, headers: Record<string, string>][] = [
  ['fetch', 'GET', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['fetch of an old browser', 'GET', { origin: 'https://evil.example' }],
  ['fetch from a sandboxed frame', 'GET', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['a form', 'POST', { origin: 'null', 'content-type': 'text/plain' }],
  ['a POST without a preflight', 'POST', { origin: 'https://evil.example' }],
  [
    'a preflight',
    'OPTIONS',
    { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  ],
  [
    'another port of this machine',
    'GET',
    { origin: 'http://localhost:9', 'sec-fetch-site': 'same-site' },
  ],
  ['a script or an image', 'GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  [
    'a frame',
    'GET',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
  ],
  ['a name that was rebound to this machine', 'GET', { host: 'evil.example:3000' }],
  [
    'such a name with its own origin',
    'POST',
    { host: 'evil.example', origin: 'http://evil.example' },
  ],
  [
    'the public address without https',
    'POST',
    { host: 'dev.example.com', origin: 'http://dev.example.com' },
  ],
  ['a name that begins like ours', 'GET', { host: 'localhost.evil.example' }],
];

const PATHS = {
  page: ['/', '/api/wecom/getUserInfo', '/openapi.json'],
  gateway: ['/api/wecom/getUserInfo', '/.well-known/jwks.json'],
  lambda: ['/2015-03-31/functions/wecom-auth-local-verify/invocations'],
} as const;

describe('a page of another website', () => {
  describe.each(Object.keys(PATHS) as (keyof typeof PATHS)[])('at the %s port', (port) => {
    it.each(OTHER_SITE)('reads nothing by %s', async (_what, method, headers) => {
      for (const path of PATHS[port]) {
        const answer = await ask(
          ports[port],
          { method, path, headers },
          method === 'POST' ? '{}' : '',
        );
        expect(answer.status).toBe(403);
        expect(JSON.parse(answer.body)).toMatchObject({ code: -1 });
        expect(Object.keys(answer.headers).filter((name) => /^access-control/.test(name))).toEqual(
          [],
        );
      }
    });
  });

  it('does not reach the Lambda port where it is a listed front end either', async () => {
    const [path = ''] = PATHS.lambda;
    const headers = { origin: FRONT_END };
    expect(await ask(ports.lambda, { method: 'POST', path, headers }, '{}')).toMatchObject({
      status: 403,
    });
  });
});

describe('what is no other website', () => {
  const notRefused = async (port: number, options: RequestOptions, body?: string) =>
    expect((await ask(port, options, body)).body).not.toContain('其他网站');

  it('is a program, under each name of this machine', async () => {
    const names = ['localhost', '127.0.0.1', '[::1]'];
    for (const name of names) {
      for (const [port, [path]] of Object.entries(PATHS)) {
        const at = ports[port as keyof typeof ports];
        await notRefused(at, { path, headers: { host: `${name}:${at}` } });
      }
    }
  });

  it("is the stack's own page", async () => {
    const host = `localhost:${ports.page}`;
    const headers = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    await notRefused(ports.page, { path: '/api/wecom/getUserInfo', method: 'POST', headers }, '{}');
  });

  it('is the public address of the stack', async () => {
    const { host } = new URL(PUBLIC_URL);
    const headers = { host, origin: PUBLIC_URL, 'sec-fetch-site': 'same-origin' };
    await notRefused(ports.page, { path: '/api/wecom/getUserInfo', method: 'POST', headers }, '{}');
    await notRefused(ports.page, { path: '/', headers: { host } });
  });

  it('is a listed front end', async () => {
    const headers = { origin: FRONT_END, 'sec-fetch-site': 'cross-site' };
    const path = '/api/wecom/getUserInfo';
    await notRefused(ports.page, { path, method: 'POST', headers }, '{}');
  });

  it("is WeCom's redirect, and a link that somebody follows", async () => {
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    const answer = await ask(ports.page, { path: '/?code=c&state=s', headers });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    });
    expect((await ask(ports.page, { path: '/', method: 'POST', headers })).status).toBe(403);
  });

  const OPENED = {
    origin: 'https://grafana.example.com',
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  };

  it.each(['/oauth2/authorize', '/oauth2/authorize?a=b', '/oauth2/logout'])(
    'is the form of an application that a person sends to %s',
    async (path) => {
      for (const port of [ports.page, ports.gateway]) {
        const answer = await ask(port, { path, method: 'POST', headers: OPENED });
        expect(answer.body).not.toContain('其他网站');
        const cors = Object.keys(answer.headers).filter((name) => /^access-control/.test(name));
        expect(cors).toEqual([]);
      }
    },
  );

  it.each([
    '/oauth2/token',
    '/oauth2/authorized',
    '/oauth2/logout/confirm',
    '/api/wecom/getUserInfo',
  ])('is not such a form sent to %s', async (path) => {
    const answer = await ask(ports.page, { path, method: 'POST', headers: OPENED });
    expect(answer.status).toBe(403);
  });

  it('is the form of a page of ours that sends no referrer, and so no origin', async () => {
    const headers = { ...OPENED, origin: 'null', 'sec-fetch-site': 'same-origin' };
    const path = '/oauth2/refused/some-interaction';
    await notRefused(ports.page, { path, method: 'POST', headers });
  });
});

describe('the routes, as in API Gateway', () => {
  const notFound = (answer: Answer) => [answer.status, answer.headers['x-error-code']];

  it('do not match HEAD where they match GET', async () => {
    const options = { method: 'HEAD', path: '/api/wecom/verify/user123' };
    const answer = await ask(ports.page, options);
    expect(notFound(answer)).toEqual([405, 'ERR_METHOD_NOT_ALLOWED']);
    expect(answer).toMatchObject({ headers: { allow: 'GET' }, body: '' });
  });

  it.each([
    '/api/wecom/verify/user123/',
    '/api/wecom/getUserInfo/?a=/b',
    '/.well-known/jwks.json/',
    '/api/wecom/verify//',
    '/nothing/',
  ])('do not match %s', async (path) => {
    expect(notFound(await ask(ports.page, { path }))).toEqual([404, 'ERR_NOT_FOUND']);
  });

  it('take a body that is null for none', async () => {
    const headers = { 'content-type': 'application/json' };
    const options = { method: 'POST', path: '/api/wecom/getUserInfo', headers };
    expect(notFound(await ask(ports.page, options))).toEqual([400, 'ERR_INVALID_REQUEST']);
  });
});
