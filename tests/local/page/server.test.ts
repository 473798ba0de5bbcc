import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Front, startFront } from '../../../local/page/server.ts';
import { startWecom, type Wecom } from '../../../packages/emulator/source/server.ts';

const FRONT_END = 'http://front-end.example:5173';

/** What serverless-offline answers where a function took too long. */
const TIMED_OUT = '{"errorMessage":"[504] - Lambda timeout.\\nmore","errorType":"Error"}';

const api = createServer(async (incoming, response) => {
  if (incoming.url === '/timed-out' || incoming.url === '/other') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(incoming.url === '/other' ? '{"errorMessage":7}' : TIMED_OUT);
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  response.writeHead(
    418,
    [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['X-Request-Id', 'r1'],
    ].flat(),
  );
  response.end(
    JSON.stringify({
      method: incoming.method,
      url: incoming.url,
      origin: incoming.headers.origin,
      body: Buffer.concat(chunks).toString(),
    }),
  );
});
let front: Front;
let emulator: Wecom;
const failed: string[] = [];
const refused: string[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  emulator = await startWecom();
  front = await startFront({
    port: 0,
    gatewayUrl: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    knownSites: { origins: [FRONT_END] },
    emulatorUrl: emulator.url,
    openidClient: 'demo',
    onFailed: (problem) => failed.push(problem),
    onRefused: (origin) => refused.push(origin),
  });
});

afterAll(async () => {
  await front.close();
  await emulator.close();
  api.closeAllConnections();
  await new Promise((resolve) => api.close(resolve));
});

describe('the page', () => {
  it('stands at / with everything that it names, under a policy without inline code', async () => {
    const page = await fetch(`${front.url}/?code=c&state=s`);
    const html = await page.text();
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=/);
    const named = [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path]) => path);
    expect(named.length).toBeGreaterThanOrEqual(3);
    // The functions answer it.
    const own = named.filter((path) => path !== '/admin');
    for (const path of own) expect((await fetch(front.url + path)).status, path).toBe(200);
  });

  it('is modules that a browser can run, imports and all', async () => {
    const reached = new Set<string>();
    const follow = async (path: string) => {
      if (reached.has(path)) return;
      reached.add(path);
      const response = await fetch(front.url + path);
      expect(response.headers.get('content-type'), path).toBe('text/javascript; charset=utf-8');
      const code = await response.text();
      for (const [, specifier = ''] of code.matchAll(/from\s*"([^"]+)"/g)) {
        await follow(new URL(specifier, front.url + path).pathname);
      }
    };
    await follow('/local/page/browser/main.ts');
    expect(reached).toContain('/packages/client/source/wecomAuth.ts');
  });

  it('learns whether an emulator plays WeCom', async () => {
    const settings = await fetch(`${front.url}/local/page/settings.json`);
    expect(await settings.json()).toEqual({
      emulatorUrl: emulator.url,
      openidClient: 'demo',
      permissions: ['access', 'report:read', 'verify:any', 'admin:permissions', 'admin:clients'],
    });
  });

  it('reaches the emulator’s admin API, and no other origin does', async () => {
    const company = await fetch(`${front.url}/local/emulator/company`);
    expect(await company.json()).toMatchObject({ name: '云帆科技有限公司' });
    const asked = await fetch(`${front.url}/local/emulator/deliveries?settled`);
    expect(await asked.json()).toEqual([]);
    for (const origin of [FRONT_END, 'https://evil.example', 'null']) {
      const refused = await fetch(`${front.url}/local/emulator/company`, { headers: { origin } });
      expect(refused.status, origin).toBe(403);
    }
  });

  it('has the JS-SDK as it is published, and lets only WeCom’s login panel into a frame', async () => {
    const real = await startFront({ port: 0, gatewayUrl: 'http://127.0.0.1:1' });
    onTestFinished(() => real.close());
    const panelOf = async (url: string) => {
      const page = await fetch(url);
      return /frame-src ([^;]*)/.exec(page.headers.get('content-security-policy') ?? '')?.[1];
    };
    const sdkOf = async (url: string) => (await fetch(`${url}/local/page/jssdk.js`)).text();
    const published = await readFile('node_modules/@wecom/jssdk/dist/wecom.prod.js', 'utf8');
    const origin = 'https://login.work.weixin.qq.com';
    expect(await panelOf(real.url)).toBe(origin);
    expect(await sdkOf(real.url)).toBe(published);
    expect(await panelOf(front.url)).toBe(emulator.url);
    expect(await sdkOf(front.url)).toBe(published.replaceAll(origin, emulator.url));
  });

  it('has the description of the API beside it, as YAML and as JSON', async () => {
    expect(await (await fetch(`${front.url}/openapi.yaml`)).text()).toMatch(/^openapi: 3\.1\./);
    expect(await (await fetch(`${front.url}/openapi.json`)).json()).toHaveProperty('openapi');
  });
});

