import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { missingProgram } from './processes.ts';
import type { Application, EndPage, Way } from './program.ts';
import type { Provider } from './provider.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const TIMEOUT_MS = 20_000;

/** Programs have this host, and the provider has `localhost`: cookies know no port. */
const PROGRAMS_HOST = '127.0.0.1';

/** Makes the provider use WeCom's page OAuth, which alone gives an e-mail address. */
const WECOM_USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 wxwork/4.1.22';

export interface Chromium {
  /** A browser without cookies. */
  newProfile(provider: Provider): Promise<Profile>;
  close(): Promise<void>;
}

/** One person's browser. */
export interface Profile {
  /** Signs a member in at WeCom, as a person does. */
  signIn(userid: string, application: Application): Promise<EndPage>;
  /** Signs in by the provider's session. @throws Error if a page of WeCom comes between */
  pass(application: Application): Promise<EndPage>;
  /** Drops the cookies of all programs, not those of the provider. */
  forgetPrograms(): Promise<void>;
  /** What a request of this browser is answered with, without following a redirect. */
  statusOf(address: string): Promise<number>;
  /** Signs out, and confirms it on the provider's page. */
  signOut(way: Way): Promise<SignedOut>;
  close(): Promise<void>;
}

export interface SignedOut {
  /** The program's request. */
  readonly request: URL;
  /** Where the browser came afterwards. */
  readonly end: URL;
  readonly text: string;
  /** When the person confirmed it, in milliseconds since the epoch. */
  readonly confirmedAt: number;
}

/** @returns what to say if there is no Chromium */
export function missingChromium(): string | undefined {
  const missing = missingProgram(CHROMIUM);
  return missing && `${missing}; CHROMIUM names another one`;
}

export async function startChromium(): Promise<Chromium> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
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
  // Who: then, unless this member has agreed before, what.
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
