import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redirectBack, redirectHost } from '../../packages/emulator/source/pages/redirectUri.ts';
import { type Emulator, emulator, MAIN_AGENT, REPORT_AGENT } from './emulator.ts';

const CALLBACK = 'http://localhost:3000/back';

type Parameters = Record<string, string>;

function oauth(wecom: Emulator, changes: Parameters = {}): string {
  const query = new URLSearchParams({
    appid: wecom.company.corpid,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'snsapi_base',
    state: 'abc123',
    agentid: String(MAIN_AGENT),
    ...changes,
  });
  for (const [name, value] of Object.entries(changes)) if (value === '') query.delete(name);
  return `${wecom.url}/connect/oauth2/authorize?${query}`;
}

function webLogin(wecom: Emulator, path: string, changes: Parameters = {}): string {
  const query = new URLSearchParams({
    login_type: 'CorpApp',
    appid: wecom.company.corpid,
    agentid: String(MAIN_AGENT),
    redirect_uri: CALLBACK,
    state: 'abc123',
    ...changes,
  });
  return `${wecom.url}${path}?${query}`;
}

const open = (url: string, headers: Parameters = {}) => fetch(url, { redirect: 'manual', headers });

async function submit(url: string, form: [string, string][]): Promise<Response> {
  return await fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams(form) });
}

/** The page that the browser gets by GET after a form, at an address of its own. */
async function pageAfter(response: Response, headers: Parameters = {}): Promise<string> {
  expect(response.status).toBe(303);
  const page = await open(new URL(locationOf(response), response.url).href, headers);
  expect(page.status).toBe(200);
  return await page.text();
}

const locationOf = (response: Response) => response.headers.get('location') ?? '';
const codeOf = (response: Response) => new URL(locationOf(response)).searchParams.get('code') ?? '';

