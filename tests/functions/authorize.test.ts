import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../harness/gateway.ts';
import { pkce } from '../harness/journey.ts';
import { ORIGIN, REDIRECT_URI, type Stack, startStack } from '../harness/stack.ts';

const WECOM_BROWSER =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 wxwork/4.1.20 MicroMessenger/7.0.1 Language/zh';
const LISTED = [REDIRECT_URI, 'https://app.example.com/login', 'https://app.example.com/?page=in'];

let stack: Stack;
let api: Gateway;

beforeAll(async () => {
  stack = await startStack();
  api = await stack.newInstance({ REDIRECT_URIS: LISTED.join(' , ') });
});

beforeEach(() => {
  stack.dynamoDb.requests.length = 0;
});

const good = () => ({
  redirect_uri: REDIRECT_URI,
  code_challenge: pkce().challenge,
  code_challenge_method: 'S256',
});

async function authorize(query: Record<string, string> | string, userAgent = 'Firefox') {
  const search = typeof query === 'string' ? query : new URLSearchParams(query).toString();
  const response = await fetch(`${api.url}/api/wecom/authorize?${search}`, {
    redirect: 'manual',
    headers: { 'user-agent': userAgent },
  });
  const text = await response.text();
  return {
    status: response.status,
    location: response.headers.get('location'),
    headers: response.headers,
    text,
    body: (text ? JSON.parse(text) : undefined) as { code: number; message: string } | undefined,
  };
}

