/*
 * A sign-in by OpenID Connect: this page is a public client of the provider. Nothing here is specific to
 * WeCom.
 *
 *   discovery → /oauth2/authorize → WeCom → this page with a code → /oauth2/token → /oauth2/userinfo
 *
 * Real programs use a library for this. The ID token comes directly from the token endpoint, so its
 * signature need not be verified (OpenID Connect Core §3.1.3.7). Its claims are.
 */

type Claims = Readonly<Record<string, unknown>>;

export interface OpenidSignIn {
  /** Of the ID token. */
  readonly claims: Claims;
  readonly userinfo: Claims;
  /** The address that ends the provider's session. */
  readonly logoutAddress: string;
}

/** The provider refused, or a check of this page failed. `error` is OAuth's error code or the check's name. */
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

/** Stored in this tab until the provider redirects back. */
interface PendingSignIn {
  readonly clientId: string;
  readonly provider: Discovery;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

const PENDING = 'demo.openid.pending';
const SCOPE = 'openid profile email groups';

/** This page's address, as registered with the client. */
const redirectUri = () => location.origin + location.pathname;

/** Starts a sign-in. @returns the address to go to @throws OpenidFailed on another origin than the issuer's */
export async function openidAddress(clientId: string, send: typeof fetch): Promise<string> {
  const response = await send('/.well-known/openid-configuration');
  const provider: Discovery = await response.json();
  if (!response.ok) throw new OpenidFailed('discovery', `HTTP ${response.status}`);
  if (provider.issuer !== location.origin) {
    throw new OpenidFailed('other_origin', `${provider.issuer}/`);
  }
  const pending: PendingSignIn = {
    clientId,
    provider,
    state: random(),
    nonce: random(),
    verifier: random(),
  };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pending.verifier));
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope: SCOPE,
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  });
  return `${provider.authorization_endpoint}?${query}`;
}

/** Whether the provider redirected here. It adds `iss` (RFC 9207), which WeCom does not. */
export function isOpenidReturn(query: URLSearchParams): boolean {
  return query.has('iss') && query.has('state');
}

/**
 * Finishes the sign-in. It works once, because it deletes the pending sign-in.
 *
 * @throws OpenidFailed, and what fetch throws
 */
export async function finishOpenid(
  query: URLSearchParams,
  send: typeof fetch,
): Promise<OpenidSignIn> {
  const pending: PendingSignIn | null = JSON.parse(sessionStorage.getItem(PENDING) ?? 'null');
  // The code must not stay in the history or in a bookmark.
  history.replaceState(history.state, '', location.pathname);
  if (pending === null || query.get('state') !== pending.state) {
    throw new OpenidFailed('state', 'this tab did not begin the sign-in');
  }
  sessionStorage.removeItem(PENDING);
  const { clientId, provider, nonce, verifier } = pending;
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