describe('page OAuth', () => {
  it('asks whom to be, then comes back with code and state', async () => {
    const wecom = await emulator();
    const page = await open(oauth(wecom));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('张三');
    const back = await submit(oauth(wecom), [['who', 'user123']]);
    expect(back.status).toBe(302);
    expect(locationOf(back)).toMatch(
      /^http:\/\/localhost:3000\/back\?code=[\w-]{43}&state=abc123$/,
    );
    const access_token = await wecom.token();
    expect(await wecom.get('auth/getuserinfo', { access_token, code: codeOf(back) })).toEqual({
      errcode: 0,
      errmsg: 'ok',
      userid: 'user123',
    });
  });

  it('returns an absent state as `state=`, keeps the query, and puts both before a fragment', async () => {
    const wecom = await emulator();
    const url = oauth(wecom, { state: '', redirect_uri: `${CALLBACK}?a=1#/route` });
    const back = await submit(url, [['who', 'user123']]);
    expect(locationOf(back)).toMatch(
      /^http:\/\/localhost:3000\/back\?a=1&code=[\w-]{43}&state=#\/route$/,
    );
  });

  it('remembers the person if asked, and is then silent', async () => {
    const wecom = await emulator();
    const back = await submit(oauth(wecom), [
      ['who', 'Feng-Er_01@yunfan.example'],
      ['remember', '1'],
    ]);
    const cookie = (back.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect(back.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax$/);
    const silent = await open(oauth(wecom), { cookie });
    expect(silent.status).toBe(302);
    expect(codeOf(silent)).toMatch(/^[\w-]{43}$/);
    expect((await open(`${oauth(wecom)}&emulator_choose=1`, { cookie })).status).toBe(200);
    expect((await open(oauth(wecom), { cookie: 'wecom_emulator_person=%E0%A4%A' })).status).toBe(
      200,
    );
  });

  it('asks for consent once in thirty days, field by field', async () => {
    const wecom = await emulator();
    const url = oauth(wecom, { scope: 'snsapi_privateinfo' });
    const consent = await submit(url, [['who', 'chenshiyi']]);
    const text = await pageAfter(consent);
    expect(text).toMatch(/value="mobile" checked/);
    expect(text).toMatch(/value="email">/);
    const approved = await submit(url, [
      ['who', 'chenshiyi'],
      ['decision', 'approve'],
      ['fields', ''],
      ['fields', 'email'],
    ]);
    const detailOf = async (response: Response) => {
      const access_token = await wecom.token();
      const { user_ticket } = await wecom.get('auth/getuserinfo', {
        access_token,
        code: codeOf(response),
      });
      return wecom.post('auth/getuserdetail', { access_token }, { user_ticket });
    };
    const detail = await detailOf(approved);
    expect(detail).toMatchObject({ userid: 'chenshiyi', email: 'chen@company.com', gender: '0' });
    expect(detail).not.toHaveProperty('mobile');
    wecom.pass(30 * 86_400 - 1);
    const silent = await submit(url, [['who', 'chenshiyi']]);
    expect(silent.status).toBe(302);
    expect(await detailOf(silent)).toMatchObject({ email: 'chen@company.com' });
    wecom.pass(1);
    expect(await pageAfter(await submit(url, [['who', 'chenshiyi']]))).toContain('value="approve"');
  });

  it('shows the consent page again when the browser goes back to it, and no form is sent again', async () => {
    const wecom = await emulator();
    const url = oauth(wecom, { scope: 'snsapi_privateinfo' });
    const consent = await submit(url, [['who', 'user123']]);
    const action = /action="([^"]+)"/.exec(await pageAfter(consent))?.[1] ?? '';
    expect(action).not.toContain('emulator_');
    await submit(url, [
      ['who', 'user123'],
      ['decision', 'approve'],
    ]);
    expect(await pageAfter(consent)).toContain('value="approve"');
  });

  it('asks for consent again if so told, and shows who has given it', async () => {
    const wecom = await emulator();
    const url = oauth(wecom, { scope: 'snsapi_privateinfo' });
    expect(await (await open(url)).text()).not.toContain('已同意授权');
    await submit(url, [
      ['who', 'user123'],
      ['decision', 'approve'],
    ]);
    expect(await (await open(url)).text()).toContain('已同意授权');
    const again = await submit(url, [
      ['who', 'user123'],
      ['ask', '1'],
    ]);
    expect(await pageAfter(again)).toContain('value="approve"');
  });

  it('takes a program’s approval in one request, with what the member agrees to', async () => {
    const wecom = await emulator();
    const back = await submit(oauth(wecom, { scope: 'snsapi_privateinfo' }), [
      ['who', 'user123'],
      ['decision', 'approve'],
    ]);
    const access_token = await wecom.token();
    const { user_ticket } = await wecom.get('auth/getuserinfo', {
      access_token,
      code: codeOf(back),
    });
    expect(await wecom.post('auth/getuserdetail', { access_token }, { user_ticket })).toMatchObject(
      {
        mobile: '13800138000',
      },
    );
  });

  it('comes back from a refusal with the state alone, or stays if so told', async () => {
    const wecom = await emulator();
    const url = oauth(wecom, { scope: 'snsapi_privateinfo' });
    const form: [string, string][] = [
      ['who', 'user123'],
      ['decision', 'refuse'],
    ];
    expect(locationOf(await submit(url, form))).toBe(`${CALLBACK}?state=abc123`);
    wecom.behaviour.oauthRefusal = 'stay';
    expect((await submit(url, form)).status).toBe(200);
  });

  it('shows a member out of range an error for privateinfo, and lets them pass for base', async () => {
    const wecom = await emulator();
    const privateinfo = await submit(oauth(wecom, { scope: 'snsapi_privateinfo' }), [
      ['who', 'zhouba'],
      ['decision', 'approve'],
    ]);
    expect(await pageAfter(privateinfo)).toContain('可见范围');
    expect((await submit(oauth(wecom), [['who', 'zhouba']])).status).toBe(302);
  });

  it('lets nobody in who cannot sign in to WeCom', async () => {
    const wecom = await emulator();
    for (const [who, reason] of [
      ['wangwu', '账号已禁用'],
      ['zhaoliu', '账号未激活'],
      ['sunqi', '已退出企业'],
    ] as const) {
      expect(await (await open(oauth(wecom))).text()).toContain(`value="${who}" required>`);
      expect(await pageAfter(await submit(oauth(wecom), [['who', who]]))).toContain(reason);
    }
    for (const who of ['nobody', 'visitor:nobody', '']) {
      const answer = await submit(oauth(wecom), [['who', who]]);
      expect([who, answer.status]).toEqual([who, 200]);
    }
  });

  it('lets visitors come with an openid', async () => {
    const wecom = await emulator();
    const back = await submit(oauth(wecom, { scope: 'snsapi_privateinfo' }), [
      ['who', 'visitor:customer'],
    ]);
    const access_token = await wecom.token();
    expect(await wecom.get('auth/getuserinfo', { access_token, code: codeOf(back) })).toMatchObject(
      {
        openid: expect.any(String),
        external_userid: expect.any(String),
      },
    );
  });

  it('leaves a code without agentid open to any app that trusts the host', async () => {
    const wecom = await emulator();
    const back = await submit(oauth(wecom, { agentid: '' }), [['who', 'user123']]);
    const access_token = await wecom.token(REPORT_AGENT);
    expect(await wecom.get('auth/getuserinfo', { access_token, code: codeOf(back) })).toMatchObject(
      {
        errcode: 0,
      },
    );
  });

  it('refuses to start for wrong parameters', async () => {
    const wecom = await emulator();
    for (const changes of [
      { appid: 'wwother' },
      { response_type: 'token' },
      { scope: 'snsapi_other' },
      { scope: '' },
      { agentid: '404' },
      { agentid: '0' },
      { redirect_uri: '' },
      { scope: 'snsapi_privateinfo', agentid: '' },
      { state: 'x'.repeat(129) },
    ] as Parameters[]) {
      const answer = await submit(oauth(wecom, changes), [['who', 'user123']]);
      expect([changes, answer.status]).toEqual([changes, 200]);
    }
    wecom.behaviour.privateinfoWithoutAgentid = 'base';
    const base = oauth(wecom, { scope: 'snsapi_privateinfo', agentid: '' });
    expect((await submit(base, [['who', 'user123']])).status).toBe(302);
    wecom.behaviour.requireClient = true;
    expect(await (await open(oauth(wecom))).text()).toContain('请在企业微信客户端打开链接');
    const client = await open(oauth(wecom), {
      'user-agent': 'Mozilla/5.0 wxwork/4.1.6 MicroMessenger/7.0.1',
    });
    expect(await client.text()).toContain('张三');
  });

  // The default scope of logto's and casdoor's connectors.
  it('takes snsapi_userinfo like snsapi_base, unless told otherwise', async () => {
    const wecom = await emulator();
    const address = oauth(wecom, { scope: 'snsapi_userinfo' });
    const back = await submit(address, [['who', 'user123']]);
    const access_token = await wecom.token();
    expect(await wecom.get('auth/getuserinfo', { access_token, code: codeOf(back) })).toEqual({
      errcode: 0,
      errmsg: 'ok',
      userid: 'user123',
    });
    wecom.behaviour.userinfoScope = 'error';
    expect((await submit(address, [['who', 'user123']])).status).toBe(200);
  });

  it('sends a host that is no trusted domain to the domain error page', async () => {
    const wecom = await emulator();
    for (const redirect_uri of [
      'http://localhost:3001/back',
      'https://portal.example.com:443/back',
      'https://sub.portal.example.com/',
      'https://example.com/',
      'https%3A%2F%2Fportal.example.com%2F',
      'https://portal.example.com@evil.example/',
      'https://portal.example.com\\@evil.example/',
      '//portal.example.com/',
      'javascript:alert(1)',
    ]) {
      const answer = await open(oauth(wecom, { redirect_uri }));
      expect(answer.status).toBe(302);
      expect(locationOf(answer)).toBe(
        `/wwopen/uriconfirm?err_type=domain_err&uri=${encodeURIComponent(redirect_uri)}`,
      );
    }
    const page = await open(`${wecom.url}/wwopen/uriconfirm?err_type=domain_err&uri=%3Cscript%3E`);
    const text = await page.text();
    expect(text).toContain('redirect_uri需使用应用可信域名');
    expect(text).not.toContain('<script>');
    for (const redirect_uri of ['https://PORTAL.example.com/x', 'http://portal.example.com']) {
      expect((await open(oauth(wecom, { redirect_uri }))).status).toBe(200);
    }
  });
});

