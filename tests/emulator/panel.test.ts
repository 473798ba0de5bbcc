import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startWecom, type Wecom } from '../../packages/emulator/source/server.ts';
import { inChromium, launchChromium, missingChromium, recordErrors } from '../harness/chromium.ts';
import { type Listening, listen } from '../harness/listen.ts';

const ORIGIN = 'https://login.work.weixin.qq.com';

/** What createWWLoginPanel of @wecom/jssdk 2.4.4 does with the page: a frame, and these messages. */
const PROGRAM = `<!doctype html><title>program</title><div id="panel"></div><pre id="heard"></pre><script>
const query = new URLSearchParams(location.search);
const frame = document.createElement('iframe');
frame.referrerPolicy = 'origin';
if (query.get('redirect_type') === 'top') {
  frame.setAttribute('sandbox', 'allow-top-navigation allow-scripts allow-same-origin');
}
window.addEventListener('message', ({ origin, source, data }) => {
  if (origin !== '${ORIGIN}' || source !== frame.contentWindow) return;
  const message = typeof data === 'string' ? JSON.parse(data) : data;
  document.querySelector('#heard').textContent += JSON.stringify(message) + '\\n';
});
frame.src = '${ORIGIN}/wwlogin/sso/login?' + query;
document.querySelector('#panel').append(frame);
</script>`;

describe.skipIf(missingChromium)(inChromium('the login panel'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-panel-'));
  let wecom: Wecom;
  let browser: Browser;
  let server: Listening;

  beforeAll(async () => {
    wecom = await startWecom({ https: { folder } });
    browser = await launchChromium([
      `--host-resolver-rules=MAP login.work.weixin.qq.com:443 127.0.0.1:${wecom.https?.port}`,
    ]);
    server = await listen(
      createServer((_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PROGRAM);
      }),
    );
    const app = wecom.company.apps.find(({ agentid }) => agentid === 1000002);
    app?.trusted_domains.push(new URL(server.url).host);
  });
  afterAll(async () => {
    await browser?.close();
    await wecom?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens the program with a panel, and waits for its frame. */
  async function open(changes: Record<string, string>): Promise<{ page: Page; frame: Frame }> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'zh-CN' });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const query = new URLSearchParams({
      login_type: 'CorpApp',
      appid: wecom.company.corpid,
      agentid: '1000002',
      redirect_uri: `${server.url}/back`,
      state: 'abc123',
      version: '2.4.4',
      ...changes,
    });
    await page.goto(`${server.url}/?${query}`);
    await page.waitForFunction("document.querySelector('#heard').textContent.includes('ready')");
    const frame = page.frames()[1];
    if (frame === undefined) throw new Error('the panel has no frame');
    return { page, frame };
  }

  async function scan(frame: Frame, button = '确认登录'): Promise<void> {
    await frame.locator('input[value=user123]').check();
    await frame.getByRole('button', { name: button }).click();
  }

  const heard = async (page: Page) =>
    ((await page.locator('#heard').textContent()) ?? '')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('gives the program the code, without the state', async () => {
    const { page, frame } = await open({ redirect_type: 'callback' });
    const errors: string[] = [];
    recordErrors(page, errors);
    await scan(frame);
    await page.waitForFunction("document.querySelector('#heard').textContent.includes('Success')");
    expect(await heard(page)).toEqual([
      { type: 'ww-iframe-handle:ready', supportChannel: false },
      {
        type: 'ww-iframe-handle:call',
        args: { type: 'call', name: 'onCheckWeComLogin', data: { isWeComLogin: false } },
      },
      {
        type: 'ww-iframe-handle:call',
        args: {
          type: 'call',
          name: 'onLoginSuccess',
          data: { code: expect.stringMatching(/^[\w-]{43}$/) },
        },
      },
    ]);
    expect(errors).toEqual([]);
  });

  it('takes the whole window to the program by default, out of a sandbox too', async () => {
    for (const redirect_type of ['', 'top']) {
      const { page, frame } = await open(redirect_type ? { redirect_type } : {});
      await scan(frame);
      await page.waitForURL(/\/back\?code=[\w-]{43}&state=abc123$/);
    }
  });

  it('stays in the frame for self', async () => {
    const { page, frame } = await open({ redirect_type: 'self' });
    await scan(frame);
    await frame.waitForURL(/\/back\?code=[\w-]{43}&state=abc123$/);
    expect(page.url()).not.toContain('code=');
  });

  it('tells the program of a domain that is not trusted, after the scan', async () => {
    const { page, frame } = await open({
      redirect_type: 'callback',
      redirect_uri: 'https://evil.example/',
    });
    await scan(frame);
    await page.waitForFunction("document.querySelector('#heard').textContent.includes('Fail')");
    expect((await heard(page)).at(2)).toMatchObject({
      args: { name: 'onLoginFail', data: { errCode: -31020 } },
    });
    await frame.getByText('域名不一致').waitFor();
  });

  it('gives nothing for a refusal', async () => {
    const { page, frame } = await open({ redirect_type: 'callback' });
    await scan(frame, '取消');
    await scan(frame);
    await page.waitForFunction("document.querySelector('#heard').textContent.includes('Success')");
    // Nothing between the check and the code that came later.
    expect((await heard(page)).map(({ args }) => args?.name)).toEqual([
      undefined,
      'onCheckWeComLogin',
      'onLoginSuccess',
    ]);
  });
});

describe('a page that is no panel', () => {
  it('cannot be put into a frame, and has no script', async () => {
    const wecom = await startWecom();
    onTestFinished(() => wecom.close());
    const query = `login_type=CorpApp&appid=${wecom.company.corpid}&agentid=1000002&redirect_uri=http://localhost:3000/`;
    for (const address of [
      `/wwlogin/sso/login?${query}`,
      `/wwopen/sso/qrConnect?${query}&version=2.4.4`,
      `/connect/oauth2/authorize?${query}&response_type=code&scope=snsapi_base&version=2.4.4`,
    ]) {
      const page = await fetch(wecom.url + address);
      expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(await page.text()).not.toContain('<script');
    }
  });
});
