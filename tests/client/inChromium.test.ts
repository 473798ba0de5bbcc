import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import type { Browser, BrowserContext, Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  inChromium,
  launchChromium,
  missingChromium,
  WECOM_BRIDGE,
  WECOM_BROWSER,
} from '../harness/chromium.ts';
import { type Listening, listen } from '../harness/listen.ts';
import { type Instance, type Stack, startStack } from '../harness/stack.ts';

const HOUR_MS = 3_600_000;

const read = (path: string) => readFileSync(path, 'utf8');
const HELPER = transformSync(read('packages/client/source/wecomAuth.ts'), {
  loader: 'ts',
  target: 'es2020',
}).code;
const JSSDK = read(fileURLToPath(import.meta.resolve('@wecom/jssdk/dist/wecom.prod.js')));

/** A front end with the helper and the real JS-SDK. `?from`: WeCom comes back to another page. */
const program = (api: string) => `<!doctype html><title>program</title><div id="panel"></div>
<script type="module">
import { createWecomAuth } from '/wecomAuth.js';
import * as ww from '/jssdk.js';
const isFrom = new URLSearchParams(location.search).has('from');
const auth = createWecomAuth({
  api: '${api}',
  keepInTab: true,
  ...(isFrom && { redirectUri: location.origin + '/app' }),
});
const heard = [];
for (const type of ['change', 'ending']) {
  auth.on(type, (event) => {
    heard.push(type);
    if (type === 'ending' && window.isBusy) event.preventDefault();
  });
}
Object.assign(window, { ww, auth, heard });
const starts = [auth.start(), ...(window.isTwice ? [auth.start()] : [])];
[window.outcome, window.second] = await Promise.all(starts);
</script>`;