describe('web login', () => {
  it('gives a code that never leads to a ticket', async () => {
    const wecom = await emulator();
    const back = await submit(webLogin(wecom, '/wwlogin/sso/login'), [
      ['who', 'user123'],
      ['decision', 'approve'],
    ]);
    expect(locationOf(back)).toMatch(/\?code=[\w-]{43}&state=abc123$/);
    const access_token = await wecom.token();
    expect(await wecom.get('auth/getuserinfo', { access_token, code: codeOf(back) })).toEqual({
      errcode: 0,
      errmsg: 'ok',
      userid: 'user123',
    });
  });

  it('works with a trailing slash too', async () => {
    const wecom = await emulator();
    const back = await submit(webLogin(wecom, '/wwlogin/sso/login/'), [
      ['who', 'user123'],
      ['decision', 'approve'],
    ]);
    expect(locationOf(back)).toMatch(/\?code=[\w-]{43}&state=abc123$/);
  });

  it('adds the corpid on the older page', async () => {
    const wecom = await emulator();
    const back = await submit(webLogin(wecom, '/wwopen/sso/qrConnect'), [['who', 'user123']]);
    expect(locationOf(back)).toMatch(/\?code=[\w-]{43}&state=abc123&appid=ww0a1b2c3d4e5f6a7b$/);
  });

  it('comes back from a refusal without a code', async () => {
    const wecom = await emulator();
    for (const path of ['/wwlogin/sso/login', '/wwopen/sso/qrConnect']) {
      const back = await submit(webLogin(wecom, path), [['decision', 'refuse']]);
      expect(locationOf(back)).toBe(`${CALLBACK}?state=abc123`);
    }
    wecom.behaviour.webLoginRefusal = 'stay';
    const stay = await submit(webLogin(wecom, '/wwlogin/sso/login'), [['decision', 'refuse']]);
    expect(stay.status).toBe(200);
  });

  it('shows no way back to visitors and members out of range', async () => {
    const wecom = await emulator();
    for (const who of ['zhouba', 'visitor:stranger', 'wangwu']) {
      const answer = await submit(webLogin(wecom, '/wwopen/sso/qrConnect'), [['who', who]]);
      expect(await pageAfter(answer), who).not.toContain('value="approve"');
    }
  });

  it('accepts its own callback domains besides the trusted ones', async () => {
    const wecom = await emulator();
    const redirect_uri = 'https://login.example.com/back';
    const back = await submit(webLogin(wecom, '/wwlogin/sso/login', { redirect_uri }), [
      ['who', 'user123'],
    ]);
    const access_token = await wecom.token();
    expect(await wecom.get('auth/getuserinfo', { access_token, code: codeOf(back) })).toMatchObject(
      {
        errcode: 0,
      },
    );
    expect((await open(oauth(wecom, { redirect_uri }))).status).toBe(302);
    const service = webLogin(wecom, '/wwlogin/sso/login', { login_type: 'ServiceApp' });
    expect(await (await open(service)).text()).toContain('login_type');
  });
});

