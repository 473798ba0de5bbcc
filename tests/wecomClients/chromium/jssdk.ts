import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { launchChromium } from '../../harness/chromium.ts';
import { listen } from '../../harness/listen.ts';

/*
 * The driver of @wecom/jssdk: a page of an application, in Chromium. The page signs a member in with
 * createWWLoginPanel, and registers with ww.register. The first parameter is the folder of the installed
 * package.
 */

type Given = Readonly<Record<string, string | number>>;

const SDK = join('node_modules/@wecom/jssdk/dist/wecom.global.prod.js');
/** The application's domain: one of the trusted domains of the emulated app. */
const PORT = 3000;

/** The JS-SDK works in WeCom's client, which provides this object. It shows what it is called with. */
const BRIDGE = `
window.WeixinJSBridge = {
  on() {},
  invoke(name, parameters, done) {
    window.invoked = parameters;
    done({ err_msg: name + ':ok' });
  },
};`;

const sdk = readFileSync(join(process.argv[2] ?? '', SDK), 'utf8');
const server = await listen(
  createServer((request, response) => {
    const isScript = request.url === '/sdk.js';
    response.setHeader(
      'Content-Type',
      `${isScript ? 'text/javascript' : 'text/html'}; charset=utf-8`,
    );
    response.end(
      isScript ? sdk : '<!doctype html><div id="panel"></div><script src="/sdk.js"></script>',
    );
  }),
  PORT,
);
const browser = await launchChromium();

async function open(userAgent?: string) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: 'zh-CN',
    ...(userAgent !== undefined && { userAgent }),
  });
  const page = await context.newPage();
  if (userAgent !== undefined) await page.addInitScript(BRIDGE);
  await page.goto(`http://localhost:${PORT}/`);
  return { page, close: () => context.close() };
}

/** @returns the code that the panel hands to the page */
async function signIn({ agentid, userid }: Given) {
  const { page, close } = await open();
  try {
    await page.evaluate(
      ({ appid, agentid, redirect_uri }) => {
        const { ww } = globalThis as unknown as {
          ww: { createWWLoginPanel(options: object): void };
        };
        Object.assign(globalThis, { result: undefined });
        ww.createWWLoginPanel({
          el: '#panel',
          params: {
            login_type: 'CorpApp',
            appid,
            agentid,
            redirect_uri,
            state: 'abc123',
            redirect_type: 'callback',
          },
          onLoginSuccess: (result: object) => Object.assign(globalThis, { result }),
          onLoginFail: (result: object) => Object.assign(globalThis, { result }),
        });
      },
      {
        appid: process.env['CORPID'] ?? '',
        agentid: String(agentid),
        redirect_uri: `http://localhost:${PORT}/back`,
      },
    );
    const frame = page.frameLocator('#panel iframe');
    await frame.locator(`input[value=${userid}]`).check();
    await frame.getByRole('button', { name: '确认登录' }).click();
    await page.waitForFunction('globalThis.result !== undefined');
    return await page.evaluate<object>('globalThis.result');
  } finally {
    await close();
  }
}

/** @returns the signature that the page sends to WeCom's client */
async function register(
  { agentid, ticket }: Given,
  name: 'getConfigSignature' | 'getAgentConfigSignature',
) {
  const { page, close } = await open('Mozilla/5.0 wxwork/4.1.30 MicroMessenger/7.0.1');
  try {
    const sent = await page.evaluate(
      async ({ corpId, agentId, ticket, name }) => {
        const { ww } = globalThis as unknown as {
          ww: {
            register(options: object): void;
            ensureConfigReady(): Promise<void>;
            getSignature(ticket: string): object;
          };
        };
        ww.register({
          corpId,
          agentId,
          jsApiList: ['scanQRCode'],
          [name]: () => ww.getSignature(ticket),
        });
        await ww.ensureConfigReady();
        return (globalThis as unknown as { invoked: Record<string, string> }).invoked;
      },
      {
        corpId: process.env['CORPID'] ?? '',
        agentId: Number(agentid),
        ticket: String(ticket),
        name,
      },
    );
    return {
      signature: sent['signature'] ?? sent['verifySignature'],
      nonceStr: sent['nonceStr'] ?? sent['verifyNonceStr'],
      timestamp: sent['timestamp'] ?? sent['verifyTimestamp'],
    };
  } finally {
    await close();
  }
}

const CALLS: Readonly<Record<string, (given: Given) => Promise<object>>> = {
  code: signIn,
  ticket: (given) => register(given, 'getConfigSignature'),
  agentTicket: (given) => register(given, 'getAgentConfigSignature'),
};

async function answerOf(call: ((given: Given) => Promise<object>) | undefined, given: Given) {
  if (call === undefined) return { absent: true };
  try {
    return { value: await call(given) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  console.log(`@@${JSON.stringify(await answerOf(CALLS[request.call], request.with))}`);
}
await browser.close();
await server.close();
