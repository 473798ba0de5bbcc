import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { transform } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Begun, Options, Outcome, Refusal } from '../../packages/client/source/wecomAuth.ts';
import { inChromium, launchChromium, missingChromium } from '../harness/chromium.ts';
import { listen } from '../harness/listen.ts';
import { type Instance, type Stack, startStack } from '../harness/stack.ts';

const SOURCE = 'packages/client/source/wecomAuth.ts';

/** The helper as JavaScript, in the syntax that is published. */
const compiled = async () =>
  (await transform(await readFile(SOURCE, 'utf8'), { loader: 'ts', target: 'es2020' })).code;

/** The page of docs/local.md, for an API at another address. */
async function documentedPage(apiUrl: string): Promise<string> {
  const [, page = ''] = /```html\n(.*?)```/s.exec(await readFile('docs/local.md', 'utf8')) ?? [];
  expect(page).toContain("'http://localhost:3000'");
  return page.replace('http://localhost:3000', apiUrl);
}

describe.skipIf(missingChromium)(inChromium('the helper, on another origin'), () => {
  let stack: Stack;
  let api: Instance;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let origin: string;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const code = await compiled();
    const frontEnd = createServer((request, response) => {
      const isModule = request.url === '/wecomAuth.js';
      response.writeHead(200, { 'content-type': isModule ? 'text/javascript' : 'text/html' });
      if (isModule) response.end(code);
      else if (request.url?.startsWith('/documented'))
        void documentedPage(api.url).then((html) => response.end(html));
      else response.end('<!doctype html><title>front end</title>');
    });
    ({ close, url: origin } = await listen(frontEnd));
    stack = await startStack();
    api = await stack.newInstance({
      CORS_ORIGINS: origin,
      REDIRECT_URIS: `${origin}/,${origin}/app,${origin}/documented`,
    });
    for (const app of stack.wecom.company.apps) app.trusted_domains.push(new URL(origin).host);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await close();
  });

  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    await page.goto(`${origin}/`);
  });

  afterEach(() => context.close());

  /** @param answer of the API; absent: the real one */
  const call = <T>(name: string, options: Partial<Options> = {}, answer?: object) =>
    page.evaluate<T>(`(async () => {
      const helper = await import('/wecomAuth.js');
      const options = ${JSON.stringify({ api: api.url, ...options })};
      const answer = ${JSON.stringify(answer)};
      if (answer) options.fetch = async () => {
        if (answer.thrown) throw new TypeError('Failed to fetch');
        return new Response(answer.body, answer);
      };
      return helper.${name}(options);
    })()`);
  const begin = (options?: Partial<Options>) => call<Begun>('beginSignIn', options);
  const finish = (answer?: object) => call<Outcome | undefined>('finishSignIn', {}, answer);
  const shown = () => page.evaluate<string>('location.pathname + location.search + location.hash');

  /** @returns the address of WeCom's page */
  async function addressOf(options?: Partial<Options>): Promise<string> {
    const { address, refusal } = await begin(options);
    expect(refusal).toBeUndefined();
    return address ?? '';
  }

  /** Where WeCom sends the visitor who chose this member. */
  async function returnOf(address: string, who = 'user123'): Promise<string> {
    const body = new URLSearchParams({ who, decision: 'approve' });
    const response = await fetch(address, { method: 'POST', redirect: 'manual', body });
    return response.headers.get('location') ?? '';
  }

  /** Begins, and stands at this address with its state. */
  async function comeBack(query: (state: string) => string): Promise<void> {
    const state = new URL(await addressOf()).searchParams.get('state') ?? '';
    await page.evaluate(`history.replaceState(null, '', '/${query(state)}')`);
  }

  it('signs a member in', async () => {
    await page.goto(await returnOf(await addressOf()));
    const result = await finish();
    expect(result?.session?.member).toMatchObject({ userid: 'user123', name: '张三' });
    expect(result?.session?.accessToken).toMatch(/^ey/);
    const lastsMs = (result?.session?.expiresAt ?? 0) - Date.now();
    expect(lastsMs).toBeLessThanOrEqual(3_600_000);
    expect(lastsMs).toBeGreaterThan(3_500_000);
    expect(await shown()).toBe('/');
  });

  it('signs a member in to the page of docs/local.md', async () => {
    await page.goto(`${origin}/documented`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${stack.wecom.url}/**`);
    await page.locator('input[value=user123]').check();
    await page.locator('button[value=approve]').click();
    await page.getByText('张三: false').waitFor();
  });

  it('finishes each of two sign-ins that are under way in one tab', async () => {
    const first = await addressOf();
    const second = await addressOf();
    await page.goto(await returnOf(first, 'user123'));
    expect((await finish())?.session?.member.userid).toBe('user123');
    await page.goto(await returnOf(second, 'lisi'));
    expect((await finish())?.session?.member.userid).toBe('lisi');
  });

  it('keeps a bounded number of them, the newest', async () => {
    const first = await addressOf();
    const others = [];
    for (let count = 0; count < 8; count += 1) others.push(await addressOf());
    await page.goto(await returnOf(first));
    expect(await finish()).toBeUndefined();
    await page.goto(await returnOf(others[0] ?? ''));
    expect((await finish())?.session?.member.userid).toBe('user123');
  });

  it('answers the same when WeCom’s browser opens the page twice', async () => {
    const back = await returnOf(await addressOf());
    await page.goto(back);
    const once = await finish();
    await page.goto(back);
    const again = await finish();
    expect(again?.session?.member).toEqual(once?.session?.member);
    expect(again?.session?.accessToken).toBe(once?.session?.accessToken);
  });

  it.each([
    '?state=somebody',
    '?code=x&state=somebody',
    '?code=x',
    '?page=in&code=x&state=somebody#/wechat_redirect',
    '',
  ])('leaves “%s” alone: this tab began no such sign-in', async (address) => {
    await addressOf();
    await page.evaluate(`history.replaceState(null, '', '/${address}')`);
    expect(await finish({ body: '{}', status: 500 })).toBeUndefined();
    expect(await shown()).toBe(`/${address}`);
  });

  it.each([
    ['?code=c&state=S', '/'],
    ['?code=c&state=S&appid=ww1', '/'],
    ['?page=a%20b&code=c&state=S&barcode=7', '/?page=a%20b&barcode=7'],
    ['?code=c&state=S#wechat_redirect', '/'],
    ['?code=c&state=S#/wechat_redirect', '/'],
    ['?code=c&state=S#/orders?id=1', '/#/orders?id=1'],
    ['?code=c&state=S#/orders#wechat_redirect', '/#/orders'],
  ])('makes of “%s” “%s”', async (returned, left) => {
    await comeBack((state) => returned.replace('S', state));
    await finish({ body: '{}', status: 500 });
    expect(await shown()).toBe(left);
  });

  it('brings a hash router back to the route that began', async () => {
    await page.goto(`${origin}/#/orders?id=1`);
    const address = await addressOf({ mode: 'oauth' });
    expect(address).toMatch(/#wechat_redirect$/);
    // Browsers keep WeCom's fragment over its redirect, which has none.
    await page.goto(`${await returnOf(address)}#wechat_redirect`);
    expect((await finish())?.session?.member.userid).toBe('user123');
    expect(await shown()).toBe('/#/orders?id=1');
  });

  it('takes no route along to another page', async () => {
    await page.goto(`${origin}/#/orders`);
    await page.goto(await returnOf(await addressOf({ redirectUri: `${origin}/app` })));
    expect((await finish())?.session?.member.userid).toBe('user123');
    expect(await shown()).toBe('/app');
  });

  it('takes a return without a code for a cancel, without asking the API', async () => {
    await comeBack((state) => `?state=${state}`);
    const result = await finish({ thrown: true });
    expect(result?.refusal).toEqual({
      reason: 'cancelled',
      text: { zh: '你取消了登录。', en: 'You cancelled the sign-in.' },
      status: 0,
      code: -1,
      message: '',
      requestId: '',
    });
    expect(await shown()).toBe('/');
  });

  /** What the real API says to a code of this person. */
  async function refusalFor(
    who: { userid: string } | { visitor: string },
  ): Promise<Refusal | undefined> {
    const redirectHost = new URL(origin).host;
    const code = stack.wecom.codes.mint({ ...who, redirectHost });
    await comeBack((state) => `?code=${code}&state=${state}`);
    return (await finish())?.refusal;
  }

  it.each([
    ['not-a-member', { visitor: 'stranger' }, 403, -1],
    ['inactive', { userid: 'wangwu' }, 403, -1],
    ['inactive', { userid: 'sunqi' }, 403, -1],
    ['not-visible', { userid: 'zhouba' }, 401, 60011],
  ])('says %s of %o', async (reason, who, status, code) => {
    const refusal = await refusalFor(who);
    expect(refusal).toMatchObject({ reason, status, code });
    expect(refusal?.requestId).toMatch(/./);
    expect(refusal?.text.en).toMatch(/\.$/);
  });

  it('says what is wrong with a code, and with a state', async () => {
    await comeBack((state) => `?code=unknown&state=${state}`);
    expect((await finish())?.refusal).toMatchObject({ reason: 'code', code: 40029 });
    const back = await returnOf(await addressOf());
    await page.goto(back);
    await finish();
    const other = stack.wecom.codes.mint({ userid: 'lisi', redirectHost: new URL(origin).host });
    await page.goto(back.replace(/code=[^&]+/, `code=${other}`));
    expect((await finish())?.refusal).toMatchObject({ reason: 'used', status: 401 });
  });

  it('can be finished after WeCom was busy, because the address still has the code', async () => {
    stack.wecom.faults.add(45009, { on: 'auth/getuserinfo', times: 1 });
    const back = await returnOf(await addressOf());
    await page.goto(back);
    const busy = (await finish())?.refusal;
    expect(busy).toMatchObject({ reason: 'busy', status: 503, retryAfterSeconds: 60 });
    expect(page.url()).toBe(back);
    expect((await finish())?.session?.member.userid).toBe('user123');
    expect(await shown()).toBe('/');
  });

  it('can be finished after the network was away', async () => {
    const back = await returnOf(await addressOf());
    await page.goto(back);
    const refusal = { reason: 'unreachable', retryAfterSeconds: 0 };
    expect((await finish({ thrown: true }))?.refusal).toMatchObject(refusal);
    expect((await finish())?.session?.member.userid).toBe('user123');
  });

  it.each([
    ['ERR_STATE_REFUSED/expired', 401, 'expired'],
    ['ERR_STATE_REFUSED/other-verifier', 401, 'state'],
    ['ERR_WECOM_ERRCODE', 401, 'refused'],
    ['ERR_TOKEN_UNAVAILABLE', 500, 'failed'],
    ['ERR_INVALID_REQUEST', 400, 'failed'],
  ])('reads the header x-error-code: %s', async (error, status, reason) => {
    await comeBack((state) => `?code=c&state=${state}`);
    const headers = { 'x-error-code': error };
    const result = await finish({ body: '{"code":-1,"message":"m"}', status, headers });
    expect(result?.refusal).toMatchObject({ reason, status, message: 'm' });
  });

  it.each([
    ['{"message":"Service Unavailable"}', 503, 'busy'],
    ['{"message":"Too Many Requests"}', 429, 'busy'],
    ['<html>Bad Gateway</html>', 502, 'failed'],
    ['null', 500, 'failed'],
    ['{}', 200, 'failed'],
    ['{"code":60030}', 401, 'not-visible'],
    ['{"code":"constructor"}', 500, 'failed'],
  ])('reads %s with %i, where there is no such header', async (body, status, reason) => {
    await comeBack((state) => `?code=c&state=${state}`);
    expect((await finish({ body, status }))?.refusal).toMatchObject({ reason });
    expect(await shown()).toBe('/');
  });

  const withoutStorage = () =>
    page.evaluate(`Object.defineProperty(window, 'sessionStorage', {
      get() { throw new DOMException('Access is denied', 'SecurityError'); },
    })`);

  it.each([
    ...['null', '7', '"x"', '[]', '{}', '{"data":null}', '{"data":{"state":"s"}}'],
    ...['{"data":{"authorizeUrl":"https://x.example"}}', '{"data":{"state":1,"authorizeUrl":2}}'],
  ])('begins nothing where the API answers %s', async (body) => {
    const begun = await call<Begun>('beginSignIn', {}, { status: 200, body });
    expect(begun).toMatchObject({ refusal: { reason: 'failed' } });
  });

  it.each([
    ...['null', '7', '[]', '{}', '{"session":{"access_token":"t"}}', '{"data":{"userid":"u"}}'],
    ...['{"data":"u","session":"t"}'],
  ])('signs nobody in where the API answers %s', async (body) => {
    await comeBack((state) => `?code=abc&state=${state}`);
    const finished = await finish({ status: 200, body });
    expect(finished).toMatchObject({ refusal: { reason: 'failed' } });
  });

  it('says that the browser stores nothing for this site', async () => {
    await withoutStorage();
    const { refusal } = await begin();
    expect(refusal).toMatchObject({ reason: 'storage', status: 0, message: '' });
  });

  it('lets a page load in a browser that stores nothing', async () => {
    await page.goto(`${origin}/?code=c&state=s`);
    await withoutStorage();
    expect(await finish()).toBeUndefined();
  });

  it.each([
    ...['x', 'null', '{}', '[null]', '{"signIns":7}', '{"signIns":"x"}', '{"signIns":{"0":1}}'],
    ...['{"signIns":[null]}', '{"signIns":[{}]}', '{"signIns":[{"state":"s","from":"/"}]}'],
  ])('begins anew where “%s” is stored', async (stored) => {
    await page.evaluate(`sessionStorage.setItem('wecom-auth', ${JSON.stringify(stored)})`);
    expect(await finish()).toBeUndefined();
    await page.goto(await returnOf(await addressOf()));
    expect((await finish())?.session?.member.userid).toBe('user123');
  });

  it('tells the developer that the page needs https', async () => {
    await page.evaluate(`Object.defineProperty(crypto, 'subtle', { value: undefined })`);
    const { refusal } = await begin();
    expect(refusal).toMatchObject({ reason: 'failed', status: 0 });
    expect(refusal?.message).toContain('https');
  });

  it.each([
    ['5', 5],
    ['Fri, 27 Nov 2026 23:00:00 GMT', undefined],
  ])('reads “retry-after: %s” as %s', async (header, seconds) => {
    await comeBack((state) => `?code=c&state=${state}`);
    const headers = { 'retry-after': header };
    const result = await finish({ body: '{}', status: 503, headers });
    expect(result?.refusal?.reason).toBe('busy');
    expect(result?.refusal?.retryAfterSeconds).toBe(seconds);
  });

  it('gives both of two calls at once the member, as React makes them in strict mode', async () => {
    await page.goto(await returnOf(await addressOf()));
    const results = await Promise.all([finish(), finish()]);
    for (const result of results) expect(result?.session?.member.userid).toBe('user123');
  });

  it('calls the same API with a slash behind its address', async () => {
    const address = await addressOf({ api: `${api.url}/` });
    expect(address).toMatch(/state=/);
    const asked = page.waitForRequest(/authorize/);
    await page.goto(`${origin}/`);
    await begin({ api: '/' });
    expect(new URL((await asked).url()).origin).toBe(origin);
  });

  it.each(['javascript:alert(1)', '/relative', ''])(
    'leaves the page for no “%s” as the address of WeCom’s page',
    async (authorizeUrl) => {
      const body = JSON.stringify({ data: { state: 's', authorizeUrl } });
      const begun = await call<Begun>('beginSignIn', {}, { status: 200, body });
      expect(begun).toMatchObject({ refusal: { reason: 'failed' } });
    },
  );

  it('waits half a minute at most for the API', async () => {
    await page.evaluate(`AbortSignal.timeout = (milliseconds) => {
      window.waited = milliseconds;
      return AbortSignal.abort();
    }`);
    expect((await begin()).refusal?.reason).toBe('unreachable');
    expect(await page.evaluate('waited')).toBe(30_000);
    await page.evaluate('AbortSignal.timeout = undefined');
    expect((await begin()).refusal).toBeUndefined();
  });

  it('says that a sign-in cannot begin, and keeps nothing of it', async () => {
    const { refusal } = await begin({ redirectUri: 'https://elsewhere.example/' });
    expect(refusal).toMatchObject({ reason: 'failed', status: 400 });
    expect(refusal?.message).toContain('redirect_uri');
    expect((await begin({ api: 'http://127.0.0.1:1' })).refusal?.reason).toBe('unreachable');
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });
});
