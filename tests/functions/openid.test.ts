import * as oidc from 'openid-client';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { discover, type Returned, signInByBrowser } from '../harness/openidSignIn.ts';
import { passes } from '../harness/passes.ts';
import { permit } from '../harness/permit.ts';
import { type OpenidStack, PAGE, startOpenid } from '../harness/relyingParty.ts';

/* What openid-client, a relying party's library, finds right. It checks each answer itself. */

const WHO = 'user123';
const AFTER_LOGOUT = 'https://grafana.example.com/login';

let openid: OpenidStack;
let issuer: string;
let wecomUrl: string;
let confidential: oidc.Configuration;
let publicClient: oidc.Configuration;

beforeAll(async () => {
  openid = await startOpenid();
  issuer = openid.api.url;
  wecomUrl = openid.stack.wecom.url;
  confidential = await discover(issuer);
  publicClient = await discover(issuer, PAGE);
});

beforeEach(() => {
  vi.useRealTimers();
});

function signIn(browser: Browser, parameters: Readonly<Record<string, string>> = {}, who = WHO) {
  return signInByBrowser(confidential, browser, wecomUrl, who, parameters);
}

/** Only inside WeCom are members asked for their address. */
const inWecom = () => new Browser({ headers: { 'user-agent': 'Mozilla/5.0 wxwork/4.1.22' } });

/** @param more checks of the library, over `state`, `nonce` and PKCE */
function redeem(
  { address, checks }: Returned,
  more: oidc.AuthorizationCodeGrantChecks = {},
  configuration = confidential,
) {
  return oidc.authorizationCodeGrant(configuration, address, { ...checks, ...more });
}

/** How many pages of WeCom the browser came to. */
function scans(browser: Browser): number {
  return browser.visited.filter((address) => address.startsWith(`${issuer}/oauth2/wecom`)).length;
}

describe('a sign-in', () => {
  it('gives a confidential client its tokens and the claims', async () => {
    const tokens = await redeem(await signIn(new Browser()));
    expect(tokens.claims()).toMatchObject({ sub: WHO, preferred_username: WHO });
    const info = await oidc.fetchUserInfo(confidential, tokens.access_token, WHO);
    expect(info).toMatchObject({ sub: WHO, name: '张三', groups: expect.any(Array) });
  });

  it('gives the company address of a member who has one and consents inside WeCom', async () => {
    const tokens = await redeem(await signIn(inWecom()));
    const expected = { sub: WHO, email: 'zhangsan@yunfan.example', email_verified: true };
    expect(tokens.claims()).toMatchObject(expected);
    const info = await oidc.fetchUserInfo(confidential, tokens.access_token, WHO);
    expect(info).toMatchObject(expected);
  });

  it('gives no address of a member who consents inside WeCom, but has only a private one', async () => {
    await permit(openid.stack, 'member#lisi');
    const tokens = await redeem(await signIn(inWecom(), {}, 'lisi'));
    const info = await oidc.fetchUserInfo(confidential, tokens.access_token, 'lisi');
    for (const claims of [tokens.claims(), info]) {
      expect(claims).toMatchObject({ sub: 'lisi', name: '李四' });
      expect(claims).not.toHaveProperty('email');
      expect(claims).not.toHaveProperty('email_verified');
    }
  });

  it('of a member without the permission is access_denied', async () => {
    const back = await signIn(new Browser(), {}, 'qianer');
    await expect(redeem(back)).rejects.toMatchObject({
      name: 'AuthorizationResponseError',
      error: 'access_denied',
    });
  });
});

describe('prompt', () => {
  it('none gives tokens of the same person within the session, without another scan', async () => {
    const browser = new Browser();
    const first = await redeem(await signIn(browser));
    const before = scans(browser);
    const silent = await redeem(await signIn(browser, { prompt: 'none' }));
    expect(silent.claims()?.sub).toBe(first.claims()?.sub);
    expect(scans(browser)).toBe(before);
  });

  it('none is login_required for a browser without a session', async () => {
    const back = await signIn(new Browser(), { prompt: 'none' });
    await expect(redeem(back)).rejects.toMatchObject({
      name: 'AuthorizationResponseError',
      error: 'login_required',
    });
  });

  it('login asks for another scan within the session, and auth_time is that of the later one', async () => {
    const browser = new Browser();
    const first = await redeem(await signIn(browser, { max_age: '3600' }), { maxAge: 3_600 });
    const before = scans(browser);
    passes(10);
    const again = await signIn(browser, { prompt: 'login', max_age: '3600' });
    const second = await redeem(again, { maxAge: 3_600 });
    expect(scans(browser)).toBe(before + 1);
    expect(second.claims()?.auth_time).toBeGreaterThan(Number(first.claims()?.auth_time));
  });
});