describe('everything else', () => {
  it('goes to the API and comes back unchanged', async () => {
    const answer = await fetch(`${front.url}/api/wecom/verify/a%2Fb?permission=x`, {
      method: 'PUT',
      headers: { origin: FRONT_END },
      body: '你好',
    });
    expect(answer.status).toBe(418);
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.headers.get('x-request-id')).toBe('r1');
    expect(answer.headers.get('content-security-policy')).toBeNull();
    expect(await answer.json()).toEqual({
      method: 'PUT',
      url: '/api/wecom/verify/a%2Fb?permission=x',
      origin: FRONT_END,
      body: '你好',
    });
  });

  it('includes a POST to / and paths that only look like files', async () => {
    expect((await fetch(front.url, { method: 'POST' })).status).toBe(418);
    expect((await fetch(`${front.url}/local/page/../../package.json`)).status).toBe(418);
    expect((await fetch(`${front.url}/package.json`)).status).toBe(418);
  });

  it('is 500 where a function could not be run, as API Gateway has it, and the terminal hears why', async () => {
    const answer = await fetch(`${front.url}/timed-out`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).toBe('{"message":"Internal Server Error"}');
    expect(failed).toEqual(['[504] - Lambda timeout.']);
    const other = await fetch(`${front.url}/other`);
    expect([other.status, await other.text()]).toEqual([200, '{"errorMessage":7}']);
  });

  it('is asked on a connection of its own, because it may be closing one that waits for the next request', async () => {
    const used = new WeakSet<object>();
    const closing = createServer(({ socket }, response) => {
      if (used.has(socket)) socket.destroy();
      used.add(socket);
      response.end('{}');
    });
    await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
    const { port } = closing.address() as AddressInfo;
    const alone = await startFront({ port: 0, gatewayUrl: `http://127.0.0.1:${port}` });
    onTestFinished(async () => {
      await alone.close();
      closing.close();
      closing.closeAllConnections();
    });
    for (let times = 0; times < 3; times += 1) {
      const answer = await fetch(`${alone.url}/api/wecom/verify/user123`);
      expect([answer.status, await answer.text()]).toEqual([200, '{}']);
    }
  });

  it('is 502 while the API does not listen', async () => {
    const alone = await startFront({ port: 0, gatewayUrl: 'http://127.0.0.1:1' });
    const answer = await fetch(`${alone.url}/api/wecom/verify/user123`);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ code: -1 });
    await alone.close();
  });
});

describe('a front end on this machine that nobody listed', () => {
  it('is reported to its developer once, and other sites are not', async () => {
    const ask = (origin: string) => fetch(`${front.url}/x`, { headers: { origin } });
    for (const origin of ['http://localhost:4321', 'http://localhost:4321', 'https://evil.example'])
      expect((await ask(origin)).status).toBe(403);
    expect(refused).toEqual(['http://localhost:4321']);
  });

  it('is not reported without end', async () => {
    for (let port = 6_001; port <= 6_020; port += 1)
      await fetch(`${front.url}/x`, { headers: { origin: `http://localhost:${port}` } });
    expect(refused).toHaveLength(10);
  });
});
