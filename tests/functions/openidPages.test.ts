import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bilingual } from '../../lib/bilingual.ts';
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
} from '../harness/chromium.ts';
import { passes } from '../harness/passes.ts';
import { permit } from '../harness/permit.ts';
import {
  authorization,
  GITLAB_PERMISSION,
  type OpenidStack,
  type RelyingParty,
  returnAddress,
  startOpenid,
} from '../harness/relyingParty.ts';
import type { Stack } from '../harness/stack.ts';

/*
 * What a person sees of the OpenID provider, in a real browser: each page in both languages, at both
 * widths, light and dark, and by keyboard.
 */

/** Answers at the addresses of both applications. */
const applications = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<title>the application</title>');
});
/** One that user123 may use, and one that they may not. */
let grafana: RelyingParty;
let gitlab: RelyingParty;
let openid: OpenidStack;
let stack: Stack;
let url: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** The errors that the browser reported: blocked by the policy, thrown, not found. */
const errors: string[] = [];

const LANGUAGES = [
  ['zh', 'zh-CN', 'zh-CN'],
  ['en', 'en-GB', 'en'],
] as const;

/** A page, the way there, and where its first button leads. */
interface Shown {
  readonly name: string;
  readonly open: () => Promise<unknown>;
  readonly title: Bilingual;
  readonly buttons: readonly Bilingual[];
  readonly leadsTo?: () => RegExp;
}

const AGAIN = { zh: '重新登录', en: 'Sign in again' };
const RETRY = { zh: '重试', en: 'Try again' };
const OUT = { zh: '退出', en: 'Sign out' };

const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const wecom = () => new RegExp(`^${quoted(stack.wecom.url)}/`);

/** From the application to WeCom. @returns where WeCom would lead back to */
async function toWecom(party = grafana): Promise<string> {
  await page.goto(authorization(openid.api, party).address);
  expect(page.url()).toMatch(wecom());
  return returnAddress(openid, page.url());
}

async function signIn(): Promise<void> {
  await page.goto(await toWecom());
  expect(page.url()).toContain('/grafana?code=');
}

async function openAccount(): Promise<void> {
  await signIn();
  await page.goto(`${url}/oauth2/account`);
}

/** By the second button of the account page. */
async function signOutEverywhere(): Promise<void> {
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
}

async function withoutDynamoDb(open: () => Promise<unknown>): Promise<void> {
  stack.dynamoDb.fail('down');
  await open();
  stack.dynamoDb.fail(undefined);
}

