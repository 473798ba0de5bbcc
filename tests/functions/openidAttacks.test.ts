import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { contextOf } from '../harness/gateway.ts';
import { proof, redeem } from '../harness/journey.ts';
import { passes } from '../harness/passes.ts';
import { permit } from '../harness/permit.ts';
import {
  type Authorization,
  authorization,
  basic,
  GITLAB,
  GRAFANA,
  isAt,
  isWecom,
  type OpenidStack,
  PAGE,
  page,
  pass,
  postToken,
  REPORTS,
  redemption,
  returnAddress,
  signIn,
  startOpenid,
  tokensOf,
  toWecom,
  userinfo,
} from '../harness/relyingParty.ts';
import type { Stack } from '../harness/stack.ts';

let openid: OpenidStack;
let stack: Stack;
let url: string;
let host: string;

beforeAll(async () => {
  openid = await startOpenid();
  stack = openid.stack;
  url = openid.api.url;
  host = new URL(url).host;
  await permit(stack, 'member#qianer');
  // The access_token and the department are at hand from here on.
  await tokensOf(openid);
});

beforeEach(() => {
  vi.useRealTimers();
  stack.wecom.calls.clear();
});

/** Whether the browser has a session of the provider. */
async function isSignedIn(browser: Browser): Promise<boolean> {
  const silent = authorization(openid.api, GRAFANA, { prompt: 'none' });
  return (await pass(browser, silent)).searchParams.has('code');
}

describe('mix-up', () => {
  it('is told by iss, in answers and in errors, in the query and in the fragment', async () => {
    for (const parameters of [{}, { response_mode: 'fragment' }]) {
      const begun = authorization(openid.api, GRAFANA, { ...parameters, prompt: 'none' });
      const back = await pass(new Browser(), begun);
      const told = new URLSearchParams(back.search || back.hash.slice(1));
      expect(told.get('error')).toBe('login_required');
      expect(told.get('iss')).toBe(url);
    }
    const back = await signIn(openid, new Browser(), authorization(openid.api));
    expect(back.searchParams.get('iss')).toBe(url);
  });
});

describe('code injection', () => {
  it("fails: the code of one sign-in does not fit the other's verifier", async () => {
    const victim = authorization(openid.api);
    const stolen = await signIn(openid, new Browser(), victim);
    const attacker = authorization(openid.api);
    const { form, headers } = redemption(attacker, stolen);
    const { status, body } = await postToken(openid.api, form, headers);
    expect([status, body['error']]).toEqual([400, 'invalid_grant']);
  });
});

describe('login CSRF', () => {
  /** An attacker scans, and keeps what WeCom sent back. */
  async function prepared() {
    const attacker = new Browser();
    const begun = authorization(openid.api);
    const wecom = await toWecom(openid, attacker, begun);
    return { attacker, begun, address: returnAddress(openid, wecom, 'qianer') };
  }

  it.each([
    ['without any cookie', async () => new Browser()],
    [
      'with a sign-in of its own under way',
      async () => {
        const victim = new Browser();
        await toWecom(openid, victim, authorization(openid.api));
        return victim;
      },
    ],
    ['with a session', async () => (await tokensOf(openid)).browser],
  ])("fails: the attacker's return in a browser %s", async (_, victimOf) => {
    const { address, attacker } = await prepared();
    const victim = await victimOf();
    stack.wecom.calls.clear();
    const wasSignedIn = await isSignedIn(victim);
    const shown = await page(await victim.visit(address));
    expect(shown.status).toBe(400);
    expect(shown.html).not.toContain('/oauth2/authorize?');
    expect(await isSignedIn(victim)).toBe(wasSignedIn);
    expect(stack.wecom.calls.count()).toBe(0);
    // Nothing was spent: the attacker's own browser goes on.
    expect((await attacker.visit(address)).status).toBe(303);
  });

  it("fails: the attacker's resumption in another browser", async () => {
    const { address, attacker } = await prepared();
    const resume = (await attacker.visit(address)).headers.get('location') ?? '';
    const victim = new Browser();
    expect((await page(await victim.visit(resume))).status).toBe(400);
    expect(await isSignedIn(victim)).toBe(false);
    expect(await isSignedIn(attacker)).toBe(false);
  });
});

