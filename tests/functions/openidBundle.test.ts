import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Handler } from '../../lib/http/route.ts';
import { Browser } from '../harness/browser.ts';
import { bundle } from '../harness/bundles/bundle.ts';
import { type Gateway, startGateway } from '../harness/gateway.ts';
import {
  CLIENT_ID,
  CLIENT_REDIRECT,
  discover,
  registerClient,
  signInByBrowser,
} from '../harness/openidSignIn.ts';
import { permit } from '../harness/permit.ts';
import { createHandlers, type Stack, startStack } from '../harness/stack.ts';

/*
 * The library lives by the names of its classes and by what koa knows of media types, and a bundle could
 * lose both.
 */

const directory = mkdtempSync(join(tmpdir(), 'wecom-auth-openid-'));
let stack: Stack;
let gateway: Gateway;

beforeAll(async () => {
  stack = await startStack();
  const { openidConfiguration, jwks } = createHandlers(process.env);
  const openid = await bundled('openid');
  const openidToken = await bundled('openidToken');
  gateway = await startGateway([
    { route: 'GET /.well-known/openid-configuration', handler: openidConfiguration },
    { route: 'GET /.well-known/jwks.json', handler: jwks },
    { route: 'ANY /oauth2/token', handler: openidToken },
    { route: 'ANY /oauth2/userinfo', handler: openidToken },
    { route: 'ANY /oauth2/{page}', handler: openid },
    { route: 'ANY /oauth2/{page}/{id}', handler: openid },
  ]);
  // Read at the first request.
  vi.stubEnv('SESSION_ISSUER', gateway.url);
  const app = stack.wecom.company.apps.find(({ agentid }) => agentid === 1000002);
  app?.trusted_domains.push(new URL(gateway.url).host);
  await registerClient(stack.permissions, stack.wecom.company.corpid);
  await permit(stack, 'member#user123');
});

afterAll(async () => {
  await gateway.close();
  rmSync(directory, { recursive: true });
});

/** The function as it is deployed, with the environment of the stack. */
async function bundled(name: string): Promise<Handler> {
  const { file } = await bundle(`functions/${name}.ts`, join(directory, name));
  const { handler } = (await import(file)) as { handler: Handler };
  return handler;
}

describe('the provider as it is deployed', () => {
  it('signs a member in: what one function stores the other one finds', async () => {
    const configuration = await discover(gateway.url);
    const browser = new Browser();
    const { address, checks } = await signInByBrowser(configuration, browser, stack.wecom.url);
    const tokens = await oidc.authorizationCodeGrant(configuration, address, checks);
    expect(tokens.claims()).toMatchObject({ sub: 'user123', aud: CLIENT_ID });
    await oidc.fetchUserInfo(configuration, tokens.access_token, 'user123');
    const refreshed = await oidc.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
    expect(refreshed.claims()).toMatchObject({ sub: 'user123' });
    const again = oidc.authorizationCodeGrant(configuration, address, checks);
    await expect(again).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('shows a page where the client is unknown', async () => {
    const query = new URLSearchParams({
      client_id: 'nobody',
      redirect_uri: CLIENT_REDIRECT,
      response_type: 'code',
      scope: 'openid',
    });
    const answer = await fetch(`${gateway.url}/oauth2/authorize?${query}`, {
      headers: { accept: 'text/html' },
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await answer.text()).toContain('invalid_client');
  });

  it('answers a program that it does not know with JSON', async () => {
    const answer = await fetch(`${gateway.url}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'authorization_code', code: 'c', client_id: 'x' }),
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await answer.json()).toMatchObject({ error: 'invalid_client' });
  });
});
