import { expect } from 'vitest';
import { type Client, saveClient } from '../../lib/openid/clients.ts';
import { Browser } from './browser.ts';
import { pkce } from './journey.ts';
import { type ClientCredentials, newClient } from './openidClient.ts';
import { permit } from './permit.ts';
import { type Instance, type Settings, type Stack, startStack } from './stack.ts';

/** A client of the provider. Nothing listens at its redirect address. */
export type RelyingParty = ClientCredentials;

export const GRAFANA = {
  id: 'grafana',
  secret: 'the-secret-of-grafana',
  redirectUri: 'https://grafana.example.com/login/generic_oauth',
} as const;
/** Needs `GITLAB_PERMISSION`. */
export const GITLAB = {
  id: 'gitlab',
  secret: 'the-secret-of-gitlab',
  redirectUri: 'https://gitlab.example.com/users/auth/openid_connect/callback',
} as const;
/** Public: PKCE instead of a secret. */
export const PAGE = { id: 'page', redirectUri: 'https://page.example.com/back' } as const;
/** Public, without refresh tokens. */
export const PLAIN_PAGE = {
  id: 'plain-page',
  redirectUri: 'https://plain.example.com/back',
} as const;
/** Gets access tokens for an API. */
export const REPORTS = {
  id: 'reports',
  secret: 'the-secret-of-reports',
  redirectUri: 'https://reports.example.com/back',
} as const;
export const REPORTS_AUDIENCE = 'https://api.reports.example.com/';

export const GITLAB_PERMISSION = 'gitlab:use';

export interface OpenidStack {
  readonly stack: Stack;
  readonly api: Instance;
  /** Registers a client, or changes one. */
  register(party: RelyingParty, settings?: Partial<Client>): Promise<void>;
  /** Another instance of every function, with the same issuer. */
  another(): Promise<Instance>;
}

/** Starts a stack whose API is its own issuer, with the clients above. */
export async function startOpenid(settings: Settings = {}): Promise<OpenidStack> {
  const stack = await startStack();
  const api = await stack.newInstance(settings);
  api.environment['SESSION_ISSUER'] = api.url;
  // The functions that are handed work have the stack's own environment.
  stack.environment['SESSION_ISSUER'] = api.url;
  const app = stack.wecom.company.apps.find(({ agentid }) => agentid === 1000002);
  app?.trusted_domains.push(new URL(api.url).host);
  const register: OpenidStack['register'] = async (party, changed = {}) => {
    const client = newClient(party, { name: `The ${party.id}`, ...changed });
    const seen = changed.revision === undefined ? undefined : { ...client, revision: 1 };
    const saved = await saveClient(stack.permissions, stack.wecom.company.corpid, client, seen);
    expect(saved, party.id).toBe(true);
  };
  await register(GRAFANA, {
    refresh: true,
    postLogoutRedirectUris: ['https://grafana.example.com/login'],
  });
  await register(GITLAB, { permission: GITLAB_PERMISSION });
  await register(PAGE, { refresh: true });
  await register(PLAIN_PAGE);
  await register(REPORTS, { audience: REPORTS_AUDIENCE, refresh: true });
  await permit(stack, 'member#user123');
  return {
    stack,
    api,
    register,
    async another() {
      const instance = await stack.newInstance(settings);
      instance.environment['SESSION_ISSUER'] = api.url;
      return instance;
    },
  };
}

/** An authorization request, and what the client keeps to check the response. */
export interface Authorization {
  readonly address: string;
  readonly party: RelyingParty;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

/** @param parameters override the usual ones; an empty one is left out */
export function authorization(
  api: Pick<Instance, 'url'>,
  party: RelyingParty = GRAFANA,
  parameters: Readonly<Record<string, string>> = {},
): Authorization {
  const { verifier, challenge } = pkce();
  const state = pkce().verifier;
  const nonce = pkce().verifier;
  const all = {
    client_id: party.id,
    redirect_uri: party.redirectUri,
    response_type: 'code',
    scope: 'openid profile',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state,
    nonce,
    ...parameters,
  };
  const query = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''));
  return { address: `${api.url}/oauth2/authorize?${query}`, party, verifier, state, nonce };
}

/** Whether an address is one of WeCom's pages. */
export const isWecom = (stack: Stack) => (address: string) => address.startsWith(stack.wecom.url);
/** Whether an address is the client's redirect address. */
export const isAt = (party: RelyingParty) => (address: string) =>
  address.startsWith(party.redirectUri);