const PAGES: readonly Shown[] = [
  {
    name: 'refused-by-permission',
    open: async () => page.goto(await toWecom(gitlab)),
    title: { zh: '你没有使用「The gitlab-here」的权限', en: 'You may not use The gitlab-here' },
    buttons: [
      { zh: '返回应用', en: 'Back to the application' },
      { zh: '换个账号', en: 'Use another account' },
    ],
    leadsTo: () => /\/gitlab\?error=access_denied/,
  },
  {
    name: 'invalid-request',
    open: async () => {
      const wrong = { redirect_uri: 'https://elsewhere.example.com/' };
      await page.goto(authorization(openid.api, grafana, wrong).address);
    },
    title: { zh: '无法登录', en: 'Sign-in is not possible' },
    buttons: [],
  },
  {
    name: 'without-cookies',
    open: async () => {
      const address = await toWecom();
      await context.clearCookies();
      await page.goto(address);
    },
    title: { zh: '浏览器没有发送 Cookie', en: 'Your browser sends no cookies' },
    buttons: [],
  },
  {
    name: 'other-browser',
    open: async () => {
      const address = await toWecom();
      await context.clearCookies();
      await context.addCookies([{ name: 'of-another-host', value: 'x', url }]);
      await page.goto(address);
    },
    title: { zh: '请在同一个浏览器中登录', en: 'Sign in with one browser' },
    buttons: [],
  },
  {
    name: 'without-state',
    open: () => page.goto(`${url}/oauth2/wecom`),
    title: { zh: '请从应用开始登录', en: 'Begin at the application' },
    buttons: [],
  },
  {
    name: 'unknown-state',
    open: () => page.goto(`${url}/oauth2/wecom?code=abc&state=${'a'.repeat(32)}`),
    title: { zh: '这次登录无效', en: 'This sign-in is not valid' },
    buttons: [],
  },
  {
    name: 'expired',
    open: async () => {
      const address = await toWecom();
      passes(601);
      await page.goto(address);
    },
    title: { zh: '登录已过期', en: 'The sign-in has expired' },
    buttons: [AGAIN],
    leadsTo: wecom,
  },
  {
    name: 'used',
    open: async () => {
      const address = await toWecom();
      await page.goto(address);
      await page.goto(address.replace(/code=[^&]+/, 'code=another-code'));
    },
    title: { zh: '这次登录已使用过', en: 'This sign-in was used before' },
    buttons: [AGAIN],
    leadsTo: () => /\/grafana\?code=/,
  },
  {
    name: 'over',
    open: async () => {
      const address = await toWecom();
      const uid = /\/oauth2\/authorize\/[\w-]+/;
      const [resumed] = await Promise.all([
        page.waitForRequest((request) => uid.test(request.url())),
        page.goto(address),
      ]);
      await page.goto(resumed.url());
    },
    title: { zh: '登录已过期', en: 'The sign-in has expired' },
    buttons: [],
  },
  {
    name: 'no-member',
    open: async () => {
      const address = new URL(await toWecom());
      address.searchParams.set('code', stack.wecom.codes.mint({ visitor: 'stranger' }));
      await page.goto(address.href);
    },
    title: { zh: '你不是该企业的成员', en: 'You are not a member of the company' },
    buttons: [AGAIN],
    leadsTo: wecom,
  },
  {
    name: 'inactive',
    open: async () => {
      const address = new URL(await toWecom());
      address.searchParams.set('code', stack.wecom.codes.mint({ userid: 'wangwu' }));
      await page.goto(address.href);
    },
    title: { zh: '你的账号未激活、已禁用或已退出企业', en: 'Your account is not active' },
    buttons: [AGAIN],
    leadsTo: wecom,
  },
  {
    name: 'refused-by-wecom',
    open: async () => {
      const address = await toWecom();
      stack.wecom.faults.add(60011, { on: 'auth/getuserinfo', times: 1 });
      await page.goto(address);
    },
    title: { zh: '企业微信拒绝了这次登录', en: 'WeCom refuses this sign-in' },
    buttons: [AGAIN],
    leadsTo: wecom,
  },
  {
    name: 'busy',
    open: async () => {
      const address = await toWecom();
      stack.wecom.faults.add(45009, { on: 'auth/getuserinfo', times: 1 });
      await page.goto(address);
    },
    title: { zh: '企业微信暂时繁忙', en: 'WeCom is busy' },
    buttons: [RETRY],
    leadsTo: () => /\/grafana\?code=/,
  },
  {
    name: 'failed',
    open: async () => {
      const address = await toWecom();
      await withoutDynamoDb(() => page.goto(address));
    },
    title: { zh: '系统出现故障', en: 'The system has a fault' },
    buttons: [RETRY],
    leadsTo: () => /\/grafana\?code=/,
  },
  {
    name: 'account',
    open: openAccount,
    title: { zh: '你登录的应用', en: 'Where you are signed in' },
    buttons: [
      { zh: '在此浏览器退出', en: 'Sign out of this browser' },
      { zh: '在所有设备上退出', en: 'Sign out everywhere' },
    ],
    leadsTo: () => /\/oauth2\/logout$/,
  },
  {
    name: 'account-of-nobody',
    open: () => page.goto(`${url}/oauth2/account`),
    title: { zh: '你没有登录', en: 'You are not signed in' },
    buttons: [],
  },
  {
    name: 'account-expired',
    open: async () => {
      await openAccount();
      await page.evaluate(`document.querySelector('[name=xsrf]').value = 'of another session'`);
      await signOutEverywhere();
    },
    title: { zh: '页面已过期', en: 'The page has expired' },
    buttons: [{ zh: '重新打开', en: 'Open it again' }],
    leadsTo: () => /\/oauth2\/account$/,
  },
  {
    name: 'account-not-now',
    open: async () => {
      await openAccount();
      const removed = stack.invocable.splice(0);
      await signOutEverywhere();
      stack.invocable.push(...removed);
    },
    title: { zh: '暂时无法退出', en: 'You cannot be signed out now' },
    buttons: [RETRY],
    leadsTo: () => /\/oauth2\/account$/,
  },
  {
    name: 'account-signed-out',
    open: async () => {
      // Before the sign-ins of the tests that follow: it ends all until its own second.
      passes(-10);
      await openAccount();
      await signOutEverywhere();
      await stack.handedOver.settled();
    },
    title: { zh: '正在所有设备上退出', en: 'You are being signed out everywhere' },
    buttons: [],
  },
  {
    name: 'sign-out',
    open: async () => {
      await signIn();
      await page.goto(`${url}/oauth2/logout`);
    },
    title: { zh: '退出登录？', en: 'Sign out?' },
    buttons: [OUT, { zh: '保持登录', en: 'Stay signed in' }],
    leadsTo: () => /\/oauth2\/logout\/success$/,
  },
  {
    name: 'signed-out',
    open: () => page.goto(`${url}/oauth2/logout/success`),
    title: { zh: '已退出登录', en: 'You are signed out' },
    buttons: [],
  },
  {
    name: 'invalid-sign-out',
    open: async () => {
      await signIn();
      await page.goto(`${url}/oauth2/logout?id_token_hint=x`);
    },
    title: { zh: '应用的退出请求有误', en: 'The application sent an invalid sign-out request' },
    buttons: [OUT],
    leadsTo: () => /\/oauth2\/logout$/,
  },
  {
    name: 'sign-out-over',
    open: async () => {
      await signIn();
      await page.goto(`${url}/oauth2/logout`);
      await context.clearCookies();
      await page.keyboard.press('Tab');
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    },
    title: { zh: '退出页面已过期', en: 'The sign-out page has expired' },
    buttons: [{ zh: '重新退出', en: 'Sign out again' }],
    leadsTo: () => /\/oauth2\/logout\/success$/,
  },
];

