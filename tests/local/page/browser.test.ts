import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Front, startFront } from '../../../local/page/server.ts';
import {
  fits,
  inChromium,
  launchChromium,
  missingChromium,
  NARROW,
  recordErrors,
  screenshots,
  violations,
  WIDE,
} from '../../harness/chromium.ts';
import { registerClient } from '../../harness/openidSignIn.ts';
import { permit } from '../../harness/permit.ts';
import { serve } from '../../harness/serve.ts';
import { type Stack, startStack } from '../../harness/stack.ts';

describe.skipIf(missingChromium)(inChromium('the demonstration page'), () => {
  let stack: Stack;
  let front: Front;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** The errors that the browser reported: blocked by the policy, thrown, not found. */
  const errors: string[] = [];

  beforeAll(async () => {
    stack = await startStack();
    const api = await stack.newInstance();
    front = await startFront({
      port: 0,
      gatewayUrl: api.url,
      emulatorUrl: stack.wecom.url,
      openidClient: 'demo',
    });
    api.environment['REDIRECT_URIS'] = `${front.url}/`;
    api.environment['SESSION_ISSUER'] = front.url;
    await registerClient(stack.permissions, stack.wecom.company.corpid, {
      clientId: 'demo',
      name: '演示应用 Demo',
      redirectUris: [`${front.url}/`],
      postLogoutRedirectUris: [`${front.url}/`],
      isPublic: true,
      refresh: false,
      secrets: [],
    });
    for (const app of stack.wecom.company.apps) app.trusted_domains.push(new URL(front.url).host);
    await permit(stack, 'member#user123');
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await front.close();
  });

  afterEach(async () => {
    await context.close();
    expect(errors.splice(0)).toEqual([]);
  });

  async function open(viewport = WIDE): Promise<void> {
    context = await browser.newContext({ viewport, locale: 'zh-CN' });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    recordErrors(page, errors);
    await page.goto(front.url);
    await page.getByRole('button', { name: '企业微信登录' }).waitFor();
  }

  const card = () => page.locator('#signed-in');
  const shoot = screenshots('page');
  const shot = (name: string) => shoot(page, name);

  async function toWecom(choice: { mode?: string; privateinfo?: boolean } = {}): Promise<void> {
    if (choice.mode) await page.getByRole('radio', { name: choice.mode }).check();
    if (choice.privateinfo) await page.getByRole('checkbox').check();
    await page.getByRole('button', { name: '企业微信登录' }).click();
    await page.waitForURL(`${stack.wecom.url}/**`);
  }

  async function choose(name: string): Promise<void> {
    await page.getByRole('radio', { name }).check();
  }

  async function backAs(name: RegExp): Promise<void> {
    await card().waitFor();
    expect(await page.locator('#name').textContent()).toMatch(name);
  }

  /** Signs 张三 in from the start; gives the address that WeCom led back to. */
  async function signInByQr(): Promise<string> {
    await open();
    await toWecom();
    await choose('张三 user123');
    const [request] = await Promise.all([
      page.waitForRequest((each) => each.url().startsWith(`${front.url}/?code=`)),
      page.getByRole('button', { name: '确认登录' }).click(),
    ]);
    await backAs(/^张三$/);
    return request.url();
  }

  it('signs a member in by the QR page, checks permissions, and signs out', async () => {
    await open();
    await shot('signed-out-1440');
    await toWecom();
    expect(page.url()).toContain('/wwlogin/sso/login');
    await shot('wecom-qr-1440');
    await choose('张三 user123');
    await page.getByRole('button', { name: '确认登录' }).click();
    await backAs(/^张三$/);
    expect(await page.locator('#place').textContent()).toBe('技术部 · 工程师');
    expect(await page.locator('#facts').textContent()).toContain('未提供');
    expect(new URL(page.url()).search).toBe('');

    await page.getByRole('button', { name: '查询' }).click();
    await page.getByText('✓ user123 有权限 access').waitFor();
    await shot('signed-in-by-qr-1440');
    await page.getByRole('textbox', { name: '权限' }).fill('report:read');
    await page.getByRole('button', { name: '查询' }).click();
    await page.getByText('✗ user123 没有权限 report:read').waitFor();

    await page.reload();
    await backAs(/^张三$/);
    await page.getByRole('button', { name: '退出' }).click();
    await page.getByText('你已退出').waitFor();
    await page.reload();
    await page.getByRole('button', { name: '企业微信登录' }).waitFor();
    expect(await card().isVisible()).toBe(false);
  });

  it('shows mobile and e-mail after consent inside WeCom, and every step on the way', async () => {
    await open();
    await toWecom({ mode: '在企业微信内', privateinfo: true });
    expect(page.url()).toContain('/connect/oauth2/authorize');
    await choose('张三 user123');
    await page.getByRole('button', { name: '下一步' }).click();
    await page.getByRole('button', { name: '同意' }).click();
    await backAs(/^张三$/);
    const facts = await page.locator('#facts').textContent();
    expect(facts).toContain('13800138000');
    expect(facts).toContain('zhang@company.com');

    await page.getByRole('button', { name: '查询' }).hover();
    await shot('signed-in-by-oauth-1440');
    const steps = await page.locator('#steps li').allTextContents();
    expect(steps).toHaveLength(3);
    expect(steps[0]).toContain('GET /api/wecom/authorize');
    expect(steps[0]).toContain('code_challenge_method=S256');
    expect(steps[1]).toMatch(/GET \/\s+\?code=/);
    expect(steps[2]).toContain('POST /api/wecom/getUserInfo');
    expect(steps[2]).toContain('"token_type": "Bearer"');
    // Long values are shortened: none of what opens a door stands there whole.
    expect(steps.join('\n')).not.toMatch(/[\w-]{30}/);
  });

  it('takes refusals calmly: of the member …', async () => {
    await open();
    stack.wecom.consents.forget();
    await toWecom({ mode: '在企业微信内', privateinfo: true });
    await choose('李四 lisi');
    await page.getByRole('button', { name: '下一步' }).click();
    await page.getByRole('button', { name: '拒绝' }).click();
    await page.getByRole('alert').getByText('你取消了登录').waitFor();
    await page.getByRole('button', { name: '企业微信登录' }).waitFor();
    await shot('refused-1440');
  });

  it('… of a member outside the visible range, and of a stranger', async () => {
    await open();
    await toWecom({ mode: '在企业微信内' });
    await choose('周八 zhouba');
    await page.getByRole('button', { name: '继续' }).click();
    await page.getByRole('alert').getByText('你不在这个应用的可见范围内').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('60011');
    await shot('out-of-range-1440');

    await toWecom({ mode: '在企业微信内' });
    await choose('陌生访客');
    await page.getByRole('button', { name: '继续' }).click();
    await page.getByRole('alert').getByText('你不是这家企业的有效成员').waitFor();
  });

  describe('as a program that speaks OpenID Connect', () => {
    const openid = () => page.locator('#openid');

    async function signInAs(name: string): Promise<void> {
      await page.getByRole('button', { name: 'OpenID Connect' }).click();
      await page.waitForURL(`${stack.wecom.url}/**`);
      await choose(name);
      await page.getByRole('button', { name: '确认登录' }).click();
    }

    it('signs a member in, shows the claims and every step, and signs out at the provider', async () => {
      await open();
      await signInAs('张三 user123');
      await openid().waitFor();
      expect(await page.locator('#openid-name').textContent()).toBe('张三');
      expect(await page.locator('#openid-place').textContent()).toBe('技术部 · 工程师');
      const claims = await page.locator('#claims').textContent();
      expect(claims).toContain('preferred_usernameuser123');
      expect(claims).toContain('department:2');
      await page.getByText('ID token 的声明').click();
      expect(await page.locator('#id-token').textContent()).toContain('"aud": "demo"');
      expect(new URL(page.url()).search).toBe('');
      await shot('openid-signed-in-1440');

      const requests = await page.locator('#steps pre:not(.answer)').allTextContents();
      expect(requests.map((each) => each.split('\n')[0])).toEqual([
        'GET /.well-known/openid-configuration',
        'GET /oauth2/authorize',
        'GET /',
        'POST /oauth2/token',
        'GET /oauth2/userinfo',
      ]);
      expect(requests[3]).toContain('grant_type=authorization_code');
      // Long values are shortened: none of what opens a door stands there whole.
      expect(await page.locator('body').innerText()).not.toMatch(/[\w-]{43}/);

      await page.reload();
      await openid().waitFor();
      await page.getByRole('button', { name: '退出' }).click();
      await page.getByRole('heading', { name: '退出登录？' }).waitFor();
      await page.getByRole('button', { name: '退出' }).click();
      await page.getByRole('button', { name: 'OpenID Connect' }).waitFor();
      expect(page.url()).toBe(`${front.url}/`);
      expect(await openid().isVisible()).toBe(false);
    });

    it('shows the refusal of a member who may not use it', async () => {
      await open();
      await signInAs('李四 lisi');
      await page.getByRole('heading', { name: '你没有使用「演示应用 Demo」的权限' }).waitFor();
      await page.getByRole('button', { name: '返回应用' }).click();
      await page.getByRole('alert').getByText('没有使用这个应用的权限').waitFor();
      expect(await page.getByRole('alert').textContent()).toContain('access_denied');
      expect(await openid().isVisible()).toBe(false);
      await shot('openid-refused-1440');
    });

    it('tells a refusal by the member from one of the member', async () => {
      await open();
      await page.getByRole('button', { name: 'OpenID Connect' }).click();
      await page.waitForURL(`${stack.wecom.url}/**`);
      await page.getByRole('button', { name: '取消' }).click();
      await page.getByRole('alert').getByText('你取消了登录').waitFor();
    });

    it('takes no answer that this tab did not ask for', async () => {
      await open();
      for (const query of ['code=x&state=x', 'error=access_denied&state=x']) {
        await page.goto(`${front.url}/?${query}&iss=${encodeURIComponent(front.url)}`);
        await page.getByRole('alert').getByText('登录未被接受').waitFor();
        expect(await openid().isVisible()).toBe(false);
      }
    });

    it('leads to the address of the provider when it is opened at another one', async () => {
      await open();
      await page.goto(front.url.replace('localhost', '127.0.0.1'));
      await page.getByRole('button', { name: 'OpenID Connect' }).click();
      await page.getByRole('alert').getByText(`${front.url}/`).waitFor();
    });
  });

  it('survives a redirect that is opened twice: same member, same session', async () => {
    const address = await signInByQr();
    const session = () => page.evaluate(() => sessionStorage.getItem('demo.session'));
    const first = JSON.parse((await session()) ?? '{}');
    await page.goto(address);
    await backAs(/^张三$/);
    const second = JSON.parse((await session()) ?? '{}');
    expect(second.member).toEqual(first.member);
    expect(second.session.access_token).toBe(first.session.access_token);
    expect(new URL(page.url()).search).toBe('');
  });

  it('is refused with a redirect that another browser began', async () => {
    const address = await signInByQr();
    await context.close();
    await open();
    await page.goto(address);
    await page.getByRole('alert').getByText('登录未被接受').waitFor();
    expect(await card().isVisible()).toBe(false);
  });

  it('stays signed in when somebody’s link only pretends to come from WeCom', async () => {
    await signInByQr();
    for (const query of ['state=x', 'code=x&state=x']) {
      await page.goto(`${front.url}/?${query}`);
      await page.getByRole('alert').waitFor();
      await backAs(/^张三$/);
    }
    await page.getByRole('button', { name: '退出' }).click();
    expect(await page.getByRole('alert').isVisible()).toBe(false);
  });

  describe('the helper to copy', () => {
    /** Comes back from WeCom to a page with this query, and gets this answer from the API. */
    const comeBack = (query: string, status: number, body: string) =>
      page.evaluate<{ failure?: object; member?: object; search: string }>(`(async () => {
        const { finishSignIn } = await import('/docs/front-end/wecomSignIn.ts');
        history.replaceState(null, '', '/?${query}');
        const fetch = async () => new Response(${JSON.stringify(body)}, { status: ${status} });
        const result = await finishSignIn({ api: '', fetch }).catch(
          ({ name, status, code, message }) => ({ failure: { name, status, code, message } }),
        );
        return { ...result, search: location.search };
      })()`);
    const answer = JSON.stringify({ code: 0, data: { userid: 'user123' }, session: {} });

    it('takes code and state out of the address, and leaves the page’s own query there', async () => {
      await open();
      for (const [query, left] of [
        ['code=c&state=s', ''],
        ['code=c&state=s&appid=ww1', ''],
        ['page=in&code=c&state=s', '?page=in'],
        ['page=in&state=s', '?page=in'],
      ] as const) {
        expect(await comeBack(query, 200, answer), query).toMatchObject({ search: left });
      }
    });

    it('makes a failed sign-in of an answer that a gateway gave instead of the API', async () => {
      await open();
      for (const [status, body, message] of [
        [503, '{"message":"Service Unavailable"}', 'Service Unavailable'],
        [502, '<html>Bad Gateway</html>', '登录服务没有正常应答'],
        [200, '{}', '登录服务没有正常应答'],
      ] as const) {
        const { failure } = await comeBack('code=c&state=s', status, body);
        expect(failure).toEqual({ name: 'SignInFailed', status, code: -1, message });
      }
    });
  });

  it.each([
    ['of another site', false],
    ['that hides its origin', true],
  ])('shows nothing to a page %s', async (_what, hidden) => {
    const other = await serve((_request, response) => {
      const policy = hidden ? { 'content-security-policy': 'sandbox allow-scripts' } : {};
      response.writeHead(200, { 'content-type': 'text/html', ...policy }).end('<p>other</p>');
    });
    // serverless-offline lets every page read.
    const gateway = await serve((request, response) => {
      const { origin = '*' } = request.headers;
      response.writeHead(200, { 'access-control-allow-origin': origin }).end('read');
    });
    const guarded = await startFront({ port: 0, gatewayUrl: gateway.url });
    onTestFinished(() => guarded.close());
    await open();
    await page.goto(other.url);
    const read = await page.evaluate(async (url) => {
      const body = '{"code":"your_auth_code"}';
      const requests: RequestInit[] = [{}, { method: 'POST', body }];
      const paths = ['/api/wecom/getUserInfo', '/api/wecom/verify/user123', '/'];
      const asked = paths.flatMap((path) => requests.map((options) => fetch(url + path, options)));
      const answers = await Promise.allSettled(asked);
      return answers.filter(({ status }) => status === 'fulfilled').length;
    }, guarded.url);
    expect(read).toBe(0);
    for (const complaint of errors.splice(0)) expect(complaint).toContain('CORS');
  });

  it('works by keyboard alone, with the focus always in sight', async () => {
    await open();
    const focused = () =>
      page.evaluate<{ text: string; outlined: boolean; outline: string }>(`(() => {
        const element = document.activeElement;
        const { outlineStyle, outlineColor } = getComputedStyle(element.closest('.choice') ?? element);
        return {
          text: element.textContent.trim(),
          outlined: outlineStyle !== 'none',
          outline: outlineColor,
        };
      })()`);
    const focusedId = () => page.evaluate<string>('document.activeElement.id');
    async function tabTo(text: string): Promise<void> {
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press('Tab');
        const { text: at, outlined, outline } = await focused();
        expect(outlined, at).toBe(true);
        expect(contrastToWhite(outline), `${at} ${outline}`).toBeGreaterThanOrEqual(3);
        if (at?.startsWith(text)) return;
      }
      throw new Error(`${text} cannot be reached`);
    }
    /** WCAG 2.2, 1.4.11: who cannot see the ring well enough has no focus; axe does not look at it. */
    function contrastToWhite(color: string): number {
      const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((channel) => {
        const part = Number(channel) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
    }
    await tabTo('企业微信登录');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${stack.wecom.url}/**`);
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      if ((await focused()).text.includes('确认登录')) break;
    }
    await page.keyboard.press('Enter');
    await backAs(/^张三$/);
    expect(await focusedId()).toBe('title');
    await tabTo('查询');
    await page.keyboard.press('Enter');
    await page.getByText('✓ user123 有权限 access').waitFor();
    await tabTo('退出');
    await page.keyboard.press('Enter');
    await page.getByText('你已退出').waitFor();
    expect(await focusedId()).toBe('title');

    await tabTo('OpenID Connect');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${stack.wecom.url}/**`);
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab');
      if ((await focused()).text.includes('确认登录')) break;
    }
    await page.keyboard.press('Enter');
    await page.locator('#openid').waitFor();
    expect(await focusedId()).toBe('title');
    await tabTo('ID token');
    await page.keyboard.press('Enter');
    await page.locator('#id-token').waitFor();
    await tabTo('退出');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '退出登录？' }).waitFor();
  });

  it.each([
    ['1440', WIDE],
    ['375', NARROW],
  ])(
    'is accessible (axe) and fits at %s px: signed out, refused and signed in either way',
    async (width, size) => {
      await open(size);
      expect(await violations(page)).toEqual([]);
      expect(await fits(page)).toBe(true);
      await shot(`signed-out-${width}`);
      await shoot(page, `signed-out-${width}-whole`, { fullPage: true });

      await toWecom();
      await page.getByRole('button', { name: '取消' }).click();
      await page.getByRole('alert').getByText('你取消了登录').waitFor();
      expect(await violations(page)).toEqual([]);
      expect(await fits(page)).toBe(true);

      await toWecom({ mode: '在企业微信内', privateinfo: true });
      await choose('张三 user123');
      await page.getByRole('button', { name: '下一步' }).click();
      if (await page.getByRole('button', { name: '同意' }).isVisible()) {
        await page.getByRole('button', { name: '同意' }).click();
      }
      await backAs(/^张三$/);
      await page.getByRole('button', { name: '查询' }).click();
      await page.getByText('✓ user123 有权限 access').waitFor();
      expect(await violations(page)).toEqual([]);
      expect(await fits(page)).toBe(true);
      await shot(`signed-in-${width}`);
      await shoot(page, `signed-in-${width}-whole`, { fullPage: true });

      await page.getByRole('button', { name: '退出' }).click();
      await page.getByRole('button', { name: 'OpenID Connect' }).click();
      await page.waitForURL(`${stack.wecom.url}/**`);
      await choose('张三 user123');
      await page.getByRole('button', { name: '确认登录' }).click();
      await page.locator('#openid').waitFor();
      await page.getByText('ID token 的声明').click();
      expect(await violations(page)).toEqual([]);
      expect(await fits(page)).toBe(true);
      await shoot(page, `openid-signed-in-${width}-whole`, { fullPage: true });
    },
  );
});
