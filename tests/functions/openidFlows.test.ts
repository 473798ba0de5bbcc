import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { receiveCallbacks } from '../harness/callbackTargets.ts';
import { passes } from '../harness/passes.ts';
import { permit } from '../harness/permit.ts';
import {
  authorization,
  GITLAB,
  GITLAB_PERMISSION,
  GRAFANA,
  isAt,
  isWecom,
  type OpenidStack,
  page,
  pass,
  payloadOf,
  redeemCode,
  refresh,
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

beforeAll(async () => {
  openid = await startOpenid();
  stack = openid.stack;
  url = openid.api.url;
  receiveCallbacks(stack.wecom, url);
  // The access_token and the department are at hand from here on.
  await tokensOf(openid);
});

beforeEach(() => {
  vi.useRealTimers();
  stack.wecom.calls.clear();
  stack.wecom.faults.clear();
});

/** What happened to the member reaches us as WeCom's pushes. */
async function told(change: () => void): Promise<void> {
  change();
  await stack.wecom.callbacks.settled();
  await stack.handedOver.settled();
}

describe('the way to WeCom', () => {
  it('is the page OAuth inside WeCom, without consent where no e-mail or phone is asked', async () => {
    const browser = new Browser({ headers: { 'user-agent': 'Mozilla/5.0 wxwork/4.1.22' } });
    const begun = authorization(openid.api);
    const wecom = new URL(await toWecom(openid, browser, begun));
    expect(wecom.pathname).toBe('/connect/oauth2/authorize');
    expect(wecom.hash).toBe('#wechat_redirect');
    expect(wecom.searchParams.get('scope')).toBe('snsapi_base');
    expect(wecom.searchParams.get('redirect_uri')).toBe(`${url}/oauth2/wecom`);
    const back = await browser.follow(returnAddress(openid, wecom.href), isAt(GRAFANA));
    expect((await redeemCode(openid.api, begun, new URL(back))).status).toBe(200);
  });

  it('asks for consent where the application asks for e-mail', async () => {
    const browser = new Browser({ headers: { 'user-agent': 'Mozilla/5.0 wxwork/4.1.22' } });
    const begun = authorization(openid.api, GRAFANA, { scope: 'openid email' });
    const wecom = new URL(await toWecom(openid, browser, begun));
    expect(wecom.searchParams.get('scope')).toBe('snsapi_privateinfo');
  });

  it('is the QR page in every other browser', async () => {
    const wecom = new URL(await toWecom(openid, new Browser(), authorization(openid.api)));
    expect(wecom.pathname).toBe('/wwlogin/sso/login');
  });
});

describe('a sign-in', () => {
  it('returns code, state and iss, and nothing else', async () => {
    const begun = authorization(openid.api);
    const back = await signIn(openid, new Browser(), begun);
    expect([...back.searchParams.keys()].sort()).toEqual(['code', 'iss', 'state']);
    expect(back.searchParams.get('state')).toBe(begun.state);
    expect(back.searchParams.get('iss')).toBe(url);
  });

  it('ends well in two tabs, whichever returns first', async () => {
    const browser = new Browser();
    const [one, other] = [authorization(openid.api), authorization(openid.api)];
    const pageOfOne = await toWecom(openid, browser, one);
    const pageOfOther = await toWecom(openid, browser, other);
    for (const [begun, wecom] of [
      [other, pageOfOther],
      [one, pageOfOne],
    ] as const) {
      const back = await browser.follow(returnAddress(openid, wecom), isAt(GRAFANA));
      expect(new URL(back).searchParams.get('state')).toBe(begun.state);
      expect((await redeemCode(openid.api, begun, new URL(back))).status).toBe(200);
    }
  });

  it('ends well in two tabs that began at once, before the browser had any cookie', async () => {
    const browser = new Browser();
    const both = [authorization(openid.api), authorization(openid.api)];
    const pages = await Promise.all(both.map((begun) => toWecom(openid, browser, begun)));
    const backs = await Promise.all(
      pages.map((wecom) => browser.follow(returnAddress(openid, wecom), isAt(GRAFANA))),
    );
    for (const [at, begun] of both.entries()) {
      const back = new URL(backs[at] ?? '');
      expect(back.searchParams.get('state')).toBe(begun.state);
      expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
    }
  });

  it('keeps few cookies, however often the browser begins', async () => {
    const browser = new Browser();
    for (let times = 0; times < 12; times += 1) {
      await toWecom(openid, browser, authorization(openid.api));
    }
    const sent = browser.cookies.filter(({ path }) => '/oauth2/wecom'.startsWith(path));
    expect(sent).toHaveLength(1);
  });

  it('begins anew when the first page is reloaded or visited again with the back button', async () => {
    const browser = new Browser();
    const begun = authorization(openid.api);
    await toWecom(openid, browser, begun);
    const back = await signIn(openid, browser, begun);
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
    // The application's own request, opened again: the session answers it.
    const again = await pass(browser, begun);
    expect(again.searchParams.get('code')).not.toBe(back.searchParams.get('code'));
  });

  it("takes WeCom's redirect twice, one after the other", async () => {
    const browser = new Browser();
    const begun = authorization(openid.api);
    const address = returnAddress(openid, await toWecom(openid, browser, begun));
    const first = await browser.visit(address);
    const second = await browser.visit(address);
    expect(second.status).toBe(303);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(stack.wecom.calls.count('auth/getuserinfo')).toBe(1);
    const back = new URL(await browser.follow(address, isAt(GRAFANA)));
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
  });

  it("takes WeCom's redirect again after it went on: the session answers", async () => {
    const browser = new Browser();
    const begun = authorization(openid.api);
    const address = returnAddress(openid, await toWecom(openid, browser, begun));
    await browser.follow(address, isAt(GRAFANA));
    const back = new URL(await browser.follow(address, isAt(GRAFANA)));
    expect(back.searchParams.get('state')).toBe(begun.state);
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
    expect(stack.wecom.calls.count('auth/getuserinfo')).toBe(1);
  });

  it('spends one code when WeCom returns fifty times at once', async () => {
    const another = await openid.another();
    const browser = new Browser();
    const begun = authorization(openid.api);
    const address = returnAddress(openid, await toWecom(openid, browser, begun));
    const cookie = browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        fetch(at % 2 === 0 ? address : address.replace(url, another.url), {
          headers: { cookie },
          redirect: 'manual',
        }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(new Set(answers.map(({ headers }) => headers.get('location')))).toHaveProperty(
      'size',
      1,
    );
    expect(stack.wecom.calls.count('auth/getuserinfo')).toBe(1);
  }, 60_000);

  it('resumes once when the browser resumes twenty times at once', async () => {
    const browser = new Browser();
    const begun = authorization(openid.api);
    const address = returnAddress(openid, await toWecom(openid, browser, begun));
    const resume = (await browser.visit(address)).headers.get('location') ?? '';
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.visit(resume)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([303, ...Array(19).fill(400)]);
    for (const answer of answers.filter(({ status }) => status === 400)) {
      expect((await page(answer)).html).toContain('/oauth2/authorize?');
    }
  }, 60_000);

  it('tells the application when the member cancels', async () => {
    const browser = new Browser();
    const begun = authorization(openid.api);
    const wecom = await toWecom(openid, browser, begun);
    const state = new URL(wecom).searchParams.get('state');
    const back = new URL(await browser.follow(`${url}/oauth2/wecom?state=${state}`, isAt(GRAFANA)));
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('state')).toBe(begun.state);
    expect(back.searchParams.get('iss')).toBe(url);
  });

  it('shows a page in a browser that refuses cookies', async () => {
    const browser = new Browser({ keepsCookies: false });
    const wecom = await toWecom(openid, browser, authorization(openid.api));
    const shown = await page(await browser.visit(returnAddress(openid, wecom)));
    expect(shown.status).toBe(400);
    expect(shown.html).toContain('Cookie');
    expect(shown.html).toContain('cookies');
    expect(stack.wecom.calls.count()).toBe(0);
  });

  it('shows a page, with the way to begin again, when it took longer than ten minutes', async () => {
    const browser = new Browser();
    const begun = authorization(openid.api);
    const address = returnAddress(openid, await toWecom(openid, browser, begun));
    passes(601);
    const shown = await page(await browser.visit(address));
    expect(shown.status).toBe(400);
    const [, retry = ''] = /class="button" href="([^"]+)"/.exec(shown.html) ?? [];
    const decoded = retry.replaceAll('&#38;', '&');
    const again = await browser.follow(`${url}${decoded}`, isWecom(stack));
    const back = await browser.follow(returnAddress(openid, again), isAt(GRAFANA));
    expect(new URL(back).searchParams.get('state')).toBe(begun.state);
  });

  it('shows a page when the interaction expired between the return and the resumption', async () => {
    const browser = new Browser();
    const address = returnAddress(
      openid,
      await toWecom(openid, browser, authorization(openid.api)),
    );
    const resume = (await browser.visit(address)).headers.get('location') ?? '';
    passes(601);
    expect((await page(await browser.visit(resume))).status).toBe(400);
  });

  it.each([
    ['without a state', ''],
    ['with a state that nobody issued', `state=${'a'.repeat(32)}&code=abc`],
    ['with a state of another form', 'state=%3Cscript%3E&code=abc'],
    ['with two codes', `state=${'a'.repeat(32)}&code=a&code=b`],
    ['with a code no code is like', `state=${'a'.repeat(32)}&code=%0A`],
  ])('shows a page for a return %s', async (_, query) => {
    const shown = await page(await new Browser().visit(`${url}/oauth2/wecom?${query}`));
    expect(shown.status).toBe(400);
    expect(stack.wecom.calls.count()).toBe(0);
  });

  it('spends nothing for HEAD, which a preview of a link sends', async () => {
    const browser = new Browser();
    const begun = authorization(openid.api);
    const address = returnAddress(openid, await toWecom(openid, browser, begun));
    const head = await browser.visit(address, { method: 'HEAD' });
    expect(head.status).toBe(405);
    expect(head.headers.get('allow')).toBe('GET');
    expect(stack.wecom.calls.count()).toBe(0);
    const back = new URL(await browser.follow(address, isAt(GRAFANA)));
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
  });

  it.each([
    ['a code that WeCom refuses', 40029],
    ['a member outside of the visible range', 60011],
  ])('shows a page for %s, with the way to begin again', async (_, errcode) => {
    const browser = new Browser();
    const address = returnAddress(
      openid,
      await toWecom(openid, browser, authorization(openid.api)),
    );
    stack.wecom.faults.add(errcode, { on: 'auth/getuserinfo', times: 1 });
    const shown = await page(await browser.visit(address));
    expect(shown.status).toBe(403);
    expect(shown.html).toContain('/oauth2/authorize?');
  });

  it('shows a page when WeCom is busy, and the same redirect works afterwards', async () => {
    const browser = new Browser();
    const begun = authorization(openid.api);
    const address = returnAddress(openid, await toWecom(openid, browser, begun));
    stack.wecom.faults.add(45009, { on: 'auth/getuserinfo', times: 1 });
    const shown = await page(await browser.visit(address));
    expect(shown.status).toBe(503);
    expect(shown.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(shown.headers.get('x-error-code')).toBe('ERR_WECOM_ERRCODE');
    const back = new URL(await browser.follow(address, isAt(GRAFANA)));
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
  });

  it('shows a page when DynamoDB is down, and logs why', async () => {
    const browser = new Browser();
    const address = returnAddress(
      openid,
      await toWecom(openid, browser, authorization(openid.api)),
    );
    stack.dynamoDb.fail('down');
    const shown = await page(await browser.visit(address));
    const authorize = await browser.visit(authorization(openid.api).address);
    stack.dynamoDb.fail(undefined);
    expect(shown.status).toBe(500);
    expect((await page(authorize)).status).toBe(500);
    expect(stack.log()).toContainEqual(
      expect.objectContaining({
        level: 'ERROR',
        error: 'ERR_STORE_UNAVAILABLE',
        function: 'openid',
      }),
    );
  }, 30_000);
});

