import { createHash, generateKeyPairSync } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { startLogoutReceiver, verifyLogoutToken } from '../harness/logoutReceiver.ts';
import { passes } from '../harness/passes.ts';
import { permit } from '../harness/permit.ts';
import {
  type Authorization,
  authorization,
  GITLAB,
  GITLAB_PERMISSION,
  GRAFANA,
  isWecom,
  type OpenidStack,
  page,
  pass,
  payloadOf,
  postToken,
  REPORTS,
  type RelyingParty,
  redeemCode,
  redemption,
  refresh,
  signIn,
  startOpenid,
  tokensOf,
  userinfo,
} from '../harness/relyingParty.ts';

/*
 * One test for each module of the OpenID Foundation's plans that were run, under the module's name.
 * docs/conformance.md has the suite's own results: these tests keep them from getting lost.
 */

let openid: OpenidStack;
let url: string;

beforeAll(async () => {
  openid = await startOpenid();
  url = openid.api.url;
  await permit(openid.stack, 'member#user123', GITLAB_PERMISSION);
});

beforeEach(() => {
  vi.useRealTimers();
});

const inWecom = () => new Browser({ headers: { 'user-agent': 'Mozilla/5.0 wxwork/4.1.22' } });

/** What the suite checks of every token answer and its ID token. */
async function checked(begun: Authorization, back: URL, body: Record<string, string>) {
  expect(back.searchParams.get('state')).toBe(begun.state);
  expect(back.searchParams.get('iss')).toBe(url);
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
  const jwks = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
  const { payload, protectedHeader } = await jwtVerify(body['id_token'] ?? '', jwks, {
    issuer: url,
    audience: begun.party.id,
    requiredClaims: ['sub', 'iat', 'exp'],
  });
  expect(protectedHeader.alg).toBe('RS256');
  expect(payload['nonce']).toBe(begun.address.includes('nonce=') ? begun.nonce : undefined);
  if (payload['at_hash'] !== undefined) {
    const digest = createHash('sha256')
      .update(body['access_token'] ?? '')
      .digest();
    expect(payload['at_hash']).toBe(digest.subarray(0, 16).toString('base64url'));
  }
  return payload;
}

/** A whole sign-in with these parameters. */
async function succeeds(
  parameters: Record<string, string> = {},
  browser = new Browser(),
  party: RelyingParty = GRAFANA,
) {
  const begun = authorization(openid.api, party, parameters);
  const back = await signIn(openid, browser, begun);
  const { status, body } = await redeemCode(openid.api, begun, back);
  expect(status, JSON.stringify(body)).toBe(200);
  const payload = await checked(begun, back, body);
  const info = await userinfo(openid.api, body['access_token'] ?? '');
  expect(info.status).toBe(200);
  expect(info.body['sub']).toBe(payload.sub);
  return { begun, back, body, payload, claims: info.body, browser };
}

/** The same in a browser with a session. */
async function goesThrough(browser: Browser, parameters: Record<string, string>) {
  const begun = authorization(openid.api, GRAFANA, parameters);
  const back = await pass(browser, begun);
  const { body } = await redeemCode(openid.api, begun, back);
  return checked(begun, back, body);
}

/** The parameters that an error may bring back to the client. */
const OF_ERRORS = ['error', 'error_description', 'iss', 'state'];

