import { createHash, randomBytes } from 'node:crypto';
import type { Results } from './results.ts';

/** A front end without a browser. */
export interface FrontEnd {
  readonly apiUrl: string;
  readonly redirectUri: string;
  readonly userid: string;
}

interface Json {
  readonly status: number;
  readonly body: Body;
}

/** What the checks read of a JSON answer. */
interface Body {
  readonly data?: unknown;
  readonly session?: { readonly access_token?: string };
  readonly keys?: readonly unknown[];
  readonly issuer?: string;
}

/**
 * Signs a member in as a front end does: authorize, the consent on WeCom's page, getUserInfo.
 *
 * @returns the session's token, '' if there is none
 */
export async function signIn(results: Results, { apiUrl, redirectUri, userid }: FrontEnd) {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const begun = await fetch(`${apiUrl}/api/wecom/authorize?${query}`, { redirect: 'manual' });
  const wecomPage = begun.headers.get('location') ?? '';
  results.equal('authorize redirects to WeCom', begun.status, 302);

  const consented = await fetch(wecomPage, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ who: userid, decision: 'approve' }),
  });
  const back = new URL(consented.headers.get('location') ?? 'about:blank');
  results.equal('WeCom redirects to the front end', back.origin + back.pathname, redirectUri);

  const proof = {
    code: back.searchParams.get('code'),
    state: back.searchParams.get('state'),
    code_verifier: verifier,
  };
  const wrong = await post(`${apiUrl}/api/wecom/getUserInfo`, { ...proof, state: 'a'.repeat(43) });
  results.equal('another state is refused', [wrong.status, wrong.body.session], [401, undefined]);
  const signedIn = await post(`${apiUrl}/api/wecom/getUserInfo`, proof);
  const data = signedIn.body.data as { readonly userid?: string } | undefined;
  results.equal('getUserInfo returns the member', [signedIn.status, data?.userid], [200, userid]);
  const token = signedIn.body.session?.access_token ?? '';
  results.equal('and a session', token.split('.').length, 3);
  return token;
}

/** Asks verify whether the member has the permission. */
export async function verify({ apiUrl, userid }: FrontEnd, token: string, permission: string) {
  const query = new URLSearchParams({ permission });
  const headers = { authorization: `Bearer ${token}` };
  return answer(await fetch(`${apiUrl}/api/wecom/verify/${userid}?${query}`, { headers }));
}

/** @returns what a route answers */
export async function get(url: string): Promise<Json> {
  return answer(await fetch(url, { redirect: 'manual' }));
}

async function post(url: string, body: object): Promise<Json> {
  const headers = { 'content-type': 'application/json' };
  return answer(await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function answer(response: Response): Promise<Json> {
  const body = (await response.json().catch(() => ({}))) as Body;
  return { status: response.status, body };
}
