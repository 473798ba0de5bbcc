import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 375, height: 740 };

/** For the name of a test file that needs the browser; '' where it is there. */
export const missingChromium = existsSync(CHROMIUM)
  ? ''
  : ` (skipped: there is no ${CHROMIUM}; CHROMIUM names another one)`;

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
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
}

/** Keeps what the browser complains about: refused by the policy, thrown, not found. */
export function noteComplaints(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A refusal is an answer with status 4xx, which Chromium reports as an error.
    const answered = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !answered) complaints.push(message.text());
  });
}

/** What axe finds on the page. */
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

/** Whether nothing is wider than the page. */
export function fits(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(
    'document.documentElement.scrollWidth <= document.documentElement.clientWidth',
  );
}

/** @returns a function that keeps a picture under artifacts/, for somebody to look at */
export function screenshots(folder: string) {
  const directory = `artifacts/${folder}`;
  mkdirSync(directory, { recursive: true });
  return (page: Page, name: string, options: { fullPage?: boolean } = {}) =>
    page.screenshot({ path: `${directory}/${name}.png`, ...options });
}
