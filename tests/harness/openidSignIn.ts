import * as oidc from 'openid-client';
import type { Table } from '../../lib/dynamodb/table.ts';
import { type Client, saveClient } from '../../lib/openid/clients.ts';
import type { Browser } from './browser.ts';
import { newClient } from './openidClient.ts';
import { returnOf } from './wecomPage.ts';

/** A confidential client. Nothing listens at its redirect address. */
export const CLIENT_ID = 'grafana';
export const CLIENT_SECRET = 'the-secret-of-grafana';
export const CLIENT_REDIRECT = 'https://grafana.example.com/login/generic_oauth';

/** Registers the client. @param more over a confidential client that gets refresh tokens */
export async function registerClient(
  table: Table,
  corpId: string,
  more: Partial<Client> = {},
): Promise<void> {
  const credentials = { id: CLIENT_ID, secret: CLIENT_SECRET, redirectUri: CLIENT_REDIRECT };
  const client = newClient(credentials, { name: 'Grafana', refresh: true, ...more });
  if (!(await saveClient(table, corpId, client, undefined)))
    throw new Error('The client exists already');
}

/**
 * Reads the provider's discovery document.
 *
 * @param client default: the confidential client above
 */
export function discover(
  issuer: string,
  client: { readonly id: string; readonly secret?: string } = {
    id: CLIENT_ID,
    secret: CLIENT_SECRET,
  },
): Promise<oidc.Configuration> {
  const { id, secret } = client;
  const authentication = secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret);
  return oidc.discovery(new URL(issuer), id, {}, authentication, {
    execute: [oidc.allowInsecureRequests],
  });
}

/** A sign-in up to the redirect to the client. */
export interface Returned {
  readonly address: URL;
  readonly checks: oidc.AuthorizationCodeGrantChecks;
}

/**
 * Signs a member in: from the client to WeCom's page and back. If the provider shows the page of a
 * refused member, returns from there.
 *
 * @param wecomUrl the emulator's URL
 * @param parameters override those of the authorization request
 */
export async function signInByBrowser(
  configuration: oidc.Configuration,
  browser: Browser,
  wecomUrl: string,
  who = 'user123',
  parameters: Readonly<Record<string, string>> = {},
): Promise<Returned> {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedState = oidc.randomState();
  const expectedNonce = oidc.randomNonce();
  const address = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: CLIENT_REDIRECT,
    scope: 'openid profile email groups',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...parameters,
  });
  const redirectUri = address.searchParams.get('redirect_uri') ?? '';
  const isOver = (next: string) => next.startsWith(redirectUri);
  let next = await browser.follow(
    address.href,
    (each) => isOver(each) || each.startsWith(wecomUrl),
  );
  // A session of the provider leads back without a page of WeCom.
  if (!isOver(next)) {
    const isRefused = (each: string) => new URL(each).pathname.startsWith('/oauth2/refused/');
    const isThere = (each: string) => isOver(each) || isRefused(each);
    next = await browser.follow(await returnOf(next, who), isThere);
    if (isRefused(next)) {
      await browser.visit(next);
      const { headers } = await browser.visit(next, { method: 'POST' });
      next = await browser.follow(new URL(headers.get('location') ?? '', next).href, isOver);
    }
  }
  return { address: new URL(next), checks: { pkceCodeVerifier, expectedState, expectedNonce } };
}
