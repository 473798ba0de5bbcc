/**
 * Sign in with WeCom (企业微信) from a browser. Copy this file; it needs nothing else.
 *
 *     import { beginSignIn, finishSignIn } from './wecomSignIn.ts';
 *
 *     const api = 'https://login.example.com';
 *     button.onclick = async () => {
 *       const { address, refusal } = await beginSignIn({ api });
 *       if (address) location.assign(address);
 *       else show(refusal.text.en);
 *     };
 *     // When the page loads: WeCom comes back to it too.
 *     const result = await finishSignIn({ api });
 *     if (result?.member) start(result.member, result.session);
 *     else if (result) show(result.refusal.text.en);
 */

export interface Options {
  /** Origin of the sign-in API, such as `https://login.example.com`; '' for the page's own. */
  readonly api: string;
  /** Where WeCom comes back to: one of the API's REDIRECT_URIS, character for character. Default: this page. */
  readonly redirectUri?: string;
  /** `snsapi_privateinfo` asks the member for consent, and may give mobile and e-mail. Default: `snsapi_base`. */
  readonly scope?: 'snsapi_base' | 'snsapi_privateinfo';
  /** WeCom's page for its own browser, or the QR page. Default: the API decides by the user agent. */
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

/** Why there is no member. */
export interface Refusal {
  readonly reason: keyof typeof TEXTS;
  /** For the visitor: what happened, and what to do. */
  readonly text: { readonly zh: string; readonly en: string };
  /** The HTTP status; 0 without a response. */
  readonly status: number;
  /** WeCom's errcode, or -1. */
  readonly code: number;
  /** What the API said, for the developer. */
  readonly message: string;
  /** By which the operator finds the request in the log. */
  readonly requestId?: string;
  /** After so many seconds the same sign-in can be finished: call `finishSignIn` again. */
  readonly retryAfterSeconds?: number;
}

type Or<T, U> =
  | (T & { readonly [K in keyof U]?: never })
  | (U & { readonly [K in keyof T]?: never });
export type Begun = Or<{ readonly address: string }, { readonly refusal: Refusal }>;
export type Finished = Or<SignedIn, { readonly refusal: Refusal }>;

const TEXTS = {
  cancelled: ['你取消了登录。', 'You cancelled the sign-in.'],
  expired: [
    '登录用时超过十分钟，请重新登录。',
    'The sign-in took more than ten minutes. Sign in again.',
  ],
  used: ['这次登录已经完成，请重新登录。', 'This sign-in is already finished. Sign in again.'],
  state: ['登录状态无效，请重新登录。', 'The sign-in is not valid. Sign in again.'],
  code: ['授权码已失效，请重新登录。', "WeCom's code is no longer valid. Sign in again."],
  'not-a-member': [
    '你不是这家企业的成员，或已离开企业。',
    'You are not a member of this company, or have left it.',
  ],
  inactive: [
    '你的企业微信账号未激活、已禁用或已退出企业。',
    'Your WeCom account is not activated, is disabled, or has left the company.',
  ],
  'not-visible': [
    '你不在这个应用的可见范围内，请联系管理员。',
    'You are outside the visible range of this app. Contact the administrator.',
  ],
  refused: ['企业微信拒绝了这次登录，请重新登录。', 'WeCom refused the sign-in. Sign in again.'],
  busy: ['登录服务正忙，请稍后再试。', 'The sign-in service is busy. Try again in a moment.'],
  unreachable: [
    '无法连接登录服务，请检查网络后再试。',
    'The sign-in service cannot be reached. Check the network and try again.',
  ],
  storage: [
    '浏览器禁止本网站保存数据，无法登录。请允许后再试。',
    'The browser does not let this site store data. Allow it, and sign in again.',
  ],
  failed: [
    '登录服务出现问题，请联系管理员。',
    'The sign-in service has an error. Contact the administrator.',
  ],
} as const;

/** By the header `x-error-code`. */
const BY_ERROR: Readonly<Record<string, Refusal['reason']>> = {
  'ERR_STATE_REFUSED/expired': 'expired',
  'ERR_STATE_REFUSED/used': 'used',
  ERR_NOT_A_MEMBER: 'not-a-member',
  ERR_MEMBER_INACTIVE: 'inactive',
};

/** By WeCom's errcode. */
const BY_ERRCODE: Readonly<Record<number, Refusal['reason']>> = {
  40029: 'code',
  40163: 'code',
  42003: 'code',
  42022: 'code',
  50002: 'not-visible',
  60011: 'not-visible',
  60021: 'not-visible',
  60111: 'not-a-member',
};

/** Sign-ins under way, the newest last. A tab keeps so many. */
const STORED = 'wecom-sign-in';
const KEPT = 8;

interface UnderWay {
  readonly state: string;
  readonly verifier: string;
  /** Where the visitor was in a page with a hash router. */
  readonly hash: string;
}

/** Begins a sign-in. The verifier stays in this tab, under the state. @returns where to send the visitor */
export async function beginSignIn({ api, ...options }: Options): Promise<Begun> {
  const here = location.origin + location.pathname;
  const { redirectUri = here, scope, mode } = options;
  if (!crypto.subtle)
    return {
      refusal: refusalOf('failed', 'crypto.subtle exists only on https pages and localhost'),
    };
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    redirect_uri: redirectUri,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    ...(scope && { scope }),
    ...(mode && { mode }),
  });
  const headers = { accept: 'application/json' };
  const answer = await ask(options.fetch, `${api}/api/wecom/authorize?${query}`, { headers });
  const { state, authorizeUrl } = answer.body.data ?? {};
  if (answer.refusal) return { refusal: answer.refusal };
  if (typeof state !== 'string' || typeof authorizeUrl !== 'string')
    return { refusal: refusalOf('failed') };
  const hash = redirectUri === here ? withoutWecom(location.hash) : '';
  const kept = [...underWay(), { state, verifier, hash }].slice(-KEPT);
  try {
    sessionStorage.setItem(STORED, JSON.stringify(kept));
  } catch (error) {
    return { refusal: refusalOf('storage', (error as Error).message) };
  }
  return { address: authorizeUrl };
}