describe('a session of the provider', () => {
  it('signs into the next application without another scan', async () => {
    await permit(stack, 'member#user123', GITLAB_PERMISSION);
    const { browser } = await tokensOf(openid);
    stack.wecom.calls.clear();
    const begun = authorization(openid.api, GITLAB);
    const back = await pass(browser, begun);
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
    expect(stack.wecom.calls.count()).toBe(0);
  });

  it.each(['consent', 'login consent'])('takes prompt=%s, and shows nothing', async (prompt) => {
    const browser = new Browser();
    const begun = authorization(openid.api, GRAFANA, { prompt });
    const back = await signIn(openid, browser, begun);
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
    expect(browser.visited.some((address) => address.includes('/refused/'))).toBe(false);
  });

  it('takes prompt=consent without another scan', async () => {
    const { browser } = await tokensOf(openid);
    const begun = authorization(openid.api, GRAFANA, { prompt: 'consent' });
    expect((await pass(browser, begun)).searchParams.get('code')).toBeTruthy();
  });

  it('takes its own id_token_hint, and asks for another scan with that of another person', async () => {
    await permit(stack, 'member#qianer');
    const { browser, id_token } = await tokensOf(openid);
    const begun = authorization(openid.api, GRAFANA, { id_token_hint: id_token, prompt: 'none' });
    expect((await pass(browser, begun)).searchParams.get('code')).toBeTruthy();

    const other = new Browser();
    const signedIn = authorization(openid.api);
    await redeemCode(openid.api, signedIn, await signIn(openid, other, signedIn, 'qianer'));
    const hinted = authorization(openid.api, GRAFANA, { id_token_hint: id_token, prompt: 'none' });
    expect((await pass(other, hinted)).searchParams.get('error')).toBe('login_required');
  });

  it('passes to the next person who scans in the same browser', async () => {
    await permit(stack, 'member#qianer');
    const { browser } = await tokensOf(openid);
    const begun = authorization(openid.api, GRAFANA, { prompt: 'login' });
    const wecom = await toWecom(openid, browser, begun);
    const first = await browser.visit(returnAddress(openid, wecom, 'qianer'));
    const form = await browser.visit(first.headers.get('location') ?? '');
    // The library ends the first person's session by a form that sends itself.
    const html = await form.text();
    const [, action = ''] = /action="([^"]+)"/.exec(html) ?? [];
    const fields = [...html.matchAll(/name="([^"]+)" value="([^"]+)"/g)].map(
      ([, name = '', value = '']): [string, string] => [name, value],
    );
    const ended = await browser.visit(action, {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
    const back = new URL(await browser.follow(ended.headers.get('location') ?? '', isAt(GRAFANA)));
    const { body } = await redeemCode(openid.api, begun, back);
    expect(payloadOf(body['id_token'] ?? '')['sub']).toBe('qianer');
  });

  it('ends after its twelve hours', async () => {
    const { browser } = await tokensOf(openid);
    passes(12 * 3_600 + 1);
    const begun = authorization(openid.api, GRAFANA, { prompt: 'none' });
    expect((await pass(browser, begun)).searchParams.get('error')).toBe('login_required');
  });
});

