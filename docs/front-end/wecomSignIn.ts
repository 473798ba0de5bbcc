/**
 * Sign in with WeCom (企业微信) from a browser. Copy this file; it needs nothing else.
 *
 *     import { finishSignIn, signInAddress } from './wecomSignIn.ts';
 *
 *     const api = 'https://api.example.com';
 *     button.onclick = async () => location.assign(await signInAddress({ api }));
 *     // when the page loads: it is also the page that WeCom comes back to
 *     const signedIn = await finishSignIn({ api });
 *     if (signedIn) greet(signedIn.member.name, signedIn.session.access_token);
 */

export interface Options {
  /** Origin of the sign-in API, such as `https://api.example.com`; '' when it is the page's own. */
  readonly api: string;
  /** Where WeCom comes back to: one of the API's REDIRECT_URIS, character for character. Default: this page. */
  readonly redirectUri?: string;
  /** `snsapi_privateinfo` asks the member for consent, and may give mobile and e-mail. Default: `snsapi_base`. */
  readonly scope?: 'snsapi_base' | 'snsapi_privateinfo';
  /** WeCom's page for its own browser, or the QR page. Default: the API sees by the user agent. */
  readonly mode?: 'oauth' | 'qr';
  /** Default: the browser's. */
  readonly fetch?: typeof fetch;
}

export interface SignedIn {
  readonly member: Record<
    'userid' | 'name' | 'mobile' | 'email' | 'department' | 'position',
    string
  >;
  readonly session: { access_token: string; token_type: 'Bearer'; expires_in: number };
}

/** The sign-in came to nothing: `code` is WeCom's errcode or -1, `message` is for people. */
export class SignInFailed extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.name = 'SignInFailed';
    this.status = status;
    this.code = code;
  }
}

const VERIFIER = 'wecom-sign-in.verifier';

/** Where to send the visitor. The verifier stays in this tab; only its digest travels. */
export async function signInAddress({ api, ...options }: Options): Promise<string> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  sessionStorage.setItem(VERIFIER, verifier);
  const query = new URLSearchParams({
    redirect_uri: options.redirectUri ?? location.origin + location.pathname,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    ...(options.scope && { scope: options.scope }),
    ...(options.mode && { mode: options.mode }),
  });
  return `${api}/api/wecom/authorize?${query}`;
}

/**
 * Call it when the page loads. Nothing if the visitor does not come from WeCom; who signed in if so.
 *
 * Some of WeCom's browsers open the page twice, and people reload it: therefore the verifier is
 * kept, and within a minute the API answers the same code, state and verifier with the same member.
 *
 * @throws SignInFailed when the member or the API refused; what fetch throws when nothing answered
 */
export async function finishSignIn({ api, ...options }: Options): Promise<SignedIn | undefined> {
  const query = new URLSearchParams(location.search);
  const [code, state] = [query.get('code'), query.get('state')];
  if (state === null) return undefined;
  if (code === null) {
    forgetCode(query);
    throw new SignInFailed(0, -1, '你取消了登录');
  }
  const response = await (options.fetch ?? fetch)(`${api}/api/wecom/getUserInfo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, state, code_verifier: sessionStorage.getItem(VERIFIER) ?? '' }),
  });
  const { code: errcode = -1, message, data, session } = await response.json().catch(() => ({}));
  // Not earlier, so that a reload in between can still finish what this began.
  forgetCode(query);
  if (response.ok && session) return { member: data, session };
  throw new SignInFailed(response.status, errcode, message ?? '登录服务没有正常应答');
}

/** The code is not for the history, nor for a bookmark; the rest of the query is the page's own. */
function forgetCode(query: URLSearchParams): void {
  for (const name of ['code', 'state', 'appid']) query.delete(name);
  history.replaceState(history.state, '', `${location.pathname}?${query}`.replace(/\?$/, ''));
}

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (sign) => URL_SAFE[sign] ?? '');
const URL_SAFE: Record<string, string> = { '+': '-', '/': '_' };