describe('GET /api/wecom/authorize', () => {
  it('leads to the QR page, with the parameters of Web login in their order', async () => {
    const answer = await authorize(good());
    expect(answer.status).toBe(302);
    expect(answer.location).toMatch(
      new RegExp(
        `^${stack.wecom.url}/wwlogin/sso/login\\?login_type=CorpApp&appid=ww0a1b2c3d4e5f6a7b&agentid=1000002&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2F&state=[0-9A-Za-z]{32}$`,
      ),
    );
  });

  it('leads WeCom’s own browser to page OAuth, in the order of its document, the fragment last', async () => {
    const answer = await authorize({ ...good(), scope: 'snsapi_privateinfo' }, WECOM_BROWSER);
    expect(answer.status).toBe(302);
    expect(answer.location).toMatch(
      new RegExp(
        `^${stack.wecom.url}/connect/oauth2/authorize\\?appid=ww0a1b2c3d4e5f6a7b&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2F&response_type=code&scope=snsapi_privateinfo&state=[0-9A-Za-z]{32}&agentid=1000002#wechat_redirect$`,
      ),
    );
  });

  it.each([
    [
      'WeChat, which would show the QR code on the very phone',
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.47',
      '/connect/oauth2/authorize',
    ],
    [
      'WeChat on a computer',
      'Mozilla/5.0 (Windows NT 10.0) Chrome/107 MicroMessenger/7.0.20',
      '/connect/oauth2/authorize',
    ],
    ['a browser that sends nothing', '', '/wwlogin/sso/login'],
    [
      'a phone’s own browser',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1',
      '/wwlogin/sso/login',
    ],
  ])('leads %s to the right page', async (_what, userAgent, page) => {
    const { location } = await authorize(good(), userAgent);
    expect(new URL(location ?? '').pathname).toBe(page);
  });

  it('asks for no more than snsapi_base unless told to', async () => {
    expect((await authorize(good(), WECOM_BROWSER)).location).toContain('&scope=snsapi_base&');
  });

  it('goes where `mode` says, whatever the browser is', async () => {
    const page = async (mode: string, userAgent: string) =>
      new URL((await authorize({ ...good(), mode }, userAgent)).location ?? '').pathname;
    expect(await page('oauth', 'Firefox')).toBe('/connect/oauth2/authorize');
    expect(await page('qr', WECOM_BROWSER)).toBe('/wwlogin/sso/login');
    expect(await page('panel', WECOM_BROWSER)).toBe('/wwlogin/sso/login');
  });

  it('leads to pages that WeCom serves', async () => {
    for (const mode of ['oauth', 'qr']) {
      const { location } = await authorize({ ...good(), mode });
      const page = await fetch(location ?? '');
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('张三');
    }
  });

  it('tells a script the state and the address, so that it can keep its verifier under the state', async () => {
    const response = await fetch(`${api.url}/api/wecom/authorize?${new URLSearchParams(good())}`, {
      headers: { accept: 'application/json', origin: ORIGIN },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const { code, message, data } = (await response.json()) as {
      code: number;
      message: string;
      data: { state: string; authorizeUrl: string };
    };
    expect([code, message]).toEqual([0, 'success']);
    expect(new URL(data.authorizeUrl).searchParams.get('state')).toBe(data.state);
    expect((await fetch(data.authorizeUrl)).status).toBe(200);
  });

  it('tells a script what createWWLoginPanel needs, with the same state', async () => {
    const panelOf = async (query: Record<string, string>, userAgent: string) => {
      const address = `${api.url}/api/wecom/authorize?${new URLSearchParams(query)}`;
      const headers = { accept: 'application/json', 'user-agent': userAgent };
      const { data } = (await (await fetch(address, { headers })).json()) as {
        data: { state: string; panel: object };
      };
      expect(data.panel).toEqual({
        login_type: 'CorpApp',
        appid: 'ww0a1b2c3d4e5f6a7b',
        agentid: '1000002',
        redirect_uri: query['redirect_uri'],
        state: data.state,
        redirect_type: 'callback',
      });
    };
    await panelOf({ ...good(), mode: 'panel' }, 'Firefox');
    await panelOf({ ...good(), redirect_uri: 'https://app.example.com/?page=in' }, WECOM_BROWSER);
  });

  it.each([
    ['application/json', 200],
    ['application/json; charset=utf-8, */*;q=0.1', 200],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 302],
    ['text/html, application/json', 302],
    ['application/json-patch+json', 302],
    ['*/*', 302],
    ['', 302],
  ])('answers “Accept: %s” with %i', async (accept, status) => {
    const address = `${api.url}/api/wecom/authorize?${new URLSearchParams(good())}`;
    const response = await fetch(address, { redirect: 'manual', headers: { accept } });
    expect(response.status).toBe(status);
  });

  it('is for this browser and this moment only: not stored, no referrer, no body', async () => {
    const { headers, text } = await authorize(good());
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-request-id')).toBeTruthy();
    expect(text).toBe('');
  });

  it('keeps the state for ten minutes with all that it is bound to, under its hash', async () => {
    const query = { ...good(), redirect_uri: 'https://app.example.com/login' };
    const { location } = await authorize(query);
    const state = new URL(location ?? '').searchParams.get('state') ?? '';
    expect(stack.dynamoDb.requests).toEqual(['PutItem wecom-auth-local-cache']);
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(state));
    const { Item } = await stack.client.send(
      new GetItemCommand({
        TableName: 'wecom-auth-local-cache',
        Key: {
          pk: {
            S: `${stack.wecom.company.corpid}#state#${Buffer.from(digest).toString('base64url')}`,
          },
        },
      }),
    );
    expect(Item).toMatchObject({
      corpId: { S: 'ww0a1b2c3d4e5f6a7b' },
      agentId: { S: '1000002' },
      challenge: { S: query.code_challenge },
      redirectUri: { S: query.redirect_uri },
    });
    const expiresAt = Number(Item?.['expiresAt']?.N);
    expect(Math.abs(expiresAt - Date.now() - 600_000)).toBeLessThan(10_000);
    expect(Number(Item?.['ttl']?.N)).toBeGreaterThanOrEqual(expiresAt / 1_000 + 60);
    const { Items = [] } = await stack.client.send(
      new ScanCommand({ TableName: 'wecom-auth-local-cache' }),
    );
    expect(JSON.stringify(Items)).not.toContain(state);
  });

  it('takes a listed address with a query of its own, exactly as it is listed', async () => {
    const { status, location } = await authorize({
      ...good(),
      redirect_uri: 'https://app.example.com/?page=in',
    });
    expect(status).toBe(302);
    expect(location).toContain('redirect_uri=https%3A%2F%2Fapp.example.com%2F%3Fpage%3Din&');
  });

  it('leaves parameters alone that it does not know', async () => {
    expect((await authorize({ ...good(), response_type: 'code', utm: 'x' })).status).toBe(302);
  });
});

