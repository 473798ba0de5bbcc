import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serverCertificate } from '../../packages/emulator/source/https/authority.ts';
import {
  createAuthority,
  createServerCertificate,
} from '../../packages/emulator/source/https/certificate.ts';
import { listen } from '../harness/listen.ts';
import { emulator } from './emulator.ts';

const NOW = Date.now();
const DAY_MS = 86_400_000;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'emulator-ca-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

/** GET by a client that trusts this authority alone and finds every host on this machine. */
function getFrom(address: string, port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const url = new URL(address);
    url.port = String(port);
    const request = get(url, {
      ca,
      agent: false,
      lookup: (_host, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    request.once('error', reject);
    request.once('response', async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve(body);
    });
  });
}

describe('https', () => {
  it.each([
    ['https://qyapi.weixin.qq.com/cgi-bin/gettoken?corpsecret=x', '"errcode":41002'],
    ['https://open.weixin.qq.com/connect/oauth2/authorize', 'appid'],
    ['https://login.work.weixin.qq.com/wwlogin/sso/login', 'login_type'],
    ['https://open.work.weixin.qq.com/wwopen/sso/qrConnect', 'appid'],
    ['https://localhost/__admin/behaviour', 'repeatGettoken'],
    ['https://127.0.0.1/__admin/behaviour', 'repeatGettoken'],
  ])('answers %s to a client that trusts its authority', async (address, text) => {
    const running = await emulator({ https: { folder: folder() } });
    const { port = 0, caFile = '' } = running.https ?? {};
    expect(await getFrom(address, port, readFileSync(caFile, 'utf8'))).toContain(text);
  });

  it('creates the authority once, and keeps its key from other users', async () => {
    const kept = join(folder(), 'not', 'there', 'yet');
    const { certificate: first } = serverCertificate(kept, NOW);
    const ca = readFileSync(join(kept, 'ca.pem'), 'utf8');
    const { certificate: second } = serverCertificate(kept, NOW);
    expect(first).not.toBe(second);
    expect(readFileSync(join(kept, 'ca.pem'), 'utf8')).toBe(ca);
    expect(statSync(join(kept, 'ca-key.pem')).mode & 0o777).toBe(0o600);
    expect(statSync(kept).mode & 0o777).toBe(0o700);
  });

  it('says what to do about an authority that has expired or lost its key', () => {
    const old = folder();
    serverCertificate(old, NOW - 3651 * DAY_MS);
    expect(() => serverCertificate(old, NOW)).toThrow(/has expired.*Delete both/);
    const keyless = folder();
    serverCertificate(keyless, NOW);
    rmSync(join(keyless, 'ca-key.pem'));
    expect(() => serverCertificate(keyless, NOW)).toThrow(/unreadable.*Delete both/);
  });

  // So that a stolen key opens nothing but what is emulated.
  it('has an authority that is good for no other host', async () => {
    const authority = createAuthority(['qyapi.weixin.qq.com', '127.0.0.1', '::1'], NOW);
    const answers = async (host: string) => {
      const { certificate, key } = createServerCertificate(authority, [host], NOW);
      const server = createServer({ cert: certificate, key }, (_request, response) =>
        response.end('answered'),
      );
      const { url, close } = await listen(server);
      onTestFinished(close);
      return await getFrom(`https://${host}/`, Number(new URL(url).port), authority.certificate);
    };
    expect(await answers('qyapi.weixin.qq.com')).toBe('answered');
    await expect(answers('bank.example')).rejects.toThrow('permitted subtree violation');
    await expect(answers('weixin.qq.com')).rejects.toThrow('permitted subtree violation');
  });
});