describe("a member without the application's permission", () => {
  const who = 'zhengshi';

  beforeAll(async () => {
    await permit(stack, `member#${who}`);
  });

  /** To the page that refuses them. */
  async function refused(browser: Browser, begun = authorization(openid.api, GITLAB)) {
    const wecom = await toWecom(openid, browser, begun);
    const address = await browser.follow(returnAddress(openid, wecom, who), (next) =>
      next.includes('/oauth2/refused/'),
    );
    return { begun, address, shown: await page(await browser.visit(address)) };
  }

  it('sees a page that names it, and its button says access_denied to the application', async () => {
    const browser = new Browser();
    const { begun, address, shown } = await refused(browser);
    expect(shown.status).toBe(403);
    expect(shown.html).toContain('The gitlab');
    const pressed = await browser.visit(address, { method: 'POST' });
    expect(pressed.status).toBe(303);
    const next = new URL(pressed.headers.get('location') ?? '', url).href;
    const back = new URL(await browser.follow(next, isAt(GITLAB)));
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('state')).toBe(begun.state);
  });

  it('sees it with a session that is there already, and its button works there too', async () => {
    const browser = new Browser();
    const signedIn = authorization(openid.api);
    await signIn(openid, browser, signedIn, who);
    const begun = authorization(openid.api, GITLAB);
    const address = await browser.follow(begun.address, (next) => next.includes('/refused/'));
    expect((await page(await browser.visit(address))).status).toBe(403);
    const pressed = await browser.visit(address, { method: 'POST' });
    const next = new URL(pressed.headers.get('location') ?? '', url).href;
    const back = new URL(await browser.follow(next, isAt(GITLAB)));
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('state')).toBe(begun.state);
  });

  it('gets access_denied at once with prompt=none', async () => {
    const browser = new Browser();
    await signIn(openid, browser, authorization(openid.api), who);
    const begun = authorization(openid.api, GITLAB, { prompt: 'none' });
    expect((await pass(browser, begun)).searchParams.get('error')).toBe('access_denied');
  });

  it('sees the page reloaded as before, and the way back after the button as a page', async () => {
    const browser = new Browser();
    const { address } = await refused(browser);
    expect((await page(await browser.visit(address))).status).toBe(403);
    const pressed = await browser.visit(address, { method: 'POST' });
    const next = new URL(pressed.headers.get('location') ?? '', url).href;
    await browser.follow(next, isAt(GITLAB));
    expect((await page(await browser.visit(address))).status).toBe(400);
    expect((await page(await browser.visit(address, { method: 'POST' }))).status).toBe(400);
  });

  it('cannot be answered for by a form of another site, which has no cookie', async () => {
    const browser = new Browser();
    const { address } = await refused(browser);
    const pressed = await fetch(address, { method: 'POST', redirect: 'manual' });
    expect((await page(pressed)).status).toBe(400);
    expect((await page(await browser.visit(address))).status).toBe(403);
  });

  it('goes on where the permission is given while the page is open', async () => {
    const browser = new Browser();
    const { begun } = await refused(browser);
    await permit(stack, `member#${who}`, GITLAB_PERMISSION);
    const back = await pass(browser, begun);
    expect((await redeemCode(openid.api, begun, back)).status).toBe(200);
  });
});

