import { cpSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  inChromium,
  launchChromium,
  missingChromium,
  recordErrors,
  violations,
} from '../harness/chromium.ts';
import type { Listening } from '../harness/listen.ts';
import { permit } from '../harness/permit.ts';
import { type Instance, type Stack, startStack } from '../harness/stack.ts';
import { build } from '../relyingParties/processes.ts';
import { BUILD_TIMEOUT_MS, isChosen } from './chosen.ts';
import { BUILT, buildFrontEnd, checkTypes, FRONT_ENDS, serveFolder } from './frontEnds.ts';

const WECOM =
  'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 wxwork/4.1.20 MicroMessenger/7.0.1 Language/zh';

describe.each(BUILT.filter((name) => isChosen(name, true)))('docs/examples/%s', (name) => {
  it('has correct types', () => checkTypes(name));

  it.runIf(isChosen(name))(
    'can be installed and built, with the packed helper',
    async () => {
      await build(process.execPath, ['packages/client/build.ts']);
      // As deep as the original, because its manifest names the helper's folder.
      const copy = resolve('artifacts/examples', `${name}-installed`);
      const ignored = /\/(node_modules|dist)(\/|$)/;
      cpSync(resolve('docs/examples', name), copy, {
        recursive: true,
        filter: (path) => !ignored.test(path.slice(resolve('.').length)),
      });
      await build('npm', ['ci', '--no-audit'], { cwd: copy });
      await build('npm', ['run', 'build'], { cwd: copy });
    },
    BUILD_TIMEOUT_MS,
  );
});

describe.skipIf(missingChromium)(inChromium('front ends'), () => {
  let stack: Stack;
  let api: Instance;
  let browser: Browser;
  let server: Listening;
  let context: BrowserContext;
  let page: Page;
  let folder: string;
  let errors: string[];

  beforeAll(async () => {
    stack = await startStack();
    await permit(stack, 'member#user123', 'report:read');
    server = await serveFolder(() => folder);
    api = await stack.newInstance({
      CORS_ORIGINS: server.url,
      REDIRECT_URIS: `${server.url}/`,
      VERIFY_ACCESS: 'session',
      SESSION_ISSUER: server.url,
    });
    for (const { trusted_domains } of stack.wecom.company.apps) {
      trusted_domains.push(new URL(server.url).host);
    }
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  afterEach(() => context?.close());

  /** @param who the member of WeCom's browser; absent: another browser */
  async function open({ locale = 'zh-CN', who = '' } = {}): Promise<void> {
    context = await browser.newContext({ locale, ...(who && { userAgent: WECOM }) });
    if (who) {
      const { url } = stack.wecom;
      await context.addCookies([{ name: 'wecom_emulator_person', value: who, url }]);
    }
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    errors = [];
    recordErrors(page, errors);
    await page.goto(`${server.url}/#/reports`);
  }

  async function leaveForWecom(): Promise<void> {
    await page.getByRole('button', { name: '用企业微信登录' }).click();
    await page.waitForURL(`${stack.wecom.url}/**`);
  }

  async function signIn(userid: string): Promise<void> {
    await leaveForWecom();
    await page.locator(`input[value=${userid}]`).check();
    await page.locator('button[value=approve]').click();
  }

  describe.each(FRONT_ENDS.filter((name) => isChosen(name, true)))('docs/examples/%s', (name) => {
    beforeAll(async () => {
      folder = await buildFrontEnd(name, api.url);
    });

    it('signs members in and out, and comes back to the route', async () => {
      await open();
      await signIn('user123');
      await page.getByText('张三 (user123)').waitFor();
      await page.getByText('可以查看报表').waitFor();
      expect(page.url()).toBe(`${server.url}/#/reports`);
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: '退出登录' }).click();
      await page.getByRole('button', { name: '用企业微信登录' }).waitFor();
      expect(await page.getByText('张三').count()).toBe(0);
      await leaveForWecom();
      const state = new URL(page.url()).searchParams.get('state');
      await page.goto(`${server.url}/?state=${state}`);
      await page.getByRole('alert').getByText('你取消了登录').waitFor();
      await signIn('lisi');
      await page.getByText('不能查看报表').waitFor();
      expect(await page.getByText('你取消了登录').count()).toBe(0);
      expect(errors).toEqual([]);
    });

    it.each(['"false"', 'null'])(
      'shows no permission for %s in place of a boolean',
      async (authorized) => {
        await open();
        await page.route('**/api/wecom/verify/**', (route) =>
          route.fulfill({
            headers: { 'access-control-allow-origin': server.url },
            contentType: 'application/json',
            body: `{"code":0,"message":"success","data":{"authorized":${authorized}}}`,
          }),
        );
        await signIn('user123');
        await page.getByText('无法查询权限，请稍后再试').waitFor();
        expect(await page.getByText('可以查看报表').count()).toBe(0);
      },
    );

    it("signs in inside WeCom without a click, and speaks the visitor's language", async () => {
      await open({ locale: 'en-US', who: 'user123' });
      await page.getByText('May read reports').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      expect(page.url()).toBe(`${server.url}/#/reports`);
    });
  });
});
