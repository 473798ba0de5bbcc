import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { receiveCallbacks } from '../harness/callbackTargets.ts';
import { fits, launchChromium, recordErrors, violations, WIDE } from '../harness/chromium.ts';
import { permit } from '../harness/permit.ts';
import { type Instance, type Stack, startStack } from '../harness/stack.ts';

type Locale = 'zh-CN' | 'en-US';

/** The administrators' page in Chromium, with the stack behind it. Registers its own hooks. */
export class Administrators {
  stack!: Stack;
  api!: Instance;
  browser!: Browser;
  /** The errors that the browser reported: blocked by the policy, thrown, not found. */
  readonly errors: string[] = [];
  /** The addresses that the browser asked. */
  readonly asked: string[] = [];
  #contexts: BrowserContext[] = [];

  constructor() {
    beforeAll(async () => {
      const stack = await startStack();
      const api = await stack.newInstance({ ADMIN_CONSOLE: 'true' });
      api.environment['SESSION_ISSUER'] = api.url;
      receiveCallbacks(stack.wecom, api.url);
      for (const app of stack.wecom.company.apps) app.trusted_domains.push(new URL(api.url).host);
      await permit(stack, 'member#user123', 'admin:permissions');
      await permit(stack, 'member#user123', 'admin:clients');
      await permit(stack, 'member#lisi', 'admin:permissions');
      Object.assign(this, { stack, api, browser: await launchChromium() });
    });
    afterAll(() => this.browser.close());
    afterEach(async () => {
      await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
      expect(this.errors.splice(0)).toEqual([]);
    });
  }

  /** Opens the page in a browser of its own. */
  async open(locale: Locale = 'zh-CN', viewport = WIDE): Promise<Page> {
    const context = await this.browser.newContext({ viewport, locale, reducedMotion: 'reduce' });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    recordErrors(page, this.errors);
    page.on('request', (request) => this.asked.push(request.url()));
    await page.goto(`${this.api.url}/admin`);
    return page;
  }

  /** Signs a member in by WeCom's QR page. */
  async signIn(page: Page, userid: string): Promise<void> {
    await page.locator('button.primary').click();
    await page.waitForURL(`${this.stack.wecom.url}/**`);
    await page.locator(`input[name=who][value="${userid}"]`).check();
    await page.locator('.actions button').first().click();
    await page.getByRole('button', { name: /^(退出|Sign out)$/ }).waitFor();
    await page.locator('h1').waitFor();
  }

  async signedIn(userid: string, locale?: Locale, viewport = WIDE): Promise<Page> {
    const page = await this.open(locale, viewport);
    await this.signIn(page, userid);
    return page;
  }

  /** Axe finds nothing, and nothing needs horizontal scrolling. */
  async isInOrder(page: Page): Promise<void> {
    expect(await violations(page)).toEqual([]);
    expect(await fits(page)).toBe(true);
  }

  async verify(userid: string, permission: string): Promise<boolean> {
    const address = `${this.api.url}/api/wecom/verify/${userid}?permission=${permission}`;
    const { data } = (await (await fetch(address)).json()) as { data: { authorized: boolean } };
    return data.authorized;
  }
}