describe.skipIf(missingChromium)(inChromium('the helper and the JS-SDK'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-'));
  let stack: Stack;
  let api: Instance;
  let browser: Browser;
  let server: Listening;
  let context: BrowserContext;
  let page: Page;
  /** The page as it was first opened. */
  let app: string;

  beforeAll(async () => {
    server = await listen(
      createServer((request, response) => {
        const module = { '/wecomAuth.js': HELPER, '/jssdk.js': JSSDK }[request.url ?? ''];
        const type = module === undefined ? 'text/html' : 'text/javascript';
        response.writeHead(200, { 'content-type': `${type}; charset=utf-8` });
        response.end(module ?? program(api.url));
      }),
    );
    app = `${server.url}/app`;
    stack = await startStack({ https: { folder } });
    api = await stack.newInstance({ CORS_ORIGINS: server.url, REDIRECT_URIS: app });
    for (const { trusted_domains } of stack.wecom.company.apps) {
      trusted_domains.push(new URL(server.url).host);
    }
    // The SDK has this address of WeCom in it, and no setting for another one.
    browser = await launchChromium([
      `--host-resolver-rules=MAP login.work.weixin.qq.com:443 127.0.0.1:${stack.wecom.https?.port}`,
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => context?.close());

  /** @param who the member of WeCom's browser; absent: another browser */
  async function open(address = app, who?: string): Promise<void> {
    context = await browser.newContext({
      ignoreHTTPSErrors: true,
      locale: 'zh-CN',
      ...(who && { userAgent: WECOM_BROWSER }),
    });
    if (who) {
      const { url } = stack.wecom;
      await context.addCookies([{ name: 'wecom_emulator_person', value: who, url }]);
    }
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(address);
  }

  const started = (target: Page | Frame = page) =>
    target.waitForFunction('window.outcome').then(() => target.evaluate<unknown>('outcome'));
  const userid = (target: Page | Frame = page) =>
    target.evaluate<string | undefined>('auth.session?.member.userid');
  const shown = () => page.url().slice(server.url.length);
  const begun = () => stack.dynamoDb.requests.filter((each) => each.startsWith('PutItem')).length;

  /** Waits for the page that WeCom came back to. */
  async function signedIn(target: Page | Frame = page, who = 'user123'): Promise<void> {
    await target.waitForFunction('window.outcome && auth.session');
    expect(await userid(target)).toBe(who);
  }

  async function scan(target: Page | Frame = page, who = 'user123'): Promise<void> {
    await target.locator(`input[value=${who}]`).check();
    await target.getByRole('button', { name: '确认登录' }).click();
  }

  describe('the login panel', () => {
    /** Shows the panel; `window.panel` is the promise of its outcome. @returns the frame */
    async function showPanel(params: object = {}, redirectUri = app): Promise<Frame> {
      await started();
      await page.evaluate(`
        window.ending = new AbortController();
        window.panel = auth.panel(
          (options) => ww.createWWLoginPanel({
            ...options,
            params: { ...options.params, redirect_uri: ${JSON.stringify(redirectUri)} },
          }),
          { el: '#panel', params: ${JSON.stringify(params)}, signal: ending.signal },
        );
        undefined`);
      await page.locator('#panel iframe').waitFor();
      const frame = await (await page.locator('#panel iframe').elementHandle())?.contentFrame();
      if (!frame) throw new Error('the panel has no frame');
      await frame.waitForURL(/wwlogin/);
      return frame;
    }

    it('signs in on the page, which is not left', async () => {
      await open(`${app}#/orders`);
      await scan(await showPanel());
      expect(await page.evaluate('panel')).toMatchObject({ session: { member: { name: '张三' } } });
      expect(await userid()).toBe('user123');
      expect(shown()).toBe('/app#/orders');
      expect(await page.locator('iframe').count()).toBe(0);
    });

    it('signs in the page that WeCom leads the window to (top)', async () => {
      await open(`${app}?id=7`);
      await scan(await showPanel({ redirect_type: 'top' }));
      await page.waitForURL(/code=/);
      await signedIn();
      expect(shown()).toBe('/app?id=7');
    });

    it('signs in the page that WeCom leads the frame to (self)', async () => {
      await open();
      const frame = await showPanel({ redirect_type: 'self' });
      await scan(frame);
      await frame.waitForURL(/app/);
      await signedIn(frame);
      expect(await page.evaluate('auth.start()')).toMatchObject({
        session: { member: { userid: 'user123' } },
      });
    });

    it('redeems no code with a state that this tab did not begin, or twice', async () => {
      await open();
      await started();
      const code = stack.wecom.codes.mint({
        userid: 'user123',
        redirectHost: new URL(server.url).host,
      });
      const finish = (state: string, minted = code) =>
        page.evaluate(`(async () => {
          const { finishSignIn } = await import('/wecomAuth.js');
          const returned = ${JSON.stringify({ code: minted, state })};
          return await finishSignIn({ api: '${api.url}' }, returned);
        })()`);
      expect(await finish('a'.repeat(32))).toBeUndefined();
      const frame = await showPanel();
      const state = new URL(frame.url()).searchParams.get('state') ?? '';
      await scan(frame);
      await page.evaluate('panel');
      expect(await finish(state)).toMatchObject({ refusal: { reason: 'used', status: 401 } });
    });

    it('says why WeCom refused', async () => {
      await open();
      await scan(await showPanel({}, 'https://elsewhere.example/'));
      expect(await page.evaluate('panel')).toMatchObject({
        refusal: { reason: 'refused', code: -31020 },
      });
    });

    it('is taken away by its signal, shown already or not', async () => {
      await open();
      await showPanel();
      await page.evaluate('ending.abort()');
      expect(await page.evaluate('panel')).toMatchObject({ refusal: { reason: 'cancelled' } });
      expect(await page.locator('iframe').count()).toBe(0);
      const outcome = page.evaluate(
        `auth.panel(ww.createWWLoginPanel, { el: '#panel', signal: ending.signal })`,
      );
      expect(await outcome).toMatchObject({ refusal: { reason: 'cancelled' } });
      expect(await page.locator('iframe').count()).toBe(0);
    });
  });

  describe('a redirect', () => {
    const leave = async () => {
      await page.evaluate('void auth.signIn()');
      await page.waitForURL(`${stack.wecom.url}/**`);
    };

    it.each([
      ['its query', '/app?id=%E5%BC%A0&x=1'],
      ['its route, of a hash router', '/app#/orders/7?x=1'],
    ])('brings the page back to %s', async (_what, address) => {
      await open(server.url + address);
      await started();
      await leave();
      await scan();
      await signedIn();
      expect(shown()).toBe(address);
      expect(await page.evaluate('outcome.from')).toBeUndefined();
    });

    it('says where the sign-in began, on another page', async () => {
      await open(`${server.url}//orders/7?from#x`);
      await started();
      await leave();
      await scan();
      await signedIn();
      expect(shown()).toBe('/app');
      expect(await page.evaluate('outcome.from')).toBe(`${server.url}//orders/7?from#x`);
    });

    it('finishes both of two sign-ins in one tab', async () => {
      await open();
      await started();
      await leave();
      const first = page.url();
      await page.goBack();
      await started();
      await leave();
      await scan(page, 'lisi');
      await signedIn(page, 'lisi');
      await page.goto(first);
      await scan(page, 'user123');
      await signedIn(page, 'user123');
    });

    it('keeps who is signed in over a reload, until the sign-out', async () => {
      await open();
      await started();
      await leave();
      await scan();
      await signedIn();
      await page.reload();
      await signedIn();
      expect(await page.evaluate('auth.signOut() ?? heard')).toEqual(['change', 'change']);
      expect(await userid()).toBeUndefined();
      await page.reload();
      expect(await started()).toEqual({});
      expect(await page.evaluate('heard')).toEqual([]);
    });

    it('is finished once by two calls of start at once, as React makes them in strict mode', async () => {
      await open(`${app}?from#x`);
      await started();
      await leave();
      await page.addInitScript('window.isTwice = true');
      const redeemed: string[] = [];
      page.on('request', (each) => redeemed.push(each.method() + new URL(each.url()).pathname));
      await scan();
      await signedIn();
      expect(await page.evaluate('second')).toEqual(await page.evaluate('outcome'));
      expect(redeemed.filter((each) => each === 'POST/api/wecom/getUserInfo')).toHaveLength(1);
      expect(await page.evaluate('heard')).toEqual(['change']);
    });

    it('and then a sign-out on another page of the tab end what Back shows', async () => {
      await open();
      await started();
      await leave();
      await scan();
      await signedIn();
      // The page in the back/forward cache sees neither, until it is shown again.
      await page.evaluate(`(async () => {
        const { createWecomAuth } = await import('/wecomAuth.js');
        createWecomAuth({ api: '', keepInTab: true }).signOut();
      })()`);
      expect(await userid()).toBe('user123');
      await page.evaluate(
        `dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`,
      );
      expect(await userid()).toBeUndefined();
      expect(await page.evaluate('heard')).toEqual(['change', 'change']);
    });

    it('does not keep the code in the address that a second sign-in comes back to', async () => {
      await open();
      await started();
      await leave();
      stack.wecom.faults.add(45009, { on: 'auth/getuserinfo', times: 1 });
      await scan();
      expect(await started()).toMatchObject({ refusal: { reason: 'busy' } });
      expect(shown()).toContain('code=');
      await leave();
      await scan();
      await signedIn();
      expect(shown()).toBe('/app');
    });
  });

  describe('inside WeCom', () => {
    it('signs in without a click, and leaves no page of WeCom in the history', async () => {
      await open(`${app}#/orders`, 'user123');
      await signedIn();
      expect(shown()).toBe('/app#/orders');
      expect(await page.evaluate('history.length')).toBe(2);
    });

    it('does not try again by itself after a refusal', async () => {
      await open(app, 'zhouba');
      await page.waitForFunction('window.outcome?.refusal');
      expect(await page.evaluate('outcome.refusal.reason')).toBe('not-visible');
      const earlier = begun();
      await page.reload();
      expect(await started()).toEqual({});
      expect(begun()).toBe(earlier);
    });

    it('does not try again by itself after a cancel', async () => {
      await open('about:blank', 'nobody');
      await page.goto(app);
      await page.waitForURL(`${stack.wecom.url}/**`);
      const state = new URL(page.url()).searchParams.get('state');
      await page.goto(`${app}?state=${state}`);
      expect(await started()).toMatchObject({ refusal: { reason: 'cancelled' } });
      await page.reload();
      expect(await started()).toEqual({});
    });

    it('does not sign in again by itself after a sign-out, but by a click', async () => {
      await open(app, 'user123');
      await signedIn();
      await page.evaluate('auth.signOut()');
      await page.reload();
      expect(await started()).toEqual({});
      await page.evaluate('void auth.signIn()');
      await signedIn();
    });

    it.each(['?code=x&state=other', '?error=access_denied&state=other'])(
      'leaves the return of another provider to it: %s',
      async (query) => {
        await open(app + query, 'user123');
        expect(await started()).toEqual({});
        expect(shown()).toBe(`/app${query}`);
      },
    );

    it('signs in on a page that has a state of its own', async () => {
      await open(`${app}?state=open`, 'user123');
      await signedIn();
      expect(shown()).toBe('/app?state=open');
    });

    it('does not try again and again where the browser forgets what it began', async () => {
      await open('about:blank', 'user123');
      await page.addInitScript('sessionStorage.clear()');
      await page.goto(app);
      await page.waitForURL(/state=/);
      expect(await started()).toEqual({});
    });

    it('begins once by two calls of start at once', async () => {
      await open('about:blank', 'user123');
      await page.addInitScript('window.isTwice = true');
      const earlier = begun();
      await page.goto(app);
      await signedIn();
      expect(begun()).toBe(earlier + 1);
    });

    it('does not sign in by itself after a sign-out while it was about to', async () => {
      await open('about:blank', 'user123');
      let answer = () => {};
      const isAsked = new Promise<void>((resolve) => {
        void page.route('**/api/wecom/authorize?*', async (route) => {
          resolve();
          await new Promise<void>((go) => {
            answer = go;
          });
          await route.continue();
        });
      });
      await page.goto(app);
      await isAsked;
      await page.evaluate('auth.signOut()');
      answer();
      expect(await started()).toEqual({});
      expect(shown()).toBe('/app');
    });

    it.each([-1, 0, 100])('does not sign in again and again for %i seconds', async (seconds) => {
      await open('about:blank', 'user123');
      let redeemed = 0;
      await page.route('**/api/wecom/getUserInfo', async (route) => {
        const response = await route.fetch();
        const body = await response.json();
        redeemed += 1;
        body.session.expires_in = seconds;
        await route.fulfill({ response, json: body });
      });
      await page.goto(app);
      await page.waitForFunction('window.outcome');
      await page.reload();
      await started();
      expect(redeemed).toBe(1);
    });

    it('tries nothing while the API is away, and tries at the next load', async () => {
      await open('about:blank', 'user123');
      const away = '**/api/wecom/authorize?*';
      await page.route(away, (route) => route.abort());
      await page.goto(app);
      expect(await started()).toMatchObject({ refusal: { reason: 'unreachable' } });
      await page.unroute(away);
      await page.reload();
      await signedIn();
    });
  });

  describe('the end of a session', () => {
    async function openWithClock(who?: string): Promise<void> {
      await open('about:blank', who);
      await page.clock.install();
      await page.goto(app);
      if (!who) {
        await started();
        await page.evaluate('void auth.signIn()');
        await page.waitForURL(`${stack.wecom.url}/**`);
        await scan();
      }
      await signedIn();
    }
    const expiresAt = () => page.evaluate<number>('auth.session.expiresAt');
    const fastForwardTo = async (leftMs: number) =>
      page.clock.fastForward(
        await page.evaluate<number>(`auth.session.expiresAt - ${leftMs} - Date.now()`),
      );

    it('is told to the page, once, and then the page has nobody', async () => {
      await openWithClock();
      await fastForwardTo(150_000);
      await page.clock.runFor(1_000);
      expect(await page.evaluate('heard')).toEqual(['change']);
      await fastForwardTo(90_000);
      await page.clock.runFor(80_000);
      expect(await page.evaluate('heard')).toEqual(['change', 'ending']);
      expect(await userid()).toBe('user123');
      await page.clock.runFor(10_000);
      expect(await page.evaluate('heard')).toEqual(['change', 'ending', 'change']);
      expect(await userid()).toBeUndefined();
      await page.reload();
      expect(await started()).toEqual({});
    });

    it('is no session after a sleep in which no timer ran', async () => {
      await openWithClock();
      await page.clock.setFixedTime((await expiresAt()) + 1);
      expect(await userid()).toBeUndefined();
    });

    it('is renewed inside WeCom, without a click', async () => {
      await openWithClock('user123');
      const first = await expiresAt();
      await fastForwardTo(100_000);
      await page.waitForFunction(`window.auth?.session?.expiresAt > ${first + HOUR_MS / 2}`);
      expect(shown()).toBe('/app');
    });

    it('is not renewed while the page has something to lose', async () => {
      await openWithClock('user123');
      await page.evaluate('window.isBusy = true');
      await fastForwardTo(100_000);
      await page.clock.runFor(60_000);
      expect(await page.evaluate('[isBusy, ...heard]')).toEqual([true, 'change', 'ending']);
    });
  });

  describe('ww.register', () => {
    /** @returns the ticket that WeCom has at this moment, by its own API */
    async function ticketOf(path: string, query?: Record<string, string>): Promise<string> {
      const { corpid, apps } = stack.wecom.company;
      const corpsecret = apps.find(({ agentid }) => agentid === 1000002)?.secret ?? '';
      const call = async (path: string, query: Record<string, string>) => {
        const url = `${stack.wecom.url}/cgi-bin/${path}?${new URLSearchParams(query)}`;
        return (await (await fetch(url)).json()) as { access_token: string; ticket: string };
      };
      const { access_token } = await call('gettoken', { corpid, corpsecret });
      return (await call(path, { access_token, ...query })).ticket;
    }

    it.each([
      ['config', 'getConfigSignature', () => ticketOf('get_jsapi_ticket')],
      [
        'agentConfig',
        'getAgentConfigSignature',
        () => ticketOf('ticket/get', { type: 'agent_config' }),
      ],
    ])(
      '%s signs each page as the SDK itself does with WeCom’s ticket',
      async (part, name, find) => {
        await open('about:blank', 'user123');
        await page.addInitScript(WECOM_BRIDGE);
        await page.goto(`${app}?name=张三&x=a%20b#/orders`);
        await signedIn();
        await page.evaluate(`ww.register({
        corpId: '${stack.wecom.company.corpid}',
        agentId: 1000002,
        jsApiList: ['scanQRCode'],
        async ${name}(url) {
          const address = '${api.url}/api/wecom/jssdk?url=' + encodeURIComponent(url);
          const { data } = await (await fetch(address)).json();
          return data.${part};
        },
      })`);
        for (const address of [shown(), '/app/列表?next=/a&b=1#x']) {
          await page.evaluate(`history.pushState(null, '', ${JSON.stringify(address)})`);
          await page.evaluate('ww.scanQRCode({ needResult: true })');
          const { name: called, params } = await page.evaluate<{
            name: string;
            params: Record<string, string>;
          }>('lastCall');
          expect(called).toBe('scanQRCode');
          const { verifyNonceStr: nonceStr, verifyTimestamp: timestamp } = params;
          const options = JSON.stringify({ ticket: await find(), nonceStr, timestamp });
          // Tencent's code, and the address that the browser says that the page has.
          const expected = await page.evaluate(`ww.getSignature(${options}).signature`);
          expect(params['verifySignature'], address).toBe(expected);
        }
      },
    );
  });
});
