import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Front, startFront } from '../../../local/page/server.ts';
import { receiveCallbacks } from '../../harness/callbackTargets.ts';
import {
  fits,
  launchChromium,
  recordErrors,
  screenshots,
  violations,
  WECOM_BRIDGE,
  WECOM_BROWSER,
  WIDE,
} from '../../harness/chromium.ts';
import { registerClient } from '../../harness/openidSignIn.ts';
import { permit } from '../../harness/permit.ts';
import { type Stack, startStack } from '../../harness/stack.ts';

export type Locale = 'zh-CN' | 'en-US';

/** The demonstration page in Chromium, with the stack behind it. Registers its own hooks. */
export class Demonstration {
  stack!: Stack;
  front!: Front;
  browser!: Browser;
  context!: BrowserContext;
  page!: Page;
  /** The errors that the browser reported: blocked by the policy, thrown, not found. */
  readonly errors: string[] = [];
  readonly shoot = screenshots('page');

  constructor() {
    beforeAll(() => this.#start());
    afterAll(async () => {
      await this.browser.close();
      await this.front.close();
    });
    afterEach(async () => {
      await this.context.close();
      expect(this.errors.splice(0)).toEqual([]);
    });
  }

  async #start(): Promise<void> {
    const stack = await startStack();
    const api = await stack.newInstance();
    const front = await startFront({
      port: 0,
      gatewayUrl: api.url,
      emulatorUrl: stack.wecom.url,
      openidClient: 'demo',
    });
    api.environment['REDIRECT_URIS'] = `${front.url}/`;
    api.environment['SESSION_ISSUER'] = front.url;
    receiveCallbacks(stack.wecom, api.url);
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
    Object.assign(this, { stack, front, browser: await launchChromium() });
  }

  /** Opens the page in a new browser. */
  async open(viewport = WIDE, locale: Locale = 'zh-CN'): Promise<void> {
    this.context = await this.browser.newContext({ viewport, locale });
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(20_000);
    recordErrors(this.page, this.errors);
    await this.page.goto(this.front.url);
    await this.signInButton().waitFor();
  }

  /** Opens the page in WeCom's own browser, with what its client puts into a page: each call succeeds. */
  async openInWecom(who: string): Promise<void> {
    this.context = await this.browser.newContext({ locale: 'zh-CN', userAgent: WECOM_BROWSER });
    const { url } = this.stack.wecom;
    await this.context.addCookies([{ name: 'wecom_emulator_person', value: who, url }]);
    this.page = await this.context.newPage();
    await this.page.addInitScript(WECOM_BRIDGE);
    recordErrors(this.page, this.errors);
    await this.page.goto(this.front.url);
  }

  /** The button by its role, so in any language. */
  signInButton() {
    return this.page.locator('#sign-in button.primary');
  }

  async toWecom(choice: { mode?: string; privateinfo?: boolean } = {}): Promise<void> {
    const { page } = this;
    if (choice.mode || choice.privateinfo) await page.locator('.options summary').first().click();
    if (choice.mode) await page.locator(`input[name=mode][value=${choice.mode}]`).check();
    if (choice.privateinfo) await page.locator('input[name=privateinfo]').check();
    await this.signInButton().click();
    await page.waitForURL(`${this.stack.wecom.url}/**`);
  }

  async choose(who: string): Promise<void> {
    await this.page.locator(`input[name=who][value="${who}"]`).check();
  }

  async chooseInPanel(who: string): Promise<void> {
    const panel = this.page.frameLocator('#panel iframe');
    await panel.locator(`input[name=who][value="${who}"]`).check();
    await panel.locator('.actions button').first().click();
  }

  /** Presses the button of the emulator's page that goes on. */
  async goOn(): Promise<void> {
    await this.page.locator('.actions button').first().click();
  }

  /** Waits until a member is signed in and `verify` has answered. */
  async signedInAs(name: string): Promise<void> {
    await this.page.locator('#signed-in[data-access]').waitFor();
    expect(await this.page.locator('#name').textContent()).toBe(name);
  }

  /** Signs 张三 in from the start; gives the address that WeCom led back to. */
  async signInByQr(): Promise<string> {
    await this.toWecom();
    await this.choose('user123');
    const [request] = await Promise.all([
      this.page.waitForRequest((each) => each.url().startsWith(`${this.front.url}/?code=`)),
      this.goOn(),
    ]);
    await this.signedInAs('张三');
    return request.url();
  }

  /** Axe finds nothing, and nothing needs horizontal scrolling. */
  async isInOrder(): Promise<void> {
    expect(await violations(this.page)).toEqual([]);
    expect(await fits(this.page)).toBe(true);
  }
}