/** What the suite checks of every error that goes back to the client. */
function checkError({ searchParams }: URL, begun: Authorization, error: string) {
  expect(searchParams.get('error')).toBe(error);
  expect(searchParams.get('state')).toBe(begun.state);
  expect(searchParams.get('iss')).toBe(url);
  expect(searchParams.get('error_description') ?? '').toMatch(/^[ -!#-[\]-~]*$/);
  expect(OF_ERRORS).toEqual(expect.arrayContaining([...searchParams.keys()]));
}

const unsecured = (claims: object) =>
  [{ alg: 'none' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
    .concat('.');

describe('oidcc-basic-certification-test-plan', () => {
  it('oidcc-server', async () => {
    const { back, payload } = await succeeds({ scope: 'openid' });
    const code = back.searchParams.get('code') ?? '';
    expect(Buffer.byteLength(code) * 8).toBeGreaterThanOrEqual(128);
    // Nothing about the person that was not asked for.
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'nonce', 'sub']);
  });

  it('oidcc-response-type-missing', async () => {
    const begun = authorization(openid.api, GRAFANA, { response_type: '' });
    checkError(await pass(new Browser(), begun), begun, 'invalid_request');
  });

  it('oidcc-userinfo-get', async () => {
    const { access_token } = await tokensOf(openid);
    const { body, headers } = await userinfo(openid.api, access_token);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(body['sub']).toBe('user123');
  });

  it('oidcc-userinfo-post-header', async () => {
    const { access_token } = await tokensOf(openid);
    const headers = { authorization: `Bearer ${access_token}` };
    const { body } = await userinfo(openid.api, '', { method: 'POST', headers });
    expect(body['sub']).toBe('user123');
  });

  it('oidcc-userinfo-post-body', async () => {
    const { access_token } = await tokensOf(openid);
    const form = new URLSearchParams({ access_token });
    const { body } = await userinfo(openid.api, '', { method: 'POST', body: form });
    expect(body['sub']).toBe('user123');
  });

  it('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
    await succeeds({ nonce: '' });
  });

  it('oidcc-scope-profile', async () => {
    const { claims } = await succeeds({ scope: 'openid profile' });
    expect(claims).toMatchObject({ name: '张三', preferred_username: 'user123' });
    expect(claims['email']).toBeUndefined();
  });

  it('oidcc-scope-email', async () => {
    const { claims } = await succeeds({ scope: 'openid email' }, inWecom());
    expect(claims).toMatchObject({ email: expect.stringContaining('@'), email_verified: true });
    expect(claims['name']).toBeUndefined();
  });

  it('oidcc-scope-address', async () => {
    // Not supported, so the request succeeds without the claim.
    const { claims } = await succeeds({ scope: 'openid address' });
    expect(claims).toEqual({ sub: 'user123' });
  });

  it('oidcc-scope-phone', async () => {
    const { claims } = await succeeds({ scope: 'openid phone' }, inWecom());
    expect(claims['phone_number']).toMatch(/^\d+$/);
    expect(claims['phone_number_verified']).toBeUndefined();
  });

  it('oidcc-scope-all', async () => {
    const { claims } = await succeeds({ scope: 'openid profile email address phone' }, inWecom());
    for (const name of ['name', 'preferred_username', 'email', 'phone_number', 'groups']) {
      expect(claims, name).toHaveProperty(name);
    }
  });

  it('oidcc-alternate-happy-flow', async () => {
    // Neither the order of the scopes nor that of the parameters matters.
    const usual = authorization(openid.api, GRAFANA, { scope: 'email openid' });
    const address = new URL(usual.address);
    address.search = new URLSearchParams([...address.searchParams].reverse()).toString();
    const begun = { ...usual, address: address.href };
    const back = await signIn(openid, inWecom(), begun);
    const { body } = await redeemCode(openid.api, begun, back);
    await checked(begun, back, body);
    const info = await userinfo(openid.api, body['access_token'] ?? '');
    expect(info.body).toMatchObject({ sub: 'user123', email_verified: true });
  });

  it('oidcc-display-page', async () => {
    await succeeds({ display: 'page' });
  });

  it('oidcc-display-popup', async () => {
    await succeeds({ display: 'popup' });
  });

  it('oidcc-prompt-login', async () => {
    const { browser, payload } = await succeeds({ max_age: '10000' });
    passes(2);
    const second = await succeeds({ max_age: '10000', prompt: 'login' }, browser);
    expect(second.payload.sub).toBe(payload.sub);
    expect(second.payload['auth_time']).toBeGreaterThan(Number(payload['auth_time']));
  });

  it('oidcc-prompt-none-not-logged-in', async () => {
    const begun = authorization(openid.api, GRAFANA, { prompt: 'none' });
    checkError(await pass(new Browser(), begun), begun, 'login_required');
  });

  it('oidcc-prompt-none-logged-in', async () => {
    const { browser, payload } = await succeeds();
    expect((await goesThrough(browser, { prompt: 'none' })).sub).toBe(payload.sub);
  });

  it('oidcc-max-age-1', async () => {
    const { browser, payload } = await succeeds({ max_age: '1' });
    passes(3);
    const second = await succeeds({ max_age: '1' }, browser);
    expect(second.payload['auth_time']).toBeGreaterThan(Number(payload['auth_time']));
  });

  it('oidcc-max-age-10000', async () => {
    const { browser, payload } = await succeeds({ max_age: '15000' });
    expect(payload['auth_time']).toEqual(expect.any(Number));
    passes(3);
    // Without a page, though nothing forbids one.
    const second = await goesThrough(browser, { max_age: '10000' });
    expect(second['auth_time']).toBe(payload['auth_time']);
    expect(second.sub).toBe(payload.sub);
  });

  it('oidcc-ensure-request-with-unknown-parameter-succeeds', async () => {
    await succeeds({ extra: 'foobar', constructor: 'x', __proto__x: '1' });
  });

  it('oidcc-id-token-hint', async () => {
    const { browser, body, payload } = await succeeds();
    const hint = { prompt: 'none', id_token_hint: body['id_token'] ?? '' };
    expect((await goesThrough(browser, hint)).sub).toBe(payload.sub);
  });

  it('oidcc-login-hint', async () => {
    await succeeds({ login_hint: 'buffy@example.com' });
  });

  it('oidcc-ui-locales', async () => {
    await succeeds({ ui_locales: 'se' });
  });

  it('oidcc-claims-locales', async () => {
    await succeeds({ claims_locales: 'se' });
  });

  it('oidcc-ensure-request-with-acr-values-succeeds', async () => {
    await succeeds({ acr_values: '1 2' });
  });

  it('oidcc-codereuse', async () => {
    const { begun, back } = await succeeds();
    const again = await redeemCode(openid.api, begun, back);
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant']);
    expect(again.headers.get('content-type')).toMatch(/^application\/json/);
    expect(again.body['error_description']).toMatch(/^[ -!#-[\]-~]+$/);
  });

  it('oidcc-codereuse-30seconds', async () => {
    const { begun, back, body } = await succeeds();
    passes(30);
    const again = await redeemCode(openid.api, begun, back);
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant']);
    expect((await userinfo(openid.api, body['access_token'] ?? '')).status).toBe(401);
  });

  it('oidcc-ensure-registered-redirect-uri', async () => {
    for (const more of ['/another', '?dummy=1']) {
      const begun = authorization(openid.api, GRAFANA, {
        redirect_uri: `${GRAFANA.redirectUri}${more}`,
      });
      expect((await page(await new Browser().visit(begun.address))).status, more).toBe(400);
    }
  });

  it('oidcc-ensure-post-request-succeeds', async () => {
    const begun = authorization(openid.api);
    const browser = new Browser();
    const posted = await browser.visit(`${url}/oauth2/authorize`, {
      method: 'POST',
      body: new URL(begun.address).searchParams,
    });
    expect(posted.status).toBe(303);
    const address = new URL(posted.headers.get('location') ?? '', url).href;
    await browser.follow(address, isWecom(openid.stack));
    const back = await signIn(openid, browser, { ...begun, address });
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
  });

  it('oidcc-server-client-secret-post', async () => {
    const begun = authorization(openid.api);
    const back = await signIn(openid, new Browser(), begun);
    const { form } = redemption(begun, back);
    const secret = { client_id: GRAFANA.id, client_secret: GRAFANA.secret };
    const { status, body } = await postToken(openid.api, { ...form, ...secret });
    expect(status).toBe(200);
    await checked(begun, back, body);
  });

  it('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
    const begun = authorization(openid.api, GRAFANA, {
      request: unsecured({ client_id: 'grafana', scope: 'openid' }),
    });
    checkError(await pass(new Browser(), begun), begun, 'request_not_supported');
  });

  it('oidcc-claims-essential', async () => {
    const { claims, payload } = await succeeds({
      scope: 'openid',
      claims: JSON.stringify({ userinfo: { name: { essential: true } } }),
    });
    expect(claims).toEqual({ sub: 'user123', name: '张三' });
    // It was asked for at userinfo only.
    expect(payload['name']).toBeUndefined();
  });

  it('oidcc-ensure-request-object-with-redirect-uri', async () => {
    // A redirect address inside of the request object is used no more than the object itself.
    const begun = authorization(openid.api, GRAFANA, {
      redirect_uri: 'https://attacker.example.com/',
      request: unsecured({ client_id: 'grafana', redirect_uri: GRAFANA.redirectUri }),
    });
    expect((await page(await new Browser().visit(begun.address))).status).toBe(400);
    const right = authorization(openid.api, GRAFANA, {
      request: unsecured({ redirect_uri: 'https://attacker.example.com/' }),
    });
    const back = await pass(new Browser(), right);
    expect(back.searchParams.get('error')).toBe('request_not_supported');
  });

  it('oidcc-refresh-token', async () => {
    const { body, payload } = await succeeds({ scope: 'openid offline_access', prompt: 'consent' });
    passes(1);
    const refreshed = await refresh(openid.api, GRAFANA, body['refresh_token'] ?? '');
    expect(refreshed.status).toBe(200);
    expect(refreshed.headers.get('cache-control')).toBe('no-store');
    expect(refreshed.body).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
    expect(refreshed.body['access_token']).not.toBe(body['access_token']);
    const second = payloadOf(refreshed.body['id_token'] ?? '');
    const { iss, sub, aud, nonce } = payload;
    expect(second).toMatchObject({ iss, sub, aud, nonce });
    expect(second['iat']).toBeGreaterThan(Number(payload['iat']));
    expect((await userinfo(openid.api, refreshed.body['access_token'] ?? '')).status).toBe(200);
    const other = await refresh(openid.api, REPORTS, body['refresh_token'] ?? '');
    expect([other.status, other.body['error']]).toEqual([400, 'invalid_grant']);
  });

  it('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
    await succeeds();
  });
});

describe('oidcc-config-certification-test-plan', () => {
  it('oidcc-discovery-endpoint-verification', async () => {
    const address = `${url}/.well-known/openid-configuration`;
    const response = await fetch(address);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const document = (await response.json()) as Record<string, unknown>;
    expect(document['issuer']).toBe(url);
    for (const name of [
      'authorization_endpoint',
      'token_endpoint',
      'userinfo_endpoint',
      'jwks_uri',
    ]) {
      expect(new URL(String(document[name])).origin, name).toBe(url);
    }
    expect(document['scopes_supported']).toContain('openid');
    expect(document['response_types_supported']).toContain('code');
    expect(document['subject_types_supported']).toEqual(['public']);
    expect(document['id_token_signing_alg_values_supported']).toContain('RS256');
    expect(document['claims_supported']).toContain('sub');
    // Each counts as true where it is left out.
    expect(document['request_uri_parameter_supported']).toBe(false);
    const jwks = (await (await fetch(String(document['jwks_uri']))).json()) as {
      keys: Record<string, string>[];
    };
    expect(jwks.keys.length).toBeGreaterThan(0);
    for (const key of jwks.keys) {
      expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256' });
      expect(key['d']).toBeUndefined();
    }
    expect(new Set(jwks.keys.map(({ kid }) => kid)).size).toBe(jwks.keys.length);
  });
});

/** Where `GRAFANA` is sent after a sign-out. */
const AFTER_LOGOUT = 'https://grafana.example.com/login';

const AS_BROWSER = { headers: { accept: 'text/html' } };

/** A sign-in, and the request that the client then sends to end it: without an empty parameter. */
async function logoutOf(parameters: Record<string, string> = {}) {
  const { browser, body, payload } = await succeeds({ scope: 'openid' });
  // Long, as the suite's own.
  const state = 'x'.repeat(128);
  const all = {
    id_token_hint: body['id_token'] ?? '',
    post_logout_redirect_uri: AFTER_LOGOUT,
    state,
    ...parameters,
  };
  const query = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''));
  const shown = await page(await browser.visit(`${url}/oauth2/logout?${query}`, AS_BROWSER));
  return { browser, payload, state, shown };
}