/**
 * Finishes the sign-in if WeCom sent the visitor here. Call it when the page loads, before a router
 * reads the address. It takes `code`, `state`, `appid` and `#wechat_redirect` out of the address, and
 * puts the fragment of the page that began back in; the rest stays.
 *
 * The verifier is kept, because some of WeCom's browsers open the page twice, and people reload it:
 * for a minute the API answers the same code, state and verifier with the same member.
 *
 * @returns undefined if this tab began no sign-in with this state; the address is then left alone
 */
export async function finishSignIn({ api, ...options }: Options): Promise<Finished | undefined> {
  const query = new URLSearchParams(location.search);
  const begun = underWay().find(({ state }) => state === query.get('state'));
  if (begun === undefined) return undefined;
  const code = query.get('code');
  if (!code) {
    tidyAddress(begun);
    return { refusal: refusalOf('cancelled') };
  }
  const { state, verifier } = begun;
  const { body, refusal } = await ask(options.fetch, `${api}/api/wecom/getUserInfo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, state, code_verifier: verifier }),
  });
  // Not earlier, and not if it can be repeated, so that a reload can finish what this began.
  const isRepeatable = refusal?.retryAfterSeconds !== undefined || refusal?.status === 0;
  if (!isRepeatable) tidyAddress(begun);
  if (refusal) return { refusal };
  const { data, session } = body;
  if (!data?.userid || !session?.access_token) return { refusal: refusalOf('failed') };
  return { member: data, session };
}

// biome-ignore lint/suspicious/noExplicitAny: JSON, whose fields are read with care
type Answer = { body: any; refusal?: Refusal };

async function ask(send = fetch, address: string, init: RequestInit): Promise<Answer> {
  const response = await send(address, init).catch(() => undefined);
  if (response === undefined) return { body: {}, refusal: refusalOf('unreachable') };
  const { ok, status, headers } = response;
  const body = (await response.json().catch(() => undefined)) ?? {};
  if (ok) return { body };
  const { code = -1, message = '' } = body;
  const error = headers.get('x-error-code') ?? '';
  const reason =
    BY_ERROR[error] ??
    BY_ERRCODE[code] ??
    (error.startsWith('ERR_STATE_REFUSED')
      ? 'state'
      : status === 429 || status === 503
        ? 'busy'
        : status === 401
          ? 'refused'
          : 'failed');
  const requestId = headers.get('x-request-id');
  // A proxy may answer with a date: whether this sign-in can be repeated is then unknown.
  const seconds = /^\d+$/.exec(headers.get('retry-after') ?? '')?.[0];
  return {
    body,
    refusal: {
      ...refusalOf(reason, message),
      ...{ status, code },
      ...(requestId && { requestId }),
      ...(seconds && { retryAfterSeconds: Number(seconds) }),
    },
  };
}

function refusalOf(reason: Refusal['reason'], message = ''): Refusal {
  const [zh, en] = TEXTS[reason];
  return { reason, text: { zh, en }, status: 0, code: -1, message };
}

/** The code is not for the history, nor for a bookmark; the rest of the address is the page's own. */
function tidyAddress({ state, hash }: UnderWay): void {
  const { pathname, search } = location;
  // The visitor may have gone elsewhere in the meantime.
  if (new URLSearchParams(search).get('state') !== state) return;
  const own = /^(code|state|appid)=/;
  const kept = search
    .slice(1)
    .split('&')
    .filter((pair) => pair && !own.test(pair));
  const query = kept.length > 0 ? `?${kept.join('&')}` : '';
  const fragment = withoutWecom(location.hash) || hash;
  history.replaceState(history.state, '', pathname + query + fragment);
}

/** WeCom's fragment, also as hash routers rewrite it, and behind a page's own. */
function withoutWecom(hash: string): string {
  return hash.replace(/(^#\/?|#)wechat_redirect$/, '');
}

/** None if the browser does not let this site store data, or if something else wrote there. */
function underWay(): UnderWay[] {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORED) ?? '[]');
    return stored.filter((signIn: Partial<UnderWay> | null) => signIn?.state);
  } catch {
    return [];
  }
}

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
