import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inChromium, launchChromium, missingChromium } from '../harness/chromium.ts';
import { freeStackPort, STACK_PORTS } from '../harness/freePorts.ts';
import { listen } from '../harness/listen.ts';
import { npmStart, ready } from '../harness/npmStart.ts';

/*
 * A page of another website, open in a browser on the machine that runs the stack. `evil.example` leads to
 * this machine, so its page can also ask under its own name, as after DNS rebinding.
 */

/** What is worth reading, or changing, at each port by its offset. */
const PATHS: Readonly<Record<number, readonly string[]>> = {
  0: ['/', '/openapi.json', '/api/wecom/verify/user123', '/local/page/settings.json'],
  1: ['/.well-known/jwks.json', '/api/wecom/verify/user123'],
  2: ['/2015-03-31/functions/wecom-auth-local-verify/invocations'],
  500: ['/__admin/', '/__admin/apps', '/__admin/company'],
  502: ['/'],
  503: ['/'],
  504: ['/__dead-letters', '/2015-03-31/functions/wecom-auth-local-signOuts/invocations'],
  505: ['/__events', '/'],
  506: ['/'],
};

/** Each way in which a page can ask; gives what the page could read of the response, or nothing. */
const WAYS: Readonly<Record<string, (url: string) => Promise<string | undefined>>> = {
  fetch: async (url) => (await fetch(url)).text(),
  'fetch with credentials': async (url) => (await fetch(url, { credentials: 'include' })).text(),
  'a POST without a preflight': async (url) =>
    (await fetch(url, { method: 'POST', body: '{"code":"your_auth_code"}' })).text(),
  'a form in a fetch': async (url) =>
    (await fetch(url, { method: 'POST', body: new URLSearchParams({ code: 'x' }) })).text(),
  'a POST of JSON': async (url) =>
    (
      await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"code":"your_auth_code"}',
      })
    ).text(),
  'a DELETE': async (url) => (await fetch(url, { method: 'DELETE' })).text(),
  'an opaque fetch': async (url) => (await fetch(url, { mode: 'no-cors' })).text(),
  XMLHttpRequest: (url) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('GET', url);
      request.onload = () => resolve(request.responseText);
      request.onerror = reject;
      request.send();
    }),
  'an event source': (url) =>
    new Promise((resolve, reject) => {
      const source = new EventSource(url);
      source.onmessage = ({ data }) => resolve(data);
      source.onerror = () => {
        source.close();
        reject(new Error('closed'));
      };
    }),
  'a script': (url) =>
    new Promise((resolve, reject) => {
      const script = document.createElement('script');
      window.onerror = (message) => resolve(String(message).replace('Script error.', ''));
      script.onload = () => resolve('');
      script.onerror = reject;
      script.src = url;
      document.head.append(script);
    }),
  'a frame': (url) =>
    new Promise((resolve, reject) => {
      const frame = document.createElement('iframe');
      frame.onload = () => {
        try {
          resolve(frame.contentDocument?.body.innerText ?? '');
        } catch (error) {
          reject(error);
        }
      };
      frame.src = url;
      document.body.append(frame);
    }),
};

const POSTS = ['a POST without a preflight', 'a form in a fetch', 'a POST of JSON', 'a DELETE'];

describe.skipIf(missingChromium)(inChromium('a page of another website'), () => {
  let port: number;
  let stack: ReturnType<typeof npmStart>;
  let browser: Browser;
  let page: Page;
  let site: { url: string; close(): Promise<void> };

  beforeAll(async () => {
    port = await freeStackPort();
    stack = npmStart(port);
    await ready(stack.printed, stack.child);
    site = await listen(
      createServer((_request, response) => {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>');
      }),
    );
    browser = await launchChromium(['--host-resolver-rules=MAP evil.example 127.0.0.1']);
    page = await browser.newPage();
    await page.goto(`http://evil.example:${new URL(site.url).port}/`);
  });

  afterAll(async () => {
    await browser.close();
    await site.close();
    stack.pressCtrlC();
    await stack.ended;
    rmSync(`.local/${port}`, { recursive: true, force: true });
  });

  /** What the page reads; an error's message counts as nothing. */
  async function read(way: string, url: string): Promise<string> {
    const source = `(${WAYS[way]?.toString()})(${JSON.stringify(url)})`;
    const limited = `Promise.race([${source}, new Promise((done) => setTimeout(done, 3000))])`;
    const got = await page.evaluate<unknown>(`${limited}.catch(() => '')`);
    return typeof got === 'string' ? got : '';
  }

  const addresses = (host: string) =>
    STACK_PORTS.flatMap((offset) =>
      (PATHS[offset] ?? []).map((path) => `http://${host}:${port + offset}${path}`),
    );

  it.each(Object.keys(WAYS))('reads nothing by %s', async (way) => {
    const got = await Promise.all(
      ['localhost', '127.0.0.1'].flatMap(addresses).map((url) => read(way, url)),
    );
    expect(got.filter((text) => text !== '')).toEqual([]);
  });

  it('reads nothing but the refusal under a name of its own', async () => {
    for (const way of ['fetch', ...POSTS]) {
      for (const url of addresses('evil.example')) {
        const got = await page.evaluate<unknown>(
          `(${WAYS[way]?.toString()})(${JSON.stringify(url)}).catch(() => '')`,
        );
        expect(got === '' || /其他网站|refused/.test(String(got)), `${way} ${url}: ${got}`).toBe(
          true,
        );
      }
    }
  });

  it('changes nothing by a form that it sends into a tab', async () => {
    const company = async () =>
      (await fetch(`http://127.0.0.1:${port + 500}/__admin/company`)).text();
    const before = await company();
    for (const path of ['members', 'members/user123/rename', 'consents', 'forget', 'faults']) {
      const tab = await browser.newPage();
      await tab.goto(page.url());
      await tab.setContent(
        `<form method="post" enctype="text/plain" action="http://127.0.0.1:${port + 500}/__admin/${path}">
           <input name='{"userid":"evil","name":"e","department":[1],"kind":"hang","x":"' value='"}'>
           <button>send</button></form>`,
      );
      await tab.getByRole('button').click();
      await tab.waitForLoadState();
      await tab.close();
    }
    expect(await company()).toBe(before);
    const faults = await fetch(`http://127.0.0.1:${port + 500}/__admin/faults`);
    expect(await faults.json()).toEqual([]);
  });

  it('is no program: a program reads all of it', async () => {
    const readable = await Promise.all(
      addresses('127.0.0.1').map(async (url) => (await fetch(url)).status),
    );
    expect(readable).toContain(200);
    expect(readable).not.toContain(403);
  });
});