/** The person confirms. @returns where the browser is sent */
async function confirmed(browser: Browser, html: string): Promise<string> {
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(html) ?? [];
  const ended = await browser.visit(`${url}/oauth2/logout/confirm`, {
    method: 'POST',
    body: new URLSearchParams({ xsrf, logout: 'yes' }),
  });
  expect(ended.status).toBe(303);
  return ended.headers.get('location') ?? '';
}

/** After a sign-out nobody is signed in without a page. */
async function isSignedOut(browser: Browser) {
  const begun = authorization(openid.api, GRAFANA, { prompt: 'none' });
  checkError(await pass(browser, begun), begun, 'login_required');
}

/** The person is asked, and then signed out, and the browser goes to no client. */
async function endsOnOurPage(parameters: Record<string, string>) {
  const { browser, shown } = await logoutOf(parameters);
  expect(shown.status).toBe(200);
  const next = await confirmed(browser, shown.html);
  expect(next).toBe(`${url}/oauth2/logout/success`);
  expect((await page(await browser.visit(next, AS_BROWSER))).status).toBe(200);
  await isSignedOut(browser);
}

/** A page says what is wrong with the request, and nobody is signed out. */
async function isRefused(parameters: Record<string, string>) {
  const { browser, shown } = await logoutOf(parameters);
  expect(shown.status).toBe(400);
  expect((await goesThrough(browser, { prompt: 'none' })).sub).toBe('user123');
}