describe.skipIf(missingChromium)(inChromium("the provider's pages"), () => {
  const shoot = screenshots('openid');

  beforeAll(async () => {
    openid = await startOpenid();
    stack = openid.stack;
    url = openid.api.url;
    applications.listen(0, '127.0.0.1');
    await once(applications, 'listening');
    const at = `http://127.0.0.1:${(applications.address() as AddressInfo).port}`;
    grafana = { id: 'grafana-here', secret: 'secret', redirectUri: `${at}/grafana` };
    gitlab = { id: 'gitlab-here', secret: 'secret', redirectUri: `${at}/gitlab` };
    await openid.register(grafana);
    await openid.register(gitlab, { permission: GITLAB_PERMISSION });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    applications.close();
    applications.closeAllConnections();
  });

  afterEach(async () => {
    vi.useRealTimers();
    stack.dynamoDb.fail(undefined);
    await context.close();
    expect(errors.splice(0)).toEqual([]);
  });

  async function begin(locale: string): Promise<void> {
    context = await browser.newContext({ viewport: WIDE, locale });
    page = await context.newPage();
    page.setDefaultTimeout(20_000);
    recordErrors(page, errors);
  }

  /** The focused element, and whether the ring around it is seen. */
  const focused = () =>
    page.evaluate<{ text: string; outlined: boolean }>(`(() => {
      const { textContent } = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return {
        text: textContent.trim(),
        outlined: outlineStyle === 'solid' && Number.parseFloat(outlineWidth) >= 2,
      };
    })()`);

  describe.each(LANGUAGES)('in %s', (language, locale, lang) => {
    it.each(PAGES)('$name', async ({ name, open, title, buttons, leadsTo }) => {
      await begin(locale);
      await open();

      expect(await page.title()).toBe(title[language]);
      expect(await page.locator('h1').textContent()).toBe(title[language]);
      expect(await page.locator('html').getAttribute('lang')).toBe(lang);
      const other = language === 'zh' ? 'en' : 'zh';
      const second = page.locator('.second');
      expect(await second.locator('h2').textContent()).toBe(title[other]);
      expect(await second.getAttribute('lang')).toBe(other === 'zh' ? 'zh-CN' : 'en');

      for (const [look, viewport, colorScheme] of [
        ['1440-light', WIDE, 'light'],
        ['375-dark', NARROW, 'dark'],
        ['375-light', NARROW, 'light'],
      ] as const) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        expect(await violations(page), look).toEqual([]);
        expect(await fits(page), look).toBe(true);
        await shoot(page, `${name}-${language}-${look}`);
      }

      for (const label of buttons) {
        await page.keyboard.press('Tab');
        const { text, outlined } = await focused();
        expect(text).toBe(`${label[language]} ${label[other]}`);
        expect(outlined, text).toBe(true);
      }
      const [first] = buttons;
      if (first === undefined || leadsTo === undefined) return;
      for (const _ of buttons.slice(1)) await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Enter');
      await page.waitForURL(leadsTo());
    });
  });

  it('lets another member sign in where the first one may not use the application', async () => {
    await permit(stack, 'member#qianer', GITLAB_PERMISSION);
    await begin('zh-CN');
    await page.goto(await toWecom(gitlab));
    await page.getByRole('link', { name: '换个账号' }).click();
    await page.waitForURL(wecom());
    await page.goto(returnAddress(openid, page.url(), 'qianer'));
    await page.waitForURL(/\/gitlab\?code=/);
  });
});