/** Follows the authorization request to WeCom's page. @returns the page's address, unvisited */
export function toWecom({ stack }: OpenidStack, browser: Browser, { address }: Authorization) {
  return browser.follow(address, isWecom(stack));
}

/** @returns the address that WeCom redirects to after the member agreed */
export function returnAddress({ stack, api }: OpenidStack, page: string, userid = 'user123') {
  const state = new URL(page).searchParams.get('state');
  const isOauth = new URL(page).pathname.startsWith('/connect/');
  const scope = new URL(page).searchParams.get('scope') ?? 'snsapi_base';
  const code = stack.wecom.codes.mint({
    userid,
    ...(isOauth && { scope: scope as 'snsapi_base' }),
  });
  return `${api.url}/oauth2/wecom?${new URLSearchParams({ code, state: state ?? '' })}`;
}

/** Signs in at WeCom. @returns the redirect to the client, unvisited */
export async function signIn(
  openid: OpenidStack,
  browser: Browser,
  begun: Authorization,
  userid = 'user123',
): Promise<URL> {
  const page = await toWecom(openid, browser, begun);
  const back = returnAddress(openid, page, userid);
  return new URL(await browser.follow(back, isAt(begun.party)));
}

/** Signs in by the provider's session. @returns the redirect to the client, unvisited */
export async function pass(browser: Browser, begun: Authorization): Promise<URL> {
  return new URL(await browser.follow(begun.address, isAt(begun.party)));
}

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, string>;
}

export function basic(id: string, secret: string): Record<string, string> {
  const text = [id, secret].map(encodeURIComponent).join(':');
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

/** Posts a form to the token endpoint. */
export async function postToken(
  api: Pick<Instance, 'url'>,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
  path = '/oauth2/token',
): Promise<TokenAnswer> {
  const response = await fetch(`${api.url}${path}`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  const text = await response.text();
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, string>);
  return { status: response.status, headers: response.headers, body };
}

/** @returns the form and the headers that redeem a code */
export function redemption(begun: Authorization, back: URL) {
  const { party, verifier } = begun;
  const form: Record<string, string> = {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: party.redirectUri,
    code_verifier: verifier,
    ...(party.secret === undefined && { client_id: party.id }),
  };
  const headers = party.secret === undefined ? {} : basic(party.id, party.secret);
  return { form, headers };
}

export function redeemCode(api: Pick<Instance, 'url'>, begun: Authorization, back: URL) {
  const { form, headers } = redemption(begun, back);
  return postToken(api, form, headers);
}

export function refresh(api: Pick<Instance, 'url'>, party: RelyingParty, token: string) {
  const form = {
    grant_type: 'refresh_token',
    refresh_token: token,
    ...(party.secret === undefined && { client_id: party.id }),
  };
  return postToken(api, form, party.secret === undefined ? {} : basic(party.id, party.secret));
}

/** Signs user123 in. @returns the tokens */
export async function tokensOf(
  openid: OpenidStack,
  party: RelyingParty = GRAFANA,
  parameters: Readonly<Record<string, string>> = {},
  browser = new Browser(),
) {
  const begun = authorization(openid.api, party, parameters);
  const back = await signIn(openid, browser, begun);
  const { status, body } = await redeemCode(openid.api, begun, back);
  expect(status, JSON.stringify(body)).toBe(200);
  return { ...body, begun, back, browser } as {
    access_token: string;
    id_token: string;
    refresh_token: string;
    token_type: string;
    scope: string;
    begun: Authorization;
    back: URL;
    browser: Browser;
  };
}

export async function userinfo(
  api: Pick<Instance, 'url'>,
  token: string,
  init: RequestInit = { headers: { authorization: `Bearer ${token}` } },
) {
  const response = await fetch(`${api.url}/oauth2/userinfo`, init);
  const text = await response.text();
  const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

/** @returns the payload of a token, unchecked */
export function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** Reads a response that must be a page, not a redirect. */
export async function page(response: Response) {
  const html = await response.text();
  const type = response.headers.get('content-type') ?? '';
  expect(type, html).toMatch(/^text\/html/);
  expect(response.headers.get('location')).toBeNull();
  return { status: response.status, html, headers: response.headers };
}
