import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** The user agent of WeCom's own browser. */
export const WECOM_BROWSER =
  'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 wxwork/4.1.20 MicroMessenger/7.0.1 Language/zh';

/** What WeCom's client puts into a page, as far as the JS-SDK calls it. Every call succeeds. */
export const WECOM_BRIDGE = `window.WeixinJSBridge = {
  on() {},
  invoke(name, params, callback) {
    window.lastCall = { name, params };
    callback({ err_msg: name + ':ok' });
  },
};`;

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 375, height: 740 };

/** Why no test can use the browser; '' if it is installed. */
export const missingChromium = existsSync(CHROMIUM)
  ? ''
  : `${CHROMIUM} is not installed. Set CHROMIUM to another path.`;

/** @returns the name of tests that are skipped without the browser */
export function inChromium(what: string): string {
  return `${what} in Chromium${missingChromium && ` (skipped: ${missingChromium})`}`;
}

/** @param more arguments of Chromium beside the usual ones */
export function launchChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      ...more,
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Adds the errors that the browser reports: blocked by the policy, thrown, not found. */
export function recordErrors(page: Page, errors: string[]): void {
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    // Chromium reports every response with a status of 4xx as an error.
    const isResponse = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isResponse) errors.push(message.text());
  });
}

/** @returns the accessibility problems that axe finds on the page */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

/** Whether the page needs no horizontal scrolling. */
export function fits(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(
    'document.documentElement.scrollWidth <= document.documentElement.clientWidth',
  );
}

/** @returns a function that writes screenshots to artifacts/<folder>/ */
export function screenshots(folder: string) {
  const directory = `artifacts/${folder}`;
  mkdirSync(directory, { recursive: true });
  return (page: Page, name: string, options: { fullPage?: boolean } = {}) =>
    page.screenshot({ path: `${directory}/${name}.png`, ...options });
}