describe('max_age', () => {
  it('that has passed asks for another scan, and auth_time is young enough for the library', async () => {
    const browser = new Browser();
    await redeem(await signIn(browser));
    const before = scans(browser);
    passes(120);
    const tokens = await redeem(await signIn(browser, { max_age: '60' }), { maxAge: 60 });
    expect(scans(browser)).toBe(before + 1);
    expect(tokens.claims()?.auth_time).toEqual(expect.any(Number));
  });

  it('that has not passed asks for none, and auth_time is that of the first sign-in', async () => {
    const browser = new Browser();
    const first = await redeem(await signIn(browser, { max_age: '3600' }));
    const before = scans(browser);
    passes(120);
    const second = await redeem(await signIn(browser, { max_age: '3600' }), { maxAge: 3_600 });
    expect(scans(browser)).toBe(before);
    expect(second.claims()?.auth_time).toBe(first.claims()?.auth_time);
  });

  it('is checked by the library: a sign-in that is older than it allows is refused there', async () => {
    const browser = new Browser();
    await redeem(await signIn(browser));
    passes(120);
    const back = await signIn(browser, { max_age: '3600' });
    await expect(redeem(back, { maxAge: 60 })).rejects.toMatchObject({
      code: 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
      cause: { cause: { claim: 'auth_time' } },
    });
  });
});

describe('refresh', () => {
  it('gives a confidential client new tokens, and its refresh token goes on', async () => {
    const tokens = await redeem(await signIn(new Browser()));
    const token = tokens.refresh_token ?? '';
    for (const _ of [1, 2]) {
      const refreshed = await oidc.refreshTokenGrant(confidential, token);
      expect(refreshed.access_token).not.toBe(tokens.access_token);
      expect(refreshed.claims()?.sub).toBe(WHO);
      await oidc.fetchUserInfo(confidential, refreshed.access_token, WHO);
    }
  });

  it('gives a public client another refresh token, and the one before works no more', async () => {
    const parameters = { redirect_uri: PAGE.redirectUri };
    const back = await signInByBrowser(publicClient, new Browser(), wecomUrl, WHO, parameters);
    const { refresh_token: first = '' } = await redeem(back, {}, publicClient);
    const rotated = await oidc.refreshTokenGrant(publicClient, first);
    const second = rotated.refresh_token ?? '';
    expect(second).not.toBe(first);
    await oidc.refreshTokenGrant(publicClient, second);
    await expect(oidc.refreshTokenGrant(publicClient, first)).rejects.toMatchObject({
      name: 'ResponseBodyError',
      error: 'invalid_grant',
    });
  });
});

describe('the logout', () => {
  it('returns to the client with its state, and ends the session and the tokens', async () => {
    const browser = new Browser();
    const tokens = await redeem(await signIn(browser));
    const state = oidc.randomState();
    const address = oidc.buildEndSessionUrl(confidential, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: AFTER_LOGOUT,
      state,
    });
    const shown = await (await browser.visit(address.href)).text();
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(shown) ?? [];
    const confirmed = await browser.visit(`${issuer}/oauth2/logout/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    const after = new URL(confirmed.headers.get('location') ?? '');
    expect(after.href).toBe(`${AFTER_LOGOUT}?state=${state}`);

    const silent = await signIn(browser, { prompt: 'none' });
    await expect(redeem(silent)).rejects.toMatchObject({ error: 'login_required' });
    const userinfo = oidc.fetchUserInfo(confidential, tokens.access_token, WHO);
    await expect(userinfo).rejects.toMatchObject({ status: 401 });
    const refresh = oidc.refreshTokenGrant(confidential, tokens.refresh_token ?? '');
    await expect(refresh).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});