describe('what GET /api/wecom/authorize refuses', () => {
  const without = (name: string) => {
    const { [name]: _, ...rest } = good() as Record<string, string>;
    return rest;
  };
  it.each<[string, () => Record<string, string> | string, string]>([
    ['no redirect_uri', () => without('redirect_uri'), '缺少 redirect_uri'],
    ['an empty redirect_uri', () => ({ ...good(), redirect_uri: '' }), '缺少 redirect_uri'],
    ['no code_challenge', () => without('code_challenge'), '缺少 code_challenge'],
    ['a short code_challenge', () => ({ ...good(), code_challenge: 'abc' }), '43 个字符'],
    [
      'a padded code_challenge',
      () => ({ ...good(), code_challenge: `${'a'.repeat(42)}=` }),
      '43 个字符',
    ],
    ['no code_challenge_method', () => without('code_challenge_method'), '须为 S256'],
    [
      'code_challenge_method=plain',
      () => ({ ...good(), code_challenge_method: 'plain' }),
      '须为 S256',
    ],
    ['an unknown scope', () => ({ ...good(), scope: 'snsapi_userinfo' }), 'scope 须为'],
    ['an unknown mode', () => ({ ...good(), mode: 'popup' }), 'mode 须为'],
    ['nothing at all', () => '', '缺少 redirect_uri'],
    [
      'two redirect_uris',
      () =>
        `${new URLSearchParams(good())}&redirect_uri=${encodeURIComponent('https://evil.example/')}`,
      'redirect_uri 只能出现一次',
    ],
    [
      'two challenges',
      () => `${new URLSearchParams(good())}&code_challenge=${'a'.repeat(43)}`,
      'code_challenge 只能出现一次',
    ],
  ])('%s', async (_, query, message) => {
    const answer = await authorize(query());
    expect(answer.status).toBe(400);
    expect(answer.location).toBeNull();
    expect(answer.body?.code).toBe(-1);
    expect(answer.body?.message).toContain(message);
    expect(stack.dynamoDb.requests).toEqual([]);
  });

  it.each([
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example\\',
    'https:evil.example/',
    'https:///evil.example/',
    'https://evil.example/',
    'https://app.example.com.evil.example/login',
    'https://app.example.com@evil.example/login',
    'https://user@app.example.com/login',
    'https://user:pass@app.example.com/login',
    'https://evil.example/?https://app.example.com/login',
    'https://evil.example/#https://app.example.com/login',
    'https://app.example.com%2f%2fevil.example/login',
    'https://app.example.com/%2f%2fevil.example/login',
    'https://app.example.com%2flogin',
    'https%3A%2F%2Fapp.example.com%2Flogin',
    'https://app.example.com\\@evil.example/login',
    'https://app.example.com/login\\..\\..',
    'https://app.example.com/login/../admin',
    'https://app.example.com/./login',
    'https://app.example.com//login',
    'https://app.example.com/login/more',
    'https://app.example.com/loginevil',
    'https://app.example.com/login/',
    'https://app.example.com/LOGIN',
    'https://app.example.com./login',
    'https://APP.example.com/login',
    'HTTPS://app.example.com/login',
    'https://app.example.com:443/login',
    'https://app.example.com:8443/login',
    'http://app.example.com/login',
    'https://sub.app.example.com/login',
    'https://example.com/login',
    'https://аpp.example.com/login',
    'https://xn--pp-6kc.example.com/login',
    'https://app。example。com/login',
    'https://app.example.com/login?next=https://evil.example/',
    'https://app.example.com/login?',
    'https://app.example.com/login#',
    'https://app.example.com/login#@evil.example',
    'https://app.example.com/?page=out',
    'https://app.example.com/',
    ' https://app.example.com/login',
    'https://app.example.com/login ',
    'https://app.example.com/lo\tgin',
    'https://app.example.com/login\r\nlocation: https://evil.example/',
    'https://app.example.com/login\u0000',
    'http://localhost:3001/',
    'http://localhost/',
    'http://localhost:3000',
    'http://localhost:3000/api/wecom/authorize',
    'http://127.0.0.1:3000/',
    'http://[::1]:3000/',
    'javascript:alert(1)//https://app.example.com/login',
    'data:text/html,https://app.example.com/login',
    'file:///etc/passwd',
    'app.example.com/login',
    `${REDIRECT_URI},https://app.example.com/login`,
    LISTED.join(' , '),
  ])('an address that is not listed: %j', async (redirect_uri) => {
    const answer = await authorize({ ...good(), redirect_uri });
    expect(answer.status).toBe(400);
    expect(answer.location).toBeNull();
    expect(answer.body?.message).toContain('redirect_uri 不在允许的列表中');
    expect(stack.dynamoDb.requests).toEqual([]);
  });

  it.each([
    ['http://localhost:3000', '请检查结尾的斜杠'],
    ['https://app.example.com/login/', '请检查结尾的斜杠'],
    ['https://app.example.com/login?next=/a', '不能另带查询参数或片段'],
    ['https://app.example.com/login#/a', '不能另带查询参数或片段'],
  ])('%s, with a hint', async (redirect_uri, hint) => {
    expect((await authorize({ ...good(), redirect_uri })).body?.message).toContain(hint);
  });

  it('every address, while none is listed', async () => {
    const unconfigured = await stack.newInstance({ REDIRECT_URIS: '' });
    const query = new URLSearchParams(good());
    const answer = await fetch(`${unconfigured.url}/api/wecom/authorize?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('REDIRECT_URIS 尚未配置');
  });

  it('everything, in its own words, while DynamoDB is down', async () => {
    stack.dynamoDb.fail('down');
    const answer = await authorize(good());
    stack.dynamoDb.fail(undefined);
    expect(answer.status).toBe(500);
    expect(answer.location).toBeNull();
    expect(answer.body).toEqual({ code: -1, message: '发起登录失败' });
  });
});
