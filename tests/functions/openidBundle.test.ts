import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunction } from '../harness/bundleFunction.ts';
import {
  CLIENT_ID,
  CLIENT_REDIRECT,
  CLIENT_SECRET,
  registerClient,
} from '../harness/openidSignIn.ts';
import { type Stack, startStack } from '../harness/stack.ts';

const directory = mkdtempSync(join(tmpdir(), 'wecom-auth-openid-'));
afterAll(() => rmSync(directory, { recursive: true }));

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
  await registerClient(stack.permissions, stack.wecom.company.corpid);
});

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  cookies?: string[];
  body: string;
}

/** Lets the bundle answer in a process of its own, which finds no other file of this repository. */
async function answerOf(name: string, event: object): Promise<Answer> {
  const file = await bundleFunction(name, join(directory, name));
  copyFileSync('functions/package.json', join(dirname(file), 'package.json'));
  const script = `const { handler } = await import(${JSON.stringify(file)});
    const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 10_000 };
    const answer = await handler(${JSON.stringify(event)}, context);
    process.stdout.write('\\n' + JSON.stringify(answer));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script],
    { cwd: dirname(file), env: { ...stack.environment, SESSION_ISSUER: 'https://signin.example' } },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

function eventOf(method: string, path: string, more: object) {
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: '',
    headers: {},
    requestContext: { http: { method, path } },
    isBase64Encoded: false,
    ...more,
  };
}

const query = (client_id: string) =>
  new URLSearchParams({
    client_id,
    redirect_uri: CLIENT_REDIRECT,
    response_type: 'code',
    scope: 'openid',
  }).toString();

describe('the provider as it is deployed, bundled', () => {
  it('sends a browser to WeCom, with its cookies', async () => {
    const event = eventOf('GET', '/oauth2/authorize', { rawQueryString: query(CLIENT_ID) });
    const { statusCode, headers, cookies = [] } = await answerOf('openid', event);
    expect(statusCode).toBe(303);
    expect(headers['location']).toContain(`${stack.wecom.url}/wwlogin/sso/login?`);
    const names = cookies.map((cookie) => cookie.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['__Host-wecom-browser', 'wecom-interaction']));
    for (const cookie of cookies) expect(cookie).toMatch(/; samesite=lax; secure; httponly$/i);
  });

  it('shows a page where the client is unknown', async () => {
    const event = eventOf('GET', '/oauth2/authorize', {
      rawQueryString: query('nobody'),
      headers: { accept: 'text/html' },
    });
    const { statusCode, headers, body } = await answerOf('openid', event);
    expect(statusCode).toBe(400);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).toContain('<!doctype html>');
  });

  it('answers a form at the token endpoint with JSON', async () => {
    const event = eventOf('POST', '/oauth2/token', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: 'no-such-code',
        redirect_uri: CLIENT_REDIRECT,
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
      }).toString(),
    });
    const { statusCode, headers, body } = await answerOf('openidToken', event);
    expect(statusCode).toBe(400);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(body)).toMatchObject({ error: 'invalid_grant' });
  });
});