describe('cookie tossing', () => {
  /** The attacker is back from WeCom, and tosses the library's cookies into the victim's browser. */
  async function tossed(victim: Browser) {
    const attacker = new Browser();
    const wecom = await toWecom(openid, attacker, authorization(openid.api));
    const returned = await attacker.visit(returnAddress(openid, wecom, 'qianer'));
    const resume = new URL(returned.headers.get('location') ?? '');
    const mine = attacker.cookies.filter(({ name }) => name.startsWith('wecom-resume'));
    expect(mine.map(({ name }) => name).sort()).toEqual(['wecom-resume', 'wecom-resume.sig']);
    for (const cookie of mine) {
      for (const path of ['/', resume.pathname]) victim.toss({ ...cookie, path, host });
    }
    return resume.pathname.split('/').at(-1) ?? '';
  }

  it.each<[string, (uid: string) => string]>([
    ["the attacker's own path", (uid) => `/oauth2/authorize/${uid}`],
    ['a path of nobody', () => '/oauth2/authorize/AAAAAAAAAAAAAAAAAAAAA'],
    ['a path in capitals', (uid) => `/oauth2/AUTHORIZE/${uid}`],
    ['a path with a slash at its end', (uid) => `/oauth2/authorize/${uid}/`],
    [
      'an encoded path',
      (uid) => `/oauth2/authorize/${uid.replace(/./, (c) => `%${c.charCodeAt(0).toString(16)}`)}`,
    ],
    ['a doubled slash', (uid) => `/oauth2//authorize/${uid}`],
    ['a path with dots', (uid) => `/oauth2/wecom/../authorize/${uid}`],
    ['a query', (uid) => `/oauth2/authorize/${uid}?client_id=grafana&prompt=none`],
  ])('signs nobody in at %s', async (_, pathOf) => {
    const victim = new Browser();
    const uid = await tossed(victim);
    const response = await victim.visit(`${url}${pathOf(uid)}`);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(response.headers.get('location')).toBeNull();
    expect(await isSignedIn(victim)).toBe(false);
  });

  it("does not change whom the victim's own sign-in is for", async () => {
    const victim = new Browser();
    const begun = authorization(openid.api);
    const wecom = await toWecom(openid, victim, begun);
    const returned = await victim.visit(returnAddress(openid, wecom, 'user123'));
    const own = new URL(returned.headers.get('location') ?? '');
    const attacker = new Browser();
    const theirs = await toWecom(openid, attacker, authorization(openid.api));
    const resume = await attacker.visit(returnAddress(openid, theirs, 'qianer'));
    const uid = new URL(resume.headers.get('location') ?? '').pathname;
    // As if it came before the victim's own cookie, which a browser may be made to do.
    const cookie = [
      ...attacker.cookies.filter(({ path }) => path === uid),
      ...victim.cookies.filter(({ path }) => own.pathname.startsWith(path)),
    ].map(({ name, value }) => `${name}=${value}`);
    const response = await fetch(own, {
      headers: { cookie: cookie.join('; ') },
      redirect: 'manual',
    });
    expect((await page(response)).status).toBe(400);
    expect(response.headers.getSetCookie().some((line) => line.startsWith('wecom-session='))).toBe(
      false,
    );
  });

  it("of the browser's own name lets no other browser's return in", async () => {
    // On https the name begins with __Host-, which another host of the domain cannot set.
    const openidOf = await import('../../lib/openid/wecomSignIn.ts');
    const named = { '__Host-wecom-browser-a': 'a'.repeat(43), 'wecom-browser-a': 'b'.repeat(43) };
    expect(openidOf.readBrowserCookies(named, 'https://id.example.com')).toEqual([
      { name: '__Host-wecom-browser-a', secret: 'a'.repeat(43) },
    ]);
  });
});

