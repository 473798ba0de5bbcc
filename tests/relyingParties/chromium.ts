import { chromium, type Locator, type Page } from 'playwright-core';
import { missingProgram } from './processes.ts';
import type { Application, EndPage } from './program.ts';
import type { Provider } from './provider.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const TIMEOUT_MS = 20_000;

/** Makes the provider use WeCom's page OAuth, which alone gives an e-mail address. */
const WECOM_USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 wxwork/4.1.22';

export interface Chromium {
  /** Signs a member in as a person does, in a fresh profile. */
  signIn(userid: string, application: Application, provider: Provider): Promise<EndPage>;
  close(): Promise<void>;
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
    async signIn(userid, application, provider) {
      const context = await browser.newContext({ userAgent: WECOM_USER_AGENT });
      try {
        const page = await context.newPage();
        page.setDefaultTimeout(TIMEOUT_MS);
        return await signIn(page, userid, application, provider);
      } finally {
        await context.close();
      }
    },
    close: () => browser.close(),
  };
}

async function signIn(
  page: Page,
  userid: string,
  { start, button, done = 'body', reloadAfterMs }: Application,
  { issuer, wecomUrl }: Provider,
): Promise<EndPage> {
  let status = 0;
  page.on('response', (response) => {
    if (response.request().isNavigationRequest()) status = response.status();
  });
  await page.goto(start);
  if (button !== undefined) await page.locator(button).click();
  await page.waitForURL(`${wecomUrl}/**`);
  await page.locator(`input[name="who"][value="${userid}"]`).check();
  // Who: then, unless this member has agreed before, what.
  while (page.url().startsWith(wecomUrl)) {
    await press(page, page.locator('.actions button').first());
  }
  if (page.url().startsWith(`${issuer}/oauth2/refused/`)) {
    await press(page, page.locator('.actions button').first());
  }
  await page.locator(done).waitFor({ state: 'attached' });
  if (reloadAfterMs !== undefined) {
    await page.waitForTimeout(reloadAfterMs);
    await page.reload();
  }
  return { url: page.url(), status, text: (await page.locator('body').textContent()) ?? '' };
}

/** Presses a button that leads to another page. */
async function press(page: Page, button: Locator): Promise<void> {
  await Promise.all([page.waitForEvent('framenavigated'), button.click()]);
  await page.waitForLoadState();
}