describe('a member who leaves, or is disabled', () => {
  async function newcomer(userid: string) {
    stack.wecom.administrator.join({
      userid,
      name: userid,
      department: [2],
      main_department: 2,
      position: '',
      status: 1,
    } as never);
    await permit(stack, `member#${userid}`);
    return userid;
  }
  const bothWays = [
    ['leaves', (userid: string) => stack.wecom.administrator.leave(userid)],
    ['is disabled', (userid: string) => stack.wecom.administrator.update(userid, { status: 2 })],
  ] as const;
  let count = 0;

  it.each(bothWays)('%s before the return gets a page', async (_, change) => {
    const who = await newcomer(`leaver${++count}`);
    const browser = new Browser();
    const wecom = await toWecom(openid, browser, authorization(openid.api));
    const address = returnAddress(openid, wecom, who);
    await told(() => change(who));
    expect((await page(await browser.visit(address))).status).toBe(403);
  });

  it.each(bothWays)('%s before the resumption gets a page', async (_, change) => {
    const who = await newcomer(`leaver${++count}`);
    const browser = new Browser();
    const wecom = await toWecom(openid, browser, authorization(openid.api));
    const resume = await browser.visit(returnAddress(openid, wecom, who));
    await told(() => change(who));
    const refused = await browser.follow(resume.headers.get('location') ?? '', (next) =>
      next.includes('/oauth2/refused/'),
    );
    expect((await page(await browser.visit(refused))).status).toBe(403);
  });

  it.each(bothWays)('%s before the redemption: invalid_grant', async (_, change) => {
    const who = await newcomer(`leaver${++count}`);
    const begun = authorization(openid.api);
    const back = await signIn(openid, new Browser(), begun, who);
    await told(() => change(who));
    const { status, body } = await redeemCode(openid.api, begun, back);
    expect([status, body['error']]).toEqual([400, 'invalid_grant']);
  });

  it.each(bothWays)('%s afterwards: no claims, no refresh, no code', async (_, change) => {
    const who = await newcomer(`leaver${++count}`);
    const browser = new Browser();
    const begun = authorization(openid.api);
    const back = await signIn(openid, browser, begun, who);
    const { body } = await redeemCode(openid.api, begun, back);
    await told(() => change(who));
    const info = await userinfo(openid.api, body['access_token'] ?? '');
    expect([info.status, info.body['error']]).toEqual([401, 'invalid_token']);
    const refreshed = await refresh(openid.api, GRAFANA, body['refresh_token'] ?? '');
    expect([refreshed.status, refreshed.body['error']]).toEqual([400, 'invalid_grant']);
    await stack.handedOver.settled();
    const silent = authorization(openid.api, GRAFANA, { prompt: 'none' });
    expect((await pass(browser, silent)).searchParams.get('error')).toBe('login_required');
    // The next application asks for a scan again.
    await toWecom(openid, browser, authorization(openid.api));
  });

  it('who lost the permission alone gets no refresh either', async () => {
    const who = await newcomer(`leaver${++count}`);
    const begun = authorization(openid.api);
    const back = await signIn(openid, new Browser(), begun, who);
    const { body } = await redeemCode(openid.api, begun, back);
    await stack.permissions.delete({
      pk: `${stack.wecom.company.corpid}#member#${who}`,
      sk: 'grant#access',
    });
    const refreshed = await refresh(openid.api, GRAFANA, body['refresh_token'] ?? '');
    expect(refreshed.body['error']).toBe('invalid_grant');
  });
});