describe('session fixation', () => {
  it('fails: the session has another id after each sign-in, and the former one is over', async () => {
    const { browser } = await tokensOf(openid);
    const before = browser.cookies.filter(({ name }) => name.startsWith('wecom-session'));
    const begun = authorization(openid.api, GRAFANA, { prompt: 'login' });
    await signIn(openid, browser, begun);
    const after = browser.cookies.filter(({ name }) => name.startsWith('wecom-session'));
    expect(after.find(({ name }) => name === 'wecom-session')?.value).not.toBe(
      before.find(({ name }) => name === 'wecom-session')?.value,
    );
    const old = new Browser();
    for (const cookie of before) old.toss(cookie);
    expect(await isSignedIn(old)).toBe(false);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('fails: an id that the browser brings along is not taken', async () => {
    const browser = new Browser();
    const value = 'fixed-by-the-attacker-1';
    browser.toss({ host, path: '/', name: 'wecom-session', value });
    await signIn(openid, browser, authorization(openid.api));
    const kept = browser.cookies.filter(({ name }) => name === 'wecom-session');
    expect(kept.at(-1)?.value).not.toBe(value);
  });

  it('sets cookies that scripts and other sites cannot read', async () => {
    const browser = new Browser();
    const begun = await browser.visit(authorization(openid.api).address);
    const wecom = begun.headers.get('location') ?? '';
    const returned = await browser.visit(returnAddress(openid, wecom));
    const resumed = await browser.visit(returned.headers.get('location') ?? '');
    const lines = [begun, returned, resumed].flatMap(({ headers }) => headers.getSetCookie());
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) {
      expect(line).toMatch(/; httponly/i);
      expect(line).toMatch(/; samesite=lax/i);
      expect(line).not.toMatch(/; domain=/i);
    }
  });
});

describe('an open redirect', () => {
  const [right] = [GRAFANA.redirectUri];
  it.each([
    'https://attacker.example.com/',
    `${right}/`,
    `${right}/../../x`,
    `${right}?next=x`,
    `${right}#part`,
    right.toUpperCase(),
    right.replace('https:', 'http:'),
    right.replace('.com', '.com:443'),
    right.replace('.com', '.com.'),
    right.replace('https://', 'https://grafana.example.com@attacker.example.com/'),
    right.replace('https://', 'https://user@'),
    right.replace('/login', '/%6cogin'),
    right.replace('/login', '//login'),
    right.replace('https://', 'https:\\\\'),
    `${right}%0d%0aset-cookie:a=b`,
    ` ${right}`,
    `${right}\n`,
    'javascript:alert(1)',
    'data:text/html,x',
    '//grafana.example.com/login/generic_oauth',
    '/login/generic_oauth',
    GITLAB.redirectUri,
    '*',
  ])('is no redirect address: %j', async (redirect_uri) => {
    for (const more of [{}, { prompt: 'none' }, { response_type: 'token' }, { request: 'x' }]) {
      const begun = authorization(openid.api, GRAFANA, { redirect_uri, ...more });
      expect((await page(await new Browser().visit(begun.address))).status).toBe(400);
    }
  });

  it('is not made by two redirect addresses, nor by an unknown client', async () => {
    const { address } = authorization(openid.api);
    const attacker = encodeURIComponent('https://attacker.example.com/');
    const twice = await new Browser().visit(`${address}&redirect_uri=${attacker}`);
    expect(twice.headers.get('location') ?? '').not.toMatch(/^https:\/\/attacker/);
    for (const client_id of ['nobody', '<script>', 'constructor', '__proto__', 'a'.repeat(5_000)]) {
      const begun = authorization(openid.api, GRAFANA, { client_id });
      const shown = await page(await new Browser().visit(begun.address));
      expect(shown.status).toBe(400);
      expect(shown.html).not.toContain('<script>');
    }
  });

  it('is not made by the logout', async () => {
    const { browser, id_token } = await tokensOf(openid);
    for (const address of [
      'https://attacker.example.com/',
      'https://grafana.example.com/login?x=1',
      'https://grafana.example.com/login/',
      GRAFANA.redirectUri,
    ]) {
      const query = new URLSearchParams({
        id_token_hint: id_token,
        post_logout_redirect_uri: address,
      });
      const headers = { accept: 'text/html' };
      const shown = await page(await browser.visit(`${url}/oauth2/logout?${query}`, { headers }));
      expect(shown.status).toBe(400);
    }
  });
});

describe('the logout', () => {
  const headers = { accept: 'text/html' };
  const after = 'https://grafana.example.com/login';

  async function confirmed(browser: Browser, html: string, fields: Record<string, string>) {
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(html) ?? [];
    return browser.visit(`${url}/oauth2/logout/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, ...fields }),
    });
  }

  it.each(['GET', 'POST'])(
    'by %s asks first, ends the session and returns with state',
    async (method) => {
      const { browser, id_token } = await tokensOf(openid);
      const query = new URLSearchParams({
        id_token_hint: id_token,
        post_logout_redirect_uri: after,
        state: 'a state',
      });
      let response = await browser.visit(
        method === 'GET' ? `${url}/oauth2/logout?${query}` : `${url}/oauth2/logout`,
        method === 'GET' ? { headers } : { method, headers, body: query },
      );
      if (method === 'POST') {
        expect(response.status).toBe(303);
        response = await browser.visit(`${url}${response.headers.get('location')}`, { headers });
      }
      const { html } = await page(response);
      expect(await isSignedIn(browser)).toBe(true);
      const ended = await confirmed(browser, html, { logout: 'yes' });
      expect(ended.status).toBe(303);
      expect(ended.headers.get('location')).toBe(`${after}?state=a+state`);
      expect(await isSignedIn(browser)).toBe(false);
    },
  );

  it('without an address to return to ends on a page', async () => {
    const { browser, id_token } = await tokensOf(openid);
    const query = new URLSearchParams({ id_token_hint: id_token });
    const { html } = await page(await browser.visit(`${url}/oauth2/logout?${query}`, { headers }));
    const ended = await confirmed(browser, html, { logout: 'yes' });
    expect(ended.headers.get('location')).toBe(`${url}/oauth2/logout/success`);
    const shown = await page(await browser.visit(`${url}/oauth2/logout/success`, { headers }));
    expect(shown.status).toBe(200);
  });

  it('takes an expired ID token, and none that was changed', async () => {
    const { browser, id_token } = await tokensOf(openid);
    passes(3_600);
    const address = (hint: string) =>
      `${url}/oauth2/logout?${new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: after })}`;
    expect((await page(await browser.visit(address(id_token), { headers }))).status).toBe(200);
    const changed = `${id_token.slice(0, -6)}AAAAAA`;
    expect((await page(await browser.visit(address(changed), { headers }))).status).toBe(400);
    expect((await page(await browser.visit(address('x'), { headers }))).status).toBe(400);
  });

  it('cannot be confirmed by another site', async () => {
    const { browser } = await tokensOf(openid);
    await browser.visit(`${url}/oauth2/logout`, { headers });
    const forged = await confirmed(browser, '', { logout: 'yes', xsrf: 'guessed' });
    expect(forged.status).toBe(400);
    expect(await isSignedIn(browser)).toBe(true);
  });
});

describe('forwarded headers', () => {
  const evil = {
    'x-forwarded-host': 'evil.example.com',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '10.0.0.1',
    forwarded: 'host=evil.example.com;proto=https',
    'x-real-ip': '10.0.0.1',
    'x-original-url': 'https://evil.example.com/',
    'x-forwarded-prefix': '/evil',
  };

  it('change no address', async () => {
    const browser = new Browser({ headers: evil });
    const begun = authorization(openid.api);
    const wecom = await toWecom(openid, browser, begun);
    expect(new URL(wecom).searchParams.get('redirect_uri')).toBe(`${url}/oauth2/wecom`);
    const returned = await browser.visit(returnAddress(openid, wecom));
    expect(returned.headers.get('location')).toMatch(new RegExp(`^${url}/oauth2/authorize/`));
    const back = new URL(
      await browser.follow(returned.headers.get('location') ?? '', isAt(GRAFANA)),
    );
    expect(back.searchParams.get('iss')).toBe(url);
    const document = await fetch(`${url}/.well-known/openid-configuration`, { headers: evil });
    expect(await document.text()).not.toContain('evil');
  });

  it('nor does another host', async () => {
    const event = {
      version: '2.0',
      rawPath: '/oauth2/authorize',
      rawQueryString: new URL(authorization(openid.api).address).search.slice(1),
      headers: { host: 'evil.example.com', ...evil },
      requestContext: { http: { method: 'GET', path: '/oauth2/authorize' } },
    };
    const handlers = stack.handlers({ SESSION_ISSUER: url });
    const answer = await handlers.openid(event, contextOf());
    expect(answer.statusCode).toBe(303);
    expect(JSON.stringify(answer)).not.toContain('evil');
  });
});

describe("the provider's tokens elsewhere", () => {
  it('open nothing at /api/wecom/verify', async () => {
    const strict = await stack.newInstance({ VERIFY_ACCESS: 'session' });
    strict.environment['SESSION_ISSUER'] = url;
    const verify = (token: string) =>
      fetch(`${strict.url}/api/wecom/verify/user123`, {
        headers: { authorization: `Bearer ${token}` },
      });
    const tokens = await tokensOf(openid);
    const reports = await tokensOf(openid, REPORTS);
    for (const token of [
      tokens.id_token,
      tokens.access_token,
      tokens.refresh_token,
      reports.access_token,
      reports.id_token,
    ]) {
      const answer = await verify(token);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('x-error-code')).toBe('ERR_UNAUTHENTICATED');
    }
    const { body } = await redeem(strict.url, await proof(strict.url));
    expect((await verify(body.session?.access_token ?? '')).status).toBe(200);
  });

  it('never have the audience of a session: a client of that name counts as unknown', async () => {
    const same = { ...GRAFANA, id: 'wecom-auth', redirectUri: 'https://same.example.com/' };
    await openid.register(same, { refresh: true });
    const { address } = authorization(openid.api, same);
    expect((await page(await new Browser().visit(address))).status).toBe(400);
    const form = { grant_type: 'authorization_code', code: 'x', redirect_uri: same.redirectUri };
    const answer = await postToken(openid.api, form, basic(same.id, GRAFANA.secret));
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
  });

  it('are no id_token_hint of another client, and no access token', async () => {
    const { browser, id_token, refresh_token } = await tokensOf(openid);
    const begun = authorization(openid.api, PAGE, { id_token_hint: id_token, prompt: 'none' });
    expect((await pass(browser, begun)).searchParams.get('error')).toBeTruthy();
    for (const token of [id_token, refresh_token]) {
      expect((await userinfo(openid.api, token)).status).toBe(401);
    }
  });

  it('a session of /api is nothing at userinfo, at the token endpoint and for the logout', async () => {
    const { body } = await redeem(url, await proof(url));
    const session = body.session?.access_token ?? '';
    expect(session).not.toBe('');
    expect((await userinfo(openid.api, session)).status).toBe(401);
    const form = { grant_type: 'refresh_token', refresh_token: session };
    const answer = await postToken(openid.api, form, basic(GRAFANA.id, GRAFANA.secret));
    expect(answer.body['error']).toBe('invalid_grant');
    const hint = new URLSearchParams({ id_token_hint: session });
    const headers = { accept: 'text/html' };
    const shown = await page(
      await new Browser().visit(`${url}/oauth2/logout?${hint}`, { headers }),
    );
    expect(shown.status).toBe(400);
  });
});

describe('the pages', () => {
  const script = `"><script>alert('x')</script>&`;

  it('show the name of a client as text', async () => {
    const named = { ...GITLAB, id: 'named', redirectUri: 'https://named.example.com/' };
    await openid.register(named, { name: script, permission: 'nobody:may' });
    const browser = new Browser();
    const wecom = await toWecom(openid, browser, authorization(openid.api, named));
    const address = await browser.follow(returnAddress(openid, wecom), (next) =>
      next.includes('/refused/'),
    );
    const { html } = await page(await browser.visit(address));
    expect(html).not.toContain('<script>');
    expect(html).toContain('&#60;script&#62;');
  });

  it.each([
    'client_id',
    'redirect_uri',
    'response_type',
    'response_mode',
    'scope',
    'state',
    'prompt',
    'claims',
    'max_age',
    'id_token_hint',
    'login_hint',
    'code_challenge_method',
    'request',
    'request_uri',
    'resource',
    'registration',
  ])('show nothing of %s as HTML', async (name) => {
    for (const more of [{}, { redirect_uri: 'https://attacker.example.com/' }]) {
      const begun = authorization(openid.api, GRAFANA, { ...more, [name]: script });
      const response = await new Browser().visit(begun.address, {
        headers: { 'accept-language': script },
      });
      expect(await response.text()).not.toContain('<script>');
      expect(response.status).toBeLessThan(500);
    }
  });

  it('may not be framed, cached or told on', async () => {
    const { browser } = await tokensOf(openid);
    const accept = { headers: { accept: 'text/html' } };
    const shown = await Promise.all([
      browser.visit(`${url}/oauth2/wecom`),
      browser.visit(`${url}/oauth2/logout`, accept),
      browser.visit(`${url}/oauth2/logout/success`, accept),
      browser.visit(`${url}/oauth2/authorize/x`),
      browser.visit(authorization(openid.api, GRAFANA, { client_id: 'nobody' }).address),
      browser.visit(
        authorization(openid.api, GRAFANA, { response_mode: 'form_post', prompt: 'none' }).address,
      ),
      new Browser().visit(`${url}/oauth2/logout`, accept),
    ]);
    for (const response of shown) {
      const { headers } = await page(response);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('cache-control')).toContain('no-store');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('are not there by another path or method, and the library never hears of those', async () => {
    for (const [method, path, status] of [
      ['GET', '/oauth2/nothing', 404],
      ['GET', '/oauth2/Authorize', 404],
      ['PUT', '/oauth2/authorize', 405],
      ['HEAD', '/oauth2/authorize', 405],
      ['POST', '/oauth2/wecom', 405],
      ['GET', '/oauth2/logout/confirm', 405],
      ['POST', '/oauth2/refused/x', 404],
    ] as const) {
      const response = await fetch(`${url}${path}`, { method, redirect: 'manual' });
      expect([path, response.status]).toEqual([path, status]);
      expect(response.headers.has('allow')).toBe(status === 405);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
  });
});

describe('odd requests', () => {
  it('are refused where they are too long', async () => {
    const long = authorization(openid.api, GRAFANA, { state: 'x'.repeat(9_000) });
    expect((await page(await new Browser().visit(long.address))).status).toBe(400);
    const posted = await new Browser().visit(`${url}/oauth2/authorize`, {
      method: 'POST',
      body: new URL(long.address).searchParams,
    });
    expect((await page(posted)).status).toBe(400);
    const big = await fetch(`${url}/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `grant_type=authorization_code&code=${'x'.repeat(70_000)}`,
    });
    expect(big.status).toBe(400);
  });

  it('may hold anything: never a 5xx, never a defect', async () => {
    const handlers = stack.handlers({ SESSION_ISSUER: url });
    const valid = new URL(authorization(openid.api).address).searchParams;
    const names = [...valid.keys(), 'prompt', 'max_age', 'claims', 'request', 'resource', 'code'];
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('%', '%00', '%ff', '\0', '__proto__', '{}', '[]', 'null', '-1', '1e9', '=&='),
      fc.jsonValue().map((value) => JSON.stringify(value)),
    );
    const path = fc.oneof(
      fc.constantFrom(
        '/oauth2/authorize',
        '/oauth2/wecom',
        '/oauth2/logout',
        '/oauth2/logout/confirm',
        '/oauth2/logout/success',
        '/oauth2/refused/AAAAAAAAAAAAAAAAAAAAA',
        '/oauth2/authorize/AAAAAAAAAAAAAAAAAAAAA',
        '/oauth2/token',
        '/oauth2/userinfo',
        '/oauth2/revoke',
      ),
      text.map((part) => `/oauth2/${part}`),
    );
    const event = fc.record({
      rawPath: path,
      method: fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', ''),
      changes: fc.dictionary(fc.constantFrom(...names), text, { maxKeys: 4 }),
      rawQuery: fc.option(text),
      body: fc.option(text),
      isBase64Encoded: fc.boolean(),
      cookies: fc.array(
        fc
          .tuple(fc.constantFrom('wecom-session', 'wecom-resume', 'wecom-browser-a', 'x'), text)
          .map(([name, value]) => `${name}=${value}`),
        { maxLength: 3 },
      ),
      authorization: fc.option(
        fc.oneof(
          text,
          text.map((t) => `Basic ${t}`),
          text.map((t) => `Bearer ${t}`),
        ),
      ),
      type: fc.constantFrom('application/x-www-form-urlencoded', 'application/json', '', 'x'),
    });
    await fc.assert(
      fc.asyncProperty(event, async (made) => {
        const query = new URLSearchParams(valid);
        for (const [name, value] of Object.entries(made.changes)) query.set(name, value);
        const sent = {
          version: '2.0',
          rawPath: made.rawPath,
          rawQueryString: made.rawQuery ?? String(query),
          cookies: made.cookies,
          headers: {
            'content-type': made.type,
            ...(made.authorization !== null && { authorization: made.authorization }),
          },
          ...(made.body !== null && { body: made.body }),
          isBase64Encoded: made.isBase64Encoded,
          requestContext: { http: { method: made.method, path: made.rawPath } },
        };
        const programs = ['/oauth2/token', '/oauth2/userinfo', '/oauth2/revoke'];
        const handler = programs.includes(made.rawPath) ? handlers.openidToken : handlers.openid;
        const { statusCode = 0, headers = {} } = await handler(sent, contextOf());
        expect(statusCode, JSON.stringify(sent)).toBeLessThan(500);
        expect(headers['x-error-code']).not.toBe('ERR_UNEXPECTED');
        const location = String(headers['location'] ?? '');
        expect(
          location === '' ||
            /^(\/oauth2\/|https:\/\/grafana\.example\.com\/login\/generic_oauth[?#])/.test(
              location,
            ) ||
            isWecom(stack)(location) ||
            location.startsWith(url),
          location,
        ).toBe(true);
      }),
      { numRuns: 400 },
    );
  }, 120_000);
});

describe('errors of the request', () => {
  it.each([
    'token',
    'id_token',
    'id_token token',
    'code token',
    'code id_token',
    'code id_token token',
  ])('an implicit or hybrid response type is refused: %s', async (response_type) => {
    // With a session, so that only the type is wrong.
    const { browser } = await tokensOf(openid);
    const begun = authorization(openid.api, GRAFANA, { response_type });
    const response = await browser.visit(begun.address);
    const back = new URL(response.headers.get('location') ?? '');
    expect(isAt(GRAFANA)(back.href)).toBe(true);
    const told = new URLSearchParams(back.search || back.hash.slice(1));
    expect(Object.fromEntries(told)).toEqual({
      error: 'unsupported_response_type',
      error_description: expect.any(String),
      state: begun.state,
      iss: url,
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['request_uri', { request_uri: 'https://evil.example.com/r' }, 'request_uri_not_supported'],
    ['registration', { registration: '{}' }, 'registration_not_supported'],
    ['a scope without openid', { scope: 'profile' }, 'invalid_request'],
    ['an unknown response mode', { response_mode: 'web_message' }, 'unsupported_response_mode'],
    ['claims that are no JSON', { claims: '{' }, 'invalid_request'],
    ['an odd max_age', { max_age: '-1' }, 'invalid_request'],
    ['an odd prompt', { prompt: 'none login' }, 'invalid_request'],
    ['a forged id_token_hint', { id_token_hint: 'x.y.z' }, 'invalid_request'],
  ])('go back with state and iss: %s', async (_, parameters, error) => {
    const begun: Authorization = authorization(openid.api, GRAFANA, parameters);
    const response = await new Browser().visit(begun.address);
    const back = new URL(response.headers.get('location') ?? '');
    expect(isAt(GRAFANA)(back.href)).toBe(true);
    const told = new URLSearchParams(back.search || back.hash.slice(1));
    expect(told.get('error')).toBe(error);
    expect(told.get('state')).toBe(begun.state);
    expect(told.get('iss')).toBe(url);
  });
});
