import { describe, expect, it, onTestFinished } from 'vitest';
import { startFront } from '../../../local/page/server.ts';
import { inChromium, missingChromium, NARROW, WIDE } from '../../harness/chromium.ts';
import { serve } from '../../harness/serve.ts';
import { Demonstration, type Locale } from './demonstration.ts';

describe.skipIf(missingChromium)(inChromium('the demonstration page'), () => {
  const demo = new Demonstration();
  const card = () => demo.page.locator('#signed-in');
  const shot = (name: string) => demo.shoot(demo.page, name);

  it('signs a member in by the QR page, checks permissions, and signs out', async () => {
    await demo.open();
    await shot('signed-out-1440');
    await demo.toWecom();
    expect(demo.page.url()).toContain('/wwlogin/sso/login');
    await shot('wecom-qr-1440');
    await demo.choose('user123');
    await demo.page.getByRole('button', { name: '确认登录' }).click();
    await demo.signedInAs('张三');
    expect(await demo.page.locator('#place').textContent()).toBe('技术部 · 工程师');
    expect(await demo.page.locator('#facts').textContent()).toContain('未提供');
    expect(new URL(demo.page.url()).search).toBe('');

    await demo.page.getByText('✓ 张三 user123 有权限 access').waitFor();
    await shot('signed-in-by-qr-1440');
    await demo.page.locator('input[name=permission]').fill('report:read');
    await demo.page.getByRole('button', { name: '查询' }).click();
    await demo.page.getByText('✗ 张三 user123 没有权限 report:read').waitFor();

    await demo.page.reload();
    await demo.signedInAs('张三');
    await demo.page.getByRole('button', { name: '退出' }).click();
    await demo.page.getByText('你已退出').waitFor();
    await demo.page.reload();
    await demo.page.getByRole('button', { name: '企业微信登录' }).waitFor();
    expect(await card().isVisible()).toBe(false);
  });

  it('shows mobile and e-mail after consent inside WeCom, and every step on the way', async () => {
    await demo.open();
    await demo.toWecom({ mode: 'oauth', privateinfo: true });
    expect(demo.page.url()).toContain('/connect/oauth2/authorize');
    await demo.choose('user123');
    await demo.page.getByRole('button', { name: '下一步' }).click();
    await demo.page.getByRole('button', { name: '同意' }).click();
    await demo.signedInAs('张三');
    const facts = await demo.page.locator('#facts').textContent();
    expect(facts).toContain('13800138000');
    expect(facts).toContain('zhang@company.com');

    await demo.page.getByRole('button', { name: '查询' }).hover();
    await shot('signed-in-by-oauth-1440');
    const newestFirst = await demo.page.locator('.steps li').allTextContents();
    const steps = newestFirst.reverse();
    expect(steps).toHaveLength(4);
    expect(steps[0]).toContain('GET /api/wecom/authorize');
    expect(steps[0]).toContain('code_challenge_method=S256');
    expect(steps[1]).toMatch(/GET \/\s+\?code=/);
    expect(steps[2]).toContain('POST /api/wecom/getUserInfo');
    expect(steps[2]).toContain('"token_type": "Bearer"');
    expect(steps[3]).toContain('GET /api/wecom/verify/user123');
    // Long values are shortened: none of what opens a door stands there whole.
    expect(steps.join('\n')).not.toMatch(/[\w-]{30}/);
  });

  it('signs a member in by the login panel, without leaving', async () => {
    await demo.open();
    await demo.page.locator('.options summary').first().click();
    await demo.page.locator('input[name=mode][value=panel]').check();
    await demo.signInButton().click();
    await demo.chooseInPanel('user123');
    await demo.signedInAs('张三');
    expect(await demo.page.locator('iframe').count()).toBe(0);
    expect(new URL(demo.page.url()).search).toBe('');
    const steps = (await demo.page.locator('.steps li').allTextContents()).reverse();
    expect(steps[0]).toContain('GET /api/wecom/authorize');
    expect(steps[0]).toContain('"login_type": "CorpApp"');
    expect(steps[1]).toContain('POST /api/wecom/getUserInfo');
    expect(steps.join('\n')).not.toMatch(/[\w-]{30}/);
  });

  it('takes the panel away where another sign-in begins', async () => {
    await demo.open();
    await demo.page.locator('.options summary').first().click();
    await demo.page.locator('input[name=mode][value=panel]').check();
    await demo.signInButton().click();
    await demo.page.locator('#panel iframe').waitFor();
    await demo.signInButton().click();
    await demo.page.frameLocator('#panel iframe').locator('input[value=user123]').waitFor();
    expect(await demo.page.locator('iframe').count()).toBe(1);
    expect(await demo.page.locator('#status').innerText()).toBe('');
    await demo.page.locator('input[name=mode][value=qr]').check();
    await demo.signInButton().click();
    await demo.page.waitForURL(`${demo.stack.wecom.url}/**`);
  });

  it('signs itself for the JS-SDK, and says that nobody answers a call outside WeCom', async () => {
    await demo.open();
    await demo.signInByQr();
    await demo.page.getByText('JS-SDK', { exact: true }).click();
    await demo.page.getByRole('button', { name: '为本页签名并调用' }).click();
    await demo.page.getByText('✓ 已签名。当前浏览器不是企业微信').waitFor();
    expect(await demo.page.locator('#signed-page code').innerText()).toMatch(
      new RegExp(`^${demo.front.url}/\\n[0-9a-f]{40}$`),
    );
    const [newest] = await demo.page.locator('.steps li').allTextContents();
    expect(newest).toContain('GET /api/wecom/jssdk');
  });

  it('calls the JS-SDK inside WeCom, where it signs in without a click', async () => {
    await demo.openInWecom('user123');
    await demo.signedInAs('张三');
    await demo.page.getByText('JS-SDK', { exact: true }).click();
    await demo.page.getByRole('button', { name: '为本页签名并调用' }).click();
    await demo.page.getByText('企业微信对 getContext 的响应：getContext:ok').waitFor();
    await demo.page.getByRole('button', { name: '退出' }).click();
    await demo.page.reload();
    await demo.signInButton().waitFor();
  });

  it('takes refusals calmly: of the member …', async () => {
    await demo.open();
    demo.stack.wecom.consents.forget();
    await demo.toWecom({ mode: 'oauth', privateinfo: true });
    await demo.choose('lisi');
    await demo.page.getByRole('button', { name: '下一步' }).click();
    await demo.page.getByRole('button', { name: '拒绝' }).click();
    await demo.page.getByRole('status').getByText('你取消了登录').waitFor();
    expect(await demo.page.getByRole('alert').isVisible()).toBe(false);
    await demo.page.getByRole('button', { name: '企业微信登录' }).waitFor();
    await shot('refused-1440');
  });

  it('… of a member outside the visible range, and of a stranger', async () => {
    await demo.open();
    await demo.toWecom({ mode: 'oauth' });
    await demo.choose('zhouba');
    await demo.page.getByRole('button', { name: '继续' }).click();
    await demo.page.getByRole('alert').getByText('你不在这个应用的可见范围内').waitFor();
    expect(await demo.page.getByRole('alert').textContent()).toContain('60011');
    await shot('out-of-range-1440');

    await demo.toWecom({ mode: 'oauth' });
    await demo.choose('visitor:stranger');
    await demo.page.getByRole('button', { name: '继续' }).click();
    await demo.page.getByRole('alert').getByText('你不是这家企业的成员').waitFor();
  });

  describe('as a program that speaks OpenID Connect', () => {
    const openid = () => demo.page.locator('#openid');

    async function signInAs(who: string): Promise<void> {
      await demo.page.getByRole('button', { name: 'OpenID Connect' }).click();
      await demo.page.waitForURL(`${demo.stack.wecom.url}/**`);
      await demo.choose(who);
      await demo.page.getByRole('button', { name: '确认登录' }).click();
    }

    it('signs a member in, shows the claims and every step, and signs out at the provider', async () => {
      await demo.open();
      await signInAs('user123');
      await openid().waitFor();
      expect(await demo.page.locator('#openid-name').textContent()).toBe('张三');
      expect(await demo.page.locator('#openid-place').textContent()).toBe('技术部 · 工程师');
      const claims = await demo.page.locator('#claims').textContent();
      expect(claims).toContain('preferred_usernameuser123');
      expect(claims).toContain('department:2');
      await demo.page.getByText('ID token 的声明').click();
      expect(await demo.page.locator('#id-token').textContent()).toContain('"aud": "demo"');
      expect(new URL(demo.page.url()).search).toBe('');
      await shot('openid-signed-in-1440');

      const requests = await demo.page.locator('.steps pre:not(.answer)').allTextContents();
      requests.reverse();
      expect(requests.map((each) => each.split('\n')[0])).toEqual([
        'GET /.well-known/openid-configuration',
        'GET /oauth2/authorize',
        'GET /',
        'POST /oauth2/token',
        'GET /oauth2/userinfo',
      ]);
      expect(requests[3]).toContain('grant_type=authorization_code');
      // Long values are shortened: none of what opens a door stands there whole.
      expect(await demo.page.locator('body').innerText()).not.toMatch(/[\w-]{43}/);

      await demo.page.reload();
      await openid().waitFor();
      await demo.page.getByRole('button', { name: '退出' }).click();
      await demo.page.getByRole('heading', { name: '退出登录？' }).waitFor();
      await demo.page.getByRole('button', { name: '退出' }).click();
      await demo.page.getByRole('button', { name: 'OpenID Connect' }).waitFor();
      expect(demo.page.url()).toBe(`${demo.front.url}/`);
      expect(await openid().isVisible()).toBe(false);
    });

    it('shows the refusal of a member who may not use it', async () => {
      await demo.open();
      await signInAs('lisi');
      await demo.page.getByRole('heading', { name: '你没有使用「演示应用 Demo」的权限' }).waitFor();
      await demo.page.getByRole('button', { name: '返回应用' }).click();
      await demo.page.getByRole('alert').getByText('没有使用这个应用的权限').waitFor();
      expect(await demo.page.getByRole('alert').textContent()).toContain('access_denied');
      expect(await openid().isVisible()).toBe(false);
      await shot('openid-refused-1440');
    });

    it('tells a refusal by the member from one of the member', async () => {
      await demo.open();
      await demo.page.getByRole('button', { name: 'OpenID Connect' }).click();
      await demo.page.waitForURL(`${demo.stack.wecom.url}/**`);
      await demo.page.getByRole('button', { name: '取消' }).click();
      await demo.page.getByRole('status').getByText('你取消了登录').waitFor();
      expect(await demo.page.getByRole('alert').isVisible()).toBe(false);
    });

    it('takes no answer that this tab did not ask for', async () => {
      await demo.open();
      for (const query of ['code=x&state=x', 'error=access_denied&state=x']) {
        await demo.page.goto(
          `${demo.front.url}/?${query}&iss=${encodeURIComponent(demo.front.url)}`,
        );
        await demo.page.getByRole('alert').getByText('登录状态无效').waitFor();
        expect(await openid().isVisible()).toBe(false);
      }
    });

    it('leads to the address of the provider when it is opened at another one', async () => {
      await demo.open();
      await demo.page.goto(demo.front.url.replace('localhost', '127.0.0.1'));
      await demo.page.getByRole('button', { name: 'OpenID Connect' }).click();
      await demo.page.getByRole('alert').getByText(`${demo.front.url}/`).waitFor();
    });
  });

  it('survives a redirect that is opened twice: same member, same session', async () => {
    await demo.open();
    const address = await demo.signInByQr();
    const kept = () => demo.page.evaluate(() => sessionStorage.getItem('wecom-auth'));
    const first = JSON.parse((await kept()) ?? '{}').session;
    await demo.page.goto(address);
    await demo.signedInAs('张三');
    const second = JSON.parse((await kept()) ?? '{}').session;
    expect(second.member).toEqual(first.member);
    expect(second.accessToken).toBe(first.accessToken);
    expect(new URL(demo.page.url()).search).toBe('');
  });

  it('does nothing with a redirect that another browser began', async () => {
    await demo.open();
    const address = await demo.signInByQr();
    await demo.context.close();
    await demo.open();
    await demo.page.goto(address);
    await demo.signInButton().waitFor();
    expect(await card().isVisible()).toBe(false);
    expect(await demo.page.getByRole('alert').isVisible()).toBe(false);
  });

  it('stays signed in when somebody’s link only pretends to come from WeCom', async () => {
    await demo.open();
    await demo.signInByQr();
    for (const query of ['state=x', 'code=x&state=x']) {
      await demo.page.goto(`${demo.front.url}/?${query}`);
      await demo.signedInAs('张三');
      expect(await demo.page.getByRole('alert').isVisible()).toBe(false);
    }
  });

  it('has one language, the browser’s or the one chosen', async () => {
    await demo.open(WIDE, 'en-US');
    const { page } = demo;
    const shown = () => page.locator('body').innerText();
    expect(await shown()).not.toMatch(/登录|企业/);
    expect(await page.title()).toMatch(/^WeCom sign-in/);
    await page.getByRole('button', { name: '中文' }).click();
    expect(await shown()).not.toContain('Sign in');
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await page.reload();
    await page.getByRole('button', { name: '企业微信登录' }).waitFor();
    expect(await page.title()).toMatch(/^企业微信/);
  });

  it('comes back to the chosen person without a form, and forgets consent by a click', async () => {
    await demo.open();
    const { page } = demo;
    const consent = async () => {
      await demo.toWecom({ mode: 'oauth', privateinfo: true });
      await demo.choose('user123');
      await demo.goOn();
    };
    demo.stack.wecom.consents.forget();
    await consent();
    await page.getByRole('button', { name: '同意' }).click();
    await demo.signedInAs('张三');
    await page.goBack();
    await page.getByRole('button', { name: '同意' }).waitFor();
    await page.goBack();
    await page.locator('input[name=who]').first().waitFor();

    await page.goto(demo.front.url);
    await page.getByRole('button', { name: '退出' }).click();
    await consent();
    await demo.signedInAs('张三');
    await page.getByRole('button', { name: '退出' }).click();
    await page.locator('.options summary').first().click();
    await page.getByRole('button', { name: '清除授权同意' }).click();
    await page.getByText('授权同意已清除').waitFor();
    await page.reload();
    await consent();
    await page.getByRole('button', { name: '同意' }).waitFor();
  });

  it('lets the emulator’s console forget, too', async () => {
    await demo.open();
    const { page } = demo;
    const asked = async () => {
      await demo.toWecom({ mode: 'oauth', privateinfo: true });
      await demo.choose('user123');
      await demo.goOn();
      await page.getByRole('button', { name: '同意' }).click();
      await demo.signedInAs('张三');
      await page.getByRole('button', { name: '退出' }).click();
    };
    demo.stack.wecom.consents.forget();
    await asked();
    await page.goto(`${demo.stack.wecom.url}/__admin/`);
    await page.getByRole('button', { name: '忘记所有成员的授权同意' }).click();
    await page.waitForURL(`${demo.stack.wecom.url}/__admin/`);
    await page.goto(demo.front.url);
    await asked();
  });

  it('hides what needs the emulator when there is none', async () => {
    await demo.open();
    const gateway = await serve((_request, response) => response.writeHead(404).end());
    const real = await startFront({ port: 0, gatewayUrl: gateway.url });
    onTestFinished(() => real.close());
    await demo.page.goto(real.url);
    await demo.page.getByText('真实的企业微信').waitFor();
    await demo.signInButton().waitFor();
    for (const hidden of ['#emulator', '#situations', '#forget', '#company']) {
      expect(await demo.page.locator(hidden).isVisible(), hidden).toBe(false);
    }
    expect((await fetch(`${real.url}/local/emulator/company`)).status).toBe(404);
  });

  it('does without the emulator where it refuses the page, as from another machine', async () => {
    await demo.open();
    await demo.page.route('**/local/emulator/**', (route) =>
      route.fulfill({ status: 403, json: { error: 'requests from other origins are refused' } }),
    );
    await demo.page.reload();
    await demo.signInButton().waitFor();
    expect(await demo.page.locator('#situations').isVisible()).toBe(false);
    await demo.signInByQr();
    await demo.page.getByText('✓ user123 有权限 access').waitFor();
  });

  it('greets nobody for an answer of verify that is no boolean', async () => {
    await demo.open();
    await demo.page.route('**/api/wecom/verify/**', (route) =>
      route.fulfill({
        contentType: 'application/json',
        body: '{"code":0,"message":"success","data":{"authorized":"false"}}',
      }),
    );
    await demo.signInByQr();
    expect(await demo.page.locator('#signed-in').getAttribute('data-access')).toBe('no');
    await demo.page.getByText('无法查询权限').waitFor();
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
    await demo.open();
    await demo.page.goto(other.url);
    const read = await demo.page.evaluate(async (url) => {
      const body = '{"code":"your_auth_code"}';
      const requests: RequestInit[] = [{}, { method: 'POST', body }];
      const paths = ['/api/wecom/getUserInfo', '/api/wecom/verify/user123', '/'];
      const asked = paths.flatMap((path) => requests.map((options) => fetch(url + path, options)));
      const answers = await Promise.allSettled(asked);
      return answers.filter(({ status }) => status === 'fulfilled').length;
    }, guarded.url);
    expect(read).toBe(0);
    for (const complaint of demo.errors.splice(0)) expect(complaint).toContain('CORS');
  });

  it('works by keyboard alone, with the focus always in sight', async () => {
    await demo.open();
    const focused = () =>
      demo.page.evaluate<{ text: string; outlined: boolean; outline: string }>(`(() => {
        const element = document.activeElement;
        const { outlineStyle, outlineColor } = getComputedStyle(element.closest('.choice') ?? element);
        return {
          text: element.textContent.trim(),
          outlined: outlineStyle !== 'none',
          outline: outlineColor,
        };
      })()`);
    const focusedId = () => demo.page.evaluate<string>('document.activeElement.id');
    async function tabTo(text: string): Promise<void> {
      for (let presses = 0; presses < 40; presses++) {
        await demo.page.keyboard.press('Tab');
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
    await demo.page.keyboard.press('Enter');
    await demo.page.waitForURL(`${demo.stack.wecom.url}/**`);
    for (let presses = 0; presses < 40; presses++) {
      await demo.page.keyboard.press('Tab');
      if ((await focused()).text.includes('确认登录')) break;
    }
    await demo.page.keyboard.press('Enter');
    await demo.signedInAs('张三');
    expect(await focusedId()).toBe('title');
    await tabTo('查询');
    await demo.page.keyboard.press('Enter');
    await demo.page.getByText('✓ 张三 user123 有权限 access').waitFor();
    await tabTo('退出');
    await demo.page.keyboard.press('Enter');
    await demo.page.getByText('你已退出').waitFor();
    expect(await focusedId()).toBe('title');

    await tabTo('OpenID Connect');
    await demo.page.keyboard.press('Enter');
    await demo.page.waitForURL(`${demo.stack.wecom.url}/**`);
    for (let presses = 0; presses < 40; presses++) {
      await demo.page.keyboard.press('Tab');
      if ((await focused()).text.includes('确认登录')) break;
    }
    await demo.page.keyboard.press('Enter');
    await demo.page.locator('#openid').waitFor();
    expect(await focusedId()).toBe('title');
    await tabTo('ID token');
    await demo.page.keyboard.press('Enter');
    await demo.page.locator('#id-token').waitFor();
    await tabTo('退出');
    await demo.page.keyboard.press('Enter');
    await demo.page.getByRole('heading', { name: '退出登录？' }).waitFor();
  });

  it.each(
    [
      ['1440', WIDE],
      ['375', NARROW],
    ].flatMap(([width, size]) =>
      (['zh-CN', 'en-US'] as const).map(
        (locale) => [width, locale, size] as [string, Locale, typeof WIDE],
      ),
    ),
  )(
    'is accessible (axe) and fits at %s px in %s, and so are the pages of WeCom',
    async (width, locale, size) => {
      await demo.open(size, locale);
      const { page } = demo;
      const look = async (name: string) => {
        await demo.isInOrder();
        const file = `${name}-${width}-${locale.slice(0, 2)}`;
        await demo.shoot(page, file, { fullPage: true });
      };
      await look('signed-out');
      await page.locator('.options summary').first().click();
      await look('options');
      await page.locator('input[name=mode][value=panel]').check();
      await demo.signInButton().click();
      await page.frameLocator('#panel iframe').locator('input[value=user123]').waitFor();
      await look('panel');
      await page.reload();
      await demo.signInButton().waitFor();
      await page.locator('.options summary').first().click();

      demo.stack.wecom.consents.forget();
      await page.locator('.options summary').first().click();
      await demo.toWecom({ mode: 'oauth', privateinfo: true });
      await look('wecom-oauth');
      await demo.choose('user123');
      await demo.goOn();
      await page.locator('button[value=refuse]').waitFor();
      await look('wecom-consent');
      await page.locator('button[value=refuse]').click();
      await page.locator('#status .zh, #status .en').first().waitFor({ state: 'attached' });
      await look('cancelled');

      await page.reload();
      await demo.toWecom();
      await look('wecom-qr');
      await demo.choose('wangwu');
      await demo.goOn();
      await page.locator('a', { hasText: locale === 'zh-CN' ? '换一个人' : 'Choose' }).waitFor();
      await look('wecom-disabled');
      await page.locator('a', { hasText: locale === 'zh-CN' ? '换一个人' : 'Choose' }).click();
      await demo.choose('user123');
      await demo.goOn();
      await demo.signedInAs('张三');
      await look('signed-in');
      await page.getByText('JS-SDK', { exact: true }).click();
      await page.locator('#sign-page').click();
      await page.locator('#signed-page p').waitFor();
      await look('jssdk');

      await page.locator('#sign-out').click();
      await page.locator('#openid-sign-in button').click();
      await page.waitForURL(`${demo.stack.wecom.url}/**`);
      await demo.choose('user123');
      await demo.goOn();
      await page.locator('#openid').waitFor();
      await page.locator('#openid summary').click();
      await look('openid-signed-in');
      await page.goto(`${demo.stack.wecom.url}/__admin/`);
      await look('wecom-console');
    },
  );
});
