import type { BrowserContext, Locator, Page } from 'playwright-core';
import { launchChromium } from '../harness/chromium.ts';
import type { Application, EndPage, Way } from './program.ts';
import type { Provider } from './provider.ts';

const TIMEOUT_MS = 20_000;

/** The host of programs. The provider has `localhost`, because cookies do not distinguish ports. */
const PROGRAMS_HOST = '127.0.0.1';

/** With it the provider uses WeCom's OAuth page. A sign-in by the QR page has no e-mail address. */
const WECOM_USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 wxwork/4.1.22';

export interface Chromium {
  /** A browser without cookies. */
  newProfile(provider: Provider): Promise<Profile>;
  close(): Promise<void>;
}

/** One person's browser. */
export interface Profile {
  /** Signs a member in on WeCom's pages. */
  signIn(userid: string, application: Application): Promise<EndPage>;
  /** Signs in by the provider's session. @throws Error if WeCom's page appears */
  pass(application: Application): Promise<EndPage>;
  /** Deletes the cookies of all programs, not those of the provider. */
  forgetPrograms(): Promise<void>;
  /** Sends a request with this browser's cookies, and does not follow a redirect. */
  statusOf(address: string): Promise<number>;
  /** Signs out, and confirms on the provider's page. */
  signOut(way: Way): Promise<SignedOut>;
  close(): Promise<void>;
}

export interface SignedOut {
  /** The program's request. */
  readonly request: URL;
  /** The page after the confirmation. */
  readonly end: URL;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly confirmedAt: number;
}

export async function startChromium(): Promise<Chromium> {
  const browser = await launchChromium();
  return {
    async newProfile(provider) {
      const context = await browser.newContext({ userAgent: WECOM_USER_AGENT });
      const page = await context.newPage();
      page.setDefaultTimeout(TIMEOUT_MS);
      return profileOf(context, page, provider);
    },
    close: () => browser.close(),
  };
}

function profileOf(context: BrowserContext, page: Page, provider: Provider): Profile {
  let status = 0;
  page.on('response', (response) => {
    if (response.request().isNavigationRequest()) status = response.status();
  });
  const endOf = async ({ done = 'body', reloadAfterMs }: Application): Promise<EndPage> => {
    await page.locator(done).waitFor({ state: 'attached' });
    if (reloadAfterMs !== undefined) {
      await page.waitForTimeout(reloadAfterMs);
      await page.reload();
    }
    return { url: page.url(), status, text: (await page.locator('body').textContent()) ?? '' };
  };
  return {
    async signIn(userid, application) {
      await follow(page, application);
      await signInAtWecom(page, userid, provider);
      return endOf(application);
    },
    async pass(application) {
      await follow(page, application);
      await page.waitForURL((url) => url.origin === new URL(application.start).origin);
      return endOf(application);
    },
    forgetPrograms: () => context.clearCookies({ domain: PROGRAMS_HOST }),
    async statusOf(address) {
      const response = await context.request.get(address, { maxRedirects: 0 });
      await response.dispose();
      return response.status();
    },
    async signOut(way) {
      const logout = `${provider.issuer}/oauth2/logout`;
      const isOver = (url: URL) =>
        !url.href.startsWith(logout) || url.pathname.endsWith('/success');
      await follow(page, way);
      await page.waitForURL((url) => url.href.startsWith(logout));
      const request = new URL(page.url());
      const confirmedAt = Date.now();
      await page.locator('.actions button').first().click();
      await page.waitForURL(isOver);
      const text = (await page.locator('body').textContent()) ?? '';
      return { request, end: new URL(page.url()), text, confirmedAt };
    },
    close: () => context.close(),
  };
}

async function follow(page: Page, { start, button }: Way): Promise<void> {
  await page.goto(start);
  if (button !== undefined) await page.locator(button).click();
}

async function signInAtWecom(
  page: Page,
  userid: string,
  { issuer, wecomUrl }: Provider,
): Promise<void> {
  await page.waitForURL(`${wecomUrl}/**`);
  await page.locator(`input[name="who"][value="${userid}"]`).check();
  // The page to choose the member, then the one for consent unless it was given before.
  while (page.url().startsWith(wecomUrl)) {
    await press(page, page.locator('.actions button').first());
  }
  if (page.url().startsWith(`${issuer}/oauth2/refused/`)) {
    await press(page, page.locator('.actions button').first());
  }
}

/** Presses a button that leads to another page. */
async function press(page: Page, button: Locator): Promise<void> {
  await Promise.all([page.waitForEvent('framenavigated'), button.click()]);
  await page.waitForLoadState();
}