describe('web login with a domain that is not trusted', () => {
  it.each([
    ['/wwlogin/sso/login', '域名不一致'],
    ['/wwopen/sso/qrConnect', '链接无法访问'],
  ])('is refused after the scan and not before: %s', async (path, text) => {
    const wecom = await emulator();
    const wrong = webLogin(wecom, path, { redirect_uri: 'https://evil.example/' });
    expect(await (await open(wrong)).text()).toContain('张三');
    const scanned = await submit(wrong, [
      ['who', 'user123'],
      ['decision', 'approve'],
    ]);
    expect(await pageAfter(scanned)).toContain(text);
    const refused = await submit(wrong, [['decision', 'refuse']]);
    expect(refused.headers.get('location')).toBeNull();
    expect(await refused.text()).toContain(text);
  });

  it('is refused before it with an address that cannot be read', async () => {
    const wecom = await emulator();
    const wrong = webLogin(wecom, '/wwlogin/sso/login', { redirect_uri: 'javascript:alert(1)' });
    expect(await (await open(wrong)).text()).not.toContain('张三');
  });
});

describe('every page', () => {
  it('has one language: the one chosen, else the browser’s, else Chinese', async () => {
    const wecom = await emulator();
    const languageOf = async (headers: Parameters, more = '') =>
      /<html lang="([^"]+)"/.exec(await (await open(oauth(wecom) + more, headers)).text())?.[1];
    for (const [accepted, language] of [
      ['en-US,en;q=0.9', 'en'],
      ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
      ['fr,en;q=0.5,zh;q=0.2', 'en'],
      ['fr', 'zh-CN'],
    ] as const) {
      expect(await languageOf({ 'accept-language': accepted }), accepted).toBe(language);
    }
    expect(await languageOf({})).toBe('zh-CN');
    const chosen = await open(`${oauth(wecom)}&emulator_lang=en`, { 'accept-language': 'zh-CN' });
    const cookie = (chosen.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect(await chosen.text()).toContain('<html lang="en"');
    expect(await languageOf({ 'accept-language': 'zh-CN', cookie })).toBe('en');
    expect(await languageOf({ cookie }, '&emulator_lang=zh')).toBe('zh-CN');
  });

  it('leads to itself in the other language, consent too', async () => {
    const wecom = await emulator();
    const consent = await submit(oauth(wecom, { scope: 'snsapi_privateinfo' }), [
      ['who', 'user123'],
    ]);
    const text = await pageAfter(consent);
    const [, link = ''] = /class="language" href="([^"]+)"/.exec(text) ?? [];
    const other = await open(new URL(link.replaceAll('&#38;', '&'), wecom.url).href);
    const english = await other.text();
    expect(english).toContain('<html lang="en"');
    expect(english).toContain('value="approve"');
  });

  it('is escaped and strict', async () => {
    const wecom = await emulator();
    const [member] = wecom.company.members;
    if (member !== undefined) member.name = '<img src=x onerror=alert(1)>"\'';
    const evil = { redirect_uri: `${CALLBACK}?"><script>alert(1)</script>`, state: '"><b>' };
    for (const url of [oauth(wecom, evil), webLogin(wecom, '/wwlogin/sso/login', evil)]) {
      const page = await open(url);
      const text = await page.text();
      expect(text).not.toMatch(/<img|<script|<b>"/);
      expect(page.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; /,
      );
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});

describe('redirectBack', () => {
  it('never changes where it leads, whatever state it carries', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withFragments: true, withQueryParameters: true }),
        fc.string(),
        (uri, state) => {
          const back = new URL(redirectBack(uri, { code: 'c', state: state.toWellFormed() }));
          const from = new URL(uri);
          expect([back.origin, back.pathname, back.hash]).toEqual([
            from.origin,
            from.pathname,
            from.hash,
          ]);
          expect(back.searchParams.getAll('state').at(-1)).toBe(state.toWellFormed());
          expect(back.search.startsWith(from.search)).toBe(true);
        },
      ),
    );
  });

  it('reads as host what a browser would go to, or nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc.string().map((text) => `http://${text}`),
        ),
        (uri) => {
          const host = redirectHost(uri);
          if (host === undefined) return;
          const target = new URL(uri);
          const written = host.replace(/:\d*$/, '');
          expect(new URL(`${target.protocol}//${written}`).hostname).toBe(target.hostname);
        },
      ),
    );
  });
});
