/*
 * The other way to sign in: this page as a program that speaks OpenID Connect, without a secret. It
 * knows its client id and where the provider is, and nothing of WeCom.
 *
 *   discovery → /oauth2/authorize → WeCom → this page with a code → /oauth2/token → /oauth2/userinfo
 *
 * Real programs use a library for this. The ID token comes straight from the token endpoint, so its
 * signature need not be checked (OpenID Connect Core §3.1.3.7); its claims are.
 */

type Claims = Readonly<Record<string, unknown>>;

export interface OpenidSignIn {
  /** Of the ID token. */
  readonly claims: Claims;
  readonly userinfo: Claims;
  /** Where the person ends the session of the provider. */
  readonly logoutAddress: string;
}

/** The provider refused; `error` is the one of OAuth or OpenID Connect. */
export class OpenidFailed extends Error {
  readonly error: string;

  constructor(error: string, description: string) {
    super(description);
    this.name = 'OpenidFailed';
    this.error = error;
  }
}

interface Discovery {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly userinfo_endpoint: string;
  readonly end_session_endpoint: string;
}

/** What this tab keeps while the person is away. */
interface Begun {
  readonly clientId: string;
  readonly provider: Discovery;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

const BEGUN = 'demo.openid.begun';
const SCOPE = 'openid profile email groups';

/** This page, as it is registered with the client. */
const redirectUri = () => location.origin + location.pathname;

/** @returns where to send the person @throws OpenidFailed on another origin than the issuer's */
export async function openidAddress(clientId: string, send: typeof fetch): Promise<string> {
  const response = await send('/.well-known/openid-configuration');
  const provider: Discovery = await response.json();
  if (!response.ok) throw new OpenidFailed('discovery', `HTTP ${response.status}`);
  if (provider.issuer !== location.origin) {
    throw new OpenidFailed('other_origin', `${provider.issuer}/`);
  }
  const begun = { clientId, provider, state: random(), nonce: random(), verifier: random() };
  sessionStorage.setItem(BEGUN, JSON.stringify(begun));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(begun.verifier));
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope: SCOPE,
    state: begun.state,
    nonce: begun.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  });
  return `${provider.authorization_endpoint}?${query}`;
}

/** Whether the query is an answer of the provider: it names itself (RFC 9207), WeCom does not. */
export function isOpenidReturn(query: URLSearchParams): boolean {
  return query.has('iss') && query.has('state');
}

/**
 * Finishes the sign-in. It works once: the code, and what this tab keeps, are gone afterwards.
 *
 * @throws OpenidFailed; what fetch throws when nothing answered
 */
export async function finishOpenid(
  query: URLSearchParams,
  send: typeof fetch,
): Promise<OpenidSignIn> {
  const begun: Begun | null = JSON.parse(sessionStorage.getItem(BEGUN) ?? 'null');
  // The code is not for the history, nor for a bookmark.
  history.replaceState(history.state, '', location.pathname);
  if (begun === null || query.get('state') !== begun.state) {
    throw new OpenidFailed('state', 'this tab did not begin the sign-in');
  }
  sessionStorage.removeItem(BEGUN);
  const { clientId, provider, nonce, verifier } = begun;
  if (query.get('iss') !== provider.issuer) throw new OpenidFailed('iss', 'another provider');
  const error = query.get('error');
  if (error !== null) throw new OpenidFailed(error, query.get('error_description') ?? '');

  const tokens = await read(
    await send(provider.token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        code: query.get('code') ?? '',
        redirect_uri: redirectUri(),
        code_verifier: verifier,
      }),
    }),
  );
  const idToken = String(tokens['id_token']);
  const claims = payloadOf(idToken);
  const isOurs =
    claims['iss'] === provider.issuer &&
    claims['aud'] === clientId &&
    claims['nonce'] === nonce &&
    Number(claims['exp']) > Date.now() / 1_000;
  if (!isOurs) throw new OpenidFailed('id_token', 'iss, aud, nonce or exp is not as expected');
  const userinfo = await read(
    await send(provider.userinfo_endpoint, {
      headers: { authorization: `Bearer ${tokens['access_token']}` },
    }),
  );
  if (userinfo['sub'] !== claims['sub']) throw new OpenidFailed('userinfo', 'another person');
  const logout = new URLSearchParams({
    id_token_hint: idToken,
    post_logout_redirect_uri: redirectUri(),
  });
  const logoutAddress = `${provider.end_session_endpoint}?${logout}`;
  return { claims, userinfo, logoutAddress };
}

async function read(response: Response): Promise<Claims> {
  const body: Claims = await response.json();
  if (response.ok) return body;
  const code = response.headers.get('x-error-code') ?? `HTTP ${response.status}`;
  throw new OpenidFailed(String(body['error'] ?? code), code);
}

function payloadOf(token: string): Claims {
  const [, payload = ''] = token.split('.');
  const bytes = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0))));
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