describe('oidcc-rp-initiated-logout-certification-test-plan', () => {
  it('oidcc-rp-initiated-logout-discovery-endpoint-verification', async () => {
    const response = await fetch(`${url}/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({ end_session_endpoint: `${url}/oauth2/logout` });
  });

  it('oidcc-rp-initiated-logout', async () => {
    const { browser, state, shown } = await logoutOf();
    const next = await confirmed(browser, shown.html);
    expect(next).toBe(`${AFTER_LOGOUT}?state=${state}`);
    await isSignedOut(browser);
  });

  it('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', async () => {
    await isRefused({ post_logout_redirect_uri: `${AFTER_LOGOUT}/another` });
  });

  it('oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
    await isRefused({
      id_token_hint: unsecured({ iss: url, aud: 'grafana', sub: 'user123' }),
    });
  });

  it('oidcc-rp-initiated-logout-no-id-token-hint', async () => {
    await endsOnOurPage({ id_token_hint: '' });
  });

  it('oidcc-rp-initiated-logout-no-params', async () => {
    await endsOnOurPage({ id_token_hint: '', post_logout_redirect_uri: '', state: '' });
  });

  it('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
    await endsOnOurPage({ post_logout_redirect_uri: '' });
  });

  it('oidcc-rp-initiated-logout-no-state', async () => {
    const { browser, shown } = await logoutOf({ state: '' });
    expect(await confirmed(browser, shown.html)).toBe(AFTER_LOGOUT);
    await isSignedOut(browser);
  });

  it('oidcc-rp-initiated-logout-only-state', async () => {
    await endsOnOurPage({ id_token_hint: '', post_logout_redirect_uri: '' });
  });

  it('oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri', async () => {
    await isRefused({ post_logout_redirect_uri: `${AFTER_LOGOUT}?foo=bar` });
  });

  it('oidcc-rp-initiated-logout-bad-id-token-hint', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const forged = await new SignJWT({ sub: 'user123' })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(url)
      .setAudience(GRAFANA.id)
      .setExpirationTime('10m')
      .sign(privateKey);
    await isRefused({ id_token_hint: forged });
  });
});

describe('oidcc-backchannel-rp-initiated-logout-certification-test-plan', () => {
  it('oidcc-backchannel-logout-discovery-endpoint-verification', async () => {
    const response = await fetch(`${url}/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
  });

  it('oidcc-backchannel-rp-initiated-logout', async () => {
    const receiver = await startLogoutReceiver();
    const party = {
      id: 'told',
      secret: 'the-secret-of-told',
      redirectUri: 'https://told.example.com/back',
    };
    await openid.register(party, { backchannelLogoutUri: receiver.url });
    const { browser, payload } = await succeeds({ scope: 'openid' }, new Browser(), party);
    const shown = await page(await browser.visit(`${url}/oauth2/logout`, AS_BROWSER));
    await confirmed(browser, shown.html);
    await openid.stack.handedOver.settled();
    expect(receiver.tokens).toHaveLength(1);
    const told = await verifyLogoutToken(receiver.tokens[0] ?? '', url, party.id);
    expect(told).toMatchObject({ sub: payload.sub, sid: payload['sid'] });
    await isSignedOut(browser);
  });
});

describe('what the plans do not check', () => {
  it('a second client, and a long state and nonce with characters that need encoding', async () => {
    const state = `${'état +&=%'.repeat(40)}`;
    const nonce = 'n/+='.repeat(60);
    const begun = { ...authorization(openid.api, GITLAB, { state, nonce }), state, nonce };
    const back = await signIn(openid, new Browser(), begun);
    const { body } = await redeemCode(openid.api, begun, back);
    await checked(begun, back, body);
  });
});
