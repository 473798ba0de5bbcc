/**
 * Sign in with WeCom (企业微信) from a browser. Install `wecom-auth-client`, or copy this file: it needs
 * nothing else.
 *
 *     import { createWecomAuth } from 'wecom-auth-client';
 *
 *     const auth = createWecomAuth({ api: 'https://login.example.com' });
 *     // When the page loads, before a router reads the address: WeCom comes back to the page.
 *     const { session, refusal } = await auth.start();
 *     if (session) show(session.member.name);
 *     else if (refusal) show(refusal.text.en);
 *     signInButton.onclick = () => auth.signIn();
 *     signOutButton.onclick = () => auth.signOut();
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

export interface AuthOptions extends Options {
  /** Keeps the session in `sessionStorage` too, so that a reload of this tab signs nobody out. Default: false. */
  readonly keepInTab?: boolean;
  /** Inside WeCom, `start` signs the member in without a click. Default: true. */
  readonly silent?: boolean;
}

export interface Session {
  /** Empty strings where WeCom gives nothing. */
  readonly member: Readonly<
    Record<'userid' | 'name' | 'mobile' | 'email' | 'department' | 'position', string>
  >;
  /** A JWT, for `Authorization: Bearer …`. */
  readonly accessToken: string;
  /** Milliseconds since the epoch, by this browser's clock. */
  readonly expiresAt: number;
}

/** Why there is no session. */
export interface Refusal {
  readonly reason: keyof typeof REASONS;
  /** For the visitor: what happened, and what to do. */
  readonly text: { readonly zh: string; readonly en: string };
  /** The HTTP status; 0 without a response. */
  readonly status: number;
  /** WeCom's errcode, or -1. */
  readonly code: number;
  /** What the API said, for the developer. */
  readonly message: string;
  /** By which the operator finds the request in the log; '' without a response. */
  readonly requestId: string;
  /** Try again after so many seconds. If WeCom had come back, `start` then finishes the same sign-in. */
  readonly retryAfterSeconds?: number;
}

export interface Outcome {
  readonly session?: Session;
  readonly refusal?: Refusal;
  /** The address where the sign-in began, if WeCom came back to another page of this origin. */
  readonly from?: string;
}

/** The parameters of `createWWLoginPanel` (document 98171). */
export interface PanelParameters {
  readonly login_type: string;
  readonly appid: string;
  readonly agentid: string;
  readonly redirect_uri: string;
  readonly state: string;
  readonly redirect_type: string;
}

export interface PanelOptions {
  /** The element that gets the panel, or a selector. */
  readonly el: string | Element;
  /** More of WeCom's own parameters, such as `{ panel_size: 'small', lang: 'en' }`. */
  readonly params?: Readonly<Record<string, string>>;
  /** Takes the panel away; the outcome is then `cancelled`. */
  readonly signal?: AbortSignal;
}

/** `createWWLoginPanel` of `@wecom/jssdk`. */
type CreatePanel = (options: {
  el: string | Element;
  // biome-ignore lint/suspicious/noExplicitAny: the SDK types some of them as enums of its own
  params: any;
  onLoginSuccess: (event: { code: string }) => void;
  onLoginFail: (error: { errCode?: number; errMsg?: string }) => void;
}) => { unmount(): void };

export interface WecomAuth {
  /** Who is signed in now. */
  readonly session: Session | undefined;
  /**
   * Call it when the page loads, before a router reads the address. It finishes a sign-in if WeCom came
   * back to this page, or finds the session that the tab keeps. Inside WeCom it then signs in by itself:
   * the page is left, and `start` does not return. A tab does so once, until a sign-in succeeds.
   */
  start(): Promise<Outcome>;
  /** Leaves the page for WeCom's. It returns if that fails. */
  signIn(options?: Partial<Options>): Promise<Outcome>;
  /**
   * Shows WeCom's QR code in this page, until a member has signed in or the signal aborts.
   *
   * @param create `createWWLoginPanel` of `@wecom/jssdk`
   */
  panel(create: CreatePanel, options: PanelOptions): Promise<Outcome>;
  /** Forgets the session. Inside WeCom, `start` does not sign in by itself again in this tab. */
  signOut(): void;
  /**
   * `change`: somebody signed in or out, or the session ended. `ending`: it ends within two minutes;
   * inside WeCom the helper then leaves the page to renew it, unless a listener calls
   * `preventDefault()`.
   *
   * @returns a function that removes the listener
   */
  on(type: 'change' | 'ending', listener: (event: Event) => void): () => void;
}

type Or<T, U> =
  | (T & { readonly [K in keyof U]?: never })
  | (U & { readonly [K in keyof T]?: never });
export type Begun = Or<
  { readonly state: string; readonly address: string; readonly panel: PanelParameters },
  { readonly refusal: Refusal }
>;

/**
 * The texts in Chinese and English, then what means this reason: a part of the header `x-error-code`,
 * WeCom's errcode, or the HTTP status. The first that fits is the reason.
 */
const REASONS = {
  cancelled: ['你取消了登录。', 'You cancelled the sign-in.'],
  expired: [
    '登录已失效，请重新登录。',
    'The sign-in is no longer valid. Sign in again.',
    'expired',
  ],
  used: ['登录已失效，请重新登录。', 'The sign-in is no longer valid. Sign in again.', 'used'],
  state: [
    '登录已失效，请重新登录。',
    'The sign-in is no longer valid. Sign in again.',
    'ERR_STATE_REFUSED',
  ],
  code: [
    '登录已失效，请重新登录。',
    'The sign-in is no longer valid. Sign in again.',
    40029,
    40163,
    42003,
    42022,
  ],
  'not-a-member': [
    '你不是这家企业的成员。',
    'You are not a member of this company.',
    'ERR_NOT_A_MEMBER',
    60111,
  ],
  inactive: [
    '你的账号未激活、已禁用或已退出企业。',
    'Your account is not active, is disabled, or has left the company.',
    'ERR_MEMBER_INACTIVE',
  ],
  'not-visible': [
    '你不在这个应用的可见范围内，请联系管理员。',
    'You are outside the visible range of this app. Contact the administrator.',
    50002,
    60011,
    60021,
    60030,
  ],
  refused: ['企业微信拒绝了登录，请重新登录。', 'WeCom refused the sign-in. Sign in again.', 401],
  busy: ['登录服务正忙，请稍后再试。', 'The sign-in service is busy. Try again later.', 429, 503],
  unreachable: [
    '登录服务没有响应，请检查网络。',
    'The sign-in service does not respond. Check the network.',
  ],
  storage: ['请允许本网站保存数据。', 'Allow this site to store data.'],
  failed: [
    '登录服务出现问题，请联系管理员。',
    'The sign-in service has an error. Contact the administrator.',
  ],
} as const satisfies Record<string, readonly [string, string, ...unknown[]]>;

/** Where the tab keeps what follows. */
const STORED = 'wecom-auth';

interface Kept {
  /** Under way, the newest last. */
  readonly signIns?: readonly UnderWay[];
  readonly session?: Session | undefined;
  /** This tab does not sign in by itself: it tried, or the visitor signed out. */
  readonly isQuiet?: boolean;
}

/** A tab keeps so many sign-ins. */
const MAX_SIGN_INS = 8;
const ENDING_MS = 120_000;
/** How long to wait for the API, for the browser to leave the page, and until the clock is read again. */
const WAIT_MS = 30_000;

interface UnderWay {
  readonly state: string;
  readonly verifier: string;
  /** The address where it began. */
  readonly from: string;
}

/**
 * Signs members in on a page, and holds the session. Make one for the page; it does nothing until `start`.
 * No method throws because of a refusal.
 */
export function createWecomAuth({ keepInTab, silent = true, ...options }: AuthOptions): WecomAuth {
  const events = new EventTarget();
  let current: Session | undefined;
  let starting: Promise<Outcome> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tell = (type: string) => events.dispatchEvent(new Event(type, { cancelable: true }));

  const sessionNow = () => ((current?.expiresAt ?? 0) > Date.now() ? current : undefined);

  function set(session?: Session): void {
    const isChange = current !== session;
    current = session;
    if (keepInTab) keep({ session });
    watch();
    if (isChange) tell('change');
  }

  /** Says once that the session is ending, and that it ended. */
  function watch(isTold?: boolean): void {
    clearTimeout(timer);
    if (!current) return;
    const leftMs = current.expiresAt - Date.now();
    const isEnding = leftMs <= ENDING_MS;
    // Timers stand still while a computer sleeps, so the clock is read more often than needed.
    if (leftMs > 0) timer = setTimeout(() => watch(isEnding), Math.min(WAIT_MS, leftMs));
    else set();
    if (current && isEnding && !isTold && tell('ending')) void signInSilently();
  }

  async function leave(changes?: Partial<Options>, isSilent?: boolean): Promise<Outcome> {
    const begun = await beginSignIn({ ...options, ...changes });
    if (begun.refusal) return begun;
    if (isSilent) {
      // The visitor may have signed out meanwhile.
      if (kept().isQuiet) return {};
      keep({ isQuiet: true });
    }
    // Without an entry in the history: Back would lead to WeCom, and from there to this page again.
    location[isSilent ? 'replace' : 'assign'](begun.address);
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    return {};
  }

  async function signInSilently(): Promise<Outcome> {
    const isInWecom = /wxwork/i.test(navigator.userAgent);
    const { state, code, error } = returnedHere();
    // Another provider's, which has yet to read it, or a sign-in that this tab lost.
    const isReturn = state && (code || error);
    return silent && isInWecom && !isReturn && !kept().isQuiet
      ? leave({ scope: 'snsapi_base', mode: 'oauth' }, true)
      : {};
  }

  async function finish(returned?: Returned): Promise<Outcome> {
    const outcome = (await finishSignIn(options, returned)) ?? {};
    if (outcome.session) {
      // A session that is ending already would be renewed again and again.
      keep({ isQuiet: outcome.session.expiresAt - Date.now() <= ENDING_MS });
      set(outcome.session);
    }
    return outcome;
  }

  /** Of a page that Back shows again: the tab may have signed in or out on another one meanwhile. */
  const restore = (shown?: PageTransitionEvent) =>
    shown?.persisted !== false && keepInTab && set(kept().session);

  async function start(): Promise<Outcome> {
    addEventListener('pageshow', restore);
    const outcome = await finish();
    if (!current) restore();
    const session = sessionNow();
    if (session) return { ...outcome, session };
    return outcome.refusal ? outcome : signInSilently();
  }

  return {
    get session() {
      return sessionNow();
    },
    // React calls it twice in strict mode.
    start: () =>
      (starting ??= start().finally(() => {
        starting = undefined;
      })),
    signIn: (changes) => leave(changes),
    async panel(create, { el, params, signal }) {
      const begun = await beginSignIn(options);
      if (begun.refusal) return begun;
      let shown: ReturnType<CreatePanel> | undefined;
      const result = await new Promise<Returned & Outcome>((resolve) => {
        const cancel = () => resolve(refused('cancelled'));
        signal?.addEventListener('abort', cancel);
        if (signal?.aborted) cancel();
        else
          shown = create({
            el,
            params: { ...begun.panel, ...params },
            onLoginSuccess: resolve,
            onLoginFail: ({ errCode: code = -1, errMsg }) =>
              resolve(refused('refused', errMsg, { code })),
          });
      });
      shown?.unmount();
      return result.refusal ? result : finish({ ...result, state: begun.state });
    },
    signOut() {
      keep({ isQuiet: true });
      set();
    },
    on(type, listener) {
      events.addEventListener(type, listener);
      return () => events.removeEventListener(type, listener);
    },
  };
}

/** Begins a sign-in. The verifier stays in this tab, under the state. @returns where to send the visitor */
export async function beginSignIn(options: Options): Promise<Begun> {
  const {
    redirectUri = location.origin + location.pathname,
    scope = 'snsapi_base',
    mode,
  } = options;
  if (!crypto.subtle) return refused('failed', 'The page needs https');
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const query = new URLSearchParams({
    redirect_uri: redirectUri,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    scope,
    ...(mode && { mode }),
  });
  const { data, refusal } = await ask(options, `authorize?${query}`, {
    headers: { accept: 'application/json' },
  });
  const { state, authorizeUrl: address, panel } = data ?? {};
  if (refusal) return { refusal };
  if (!state || !/^https?:/.test(address)) return refused('failed');
  const all = [...signIns(), { state, verifier, from: ownAddress().href }];
  const isKept = keep({ signIns: all.slice(-MAX_SIGN_INS) });
  return isKept ? { state, address, panel } : refused('storage');
}

/**
 * Finishes the sign-in if WeCom sent the visitor here. Call it when the page loads, before a router
 * reads the address. It takes `code`, `state`, `appid` and `#wechat_redirect` out of the address, and on
 * the page that began puts that page's query and fragment back in; the rest stays.
 *
 * The verifier is kept, because some of WeCom's browsers open the page twice, and people reload it:
 * for a minute the API answers the same code, state and verifier with the same member.
 *
 * @param returned `code` and `state`. Default: those in the address
 * @returns undefined if this tab began no sign-in with this state; the address is then left alone
 */
export async function finishSignIn(
  options: Options,
  { code, state }: Returned = returnedHere(),
): Promise<Outcome | undefined> {
  const begun = underWay(state);
  if (!begun) return undefined;
  const outcome = code ? await redeem(options, code, begun) : refused('cancelled');
  // Not earlier, and not if it can be repeated, so that a reload can finish what this began.
  return outcome.refusal?.retryAfterSeconds === undefined
    ? { ...outcome, ...tidyAddress(begun) }
    : outcome;
}

async function redeem(options: Options, code: string, begun: UnderWay): Promise<Outcome> {
  const { state, verifier } = begun;
  const { data, session, refusal } = await ask(options, 'getUserInfo', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, state, code_verifier: verifier }),
  });
  const accessToken = session?.access_token;
  const expiresAt = Date.now() + session?.expires_in * 1_000;
  if (refusal) return { refusal };
  return data?.userid && accessToken && expiresAt
    ? { session: { member: data, accessToken, expiresAt } }
    : refused('failed');
}

// biome-ignore lint/suspicious/noExplicitAny: JSON, whose fields are read with care
type Answer = { data?: any; session?: any; refusal?: Refusal };

async function ask(options: Options, path: string, init: RequestInit): Promise<Answer> {
  const { api, fetch: send = fetch } = options;
  const response = await send(`${api.replace(/\/$/, '')}/api/wecom/${path}`, {
    ...init,
    // Older browsers do without.
    signal: AbortSignal.timeout?.(WAIT_MS),
  }).catch(() => undefined);
  if (!response) return refused('unreachable', '', { retryAfterSeconds: 0 });
  const { status, headers } = response;
  const body = { ...(await response.json().catch(() => undefined)) };
  if (response.ok) return body;
  const { code = -1, message } = body;
  const error = headers.get('x-error-code') ?? '';
  const said: unknown[] = [...error.split('/'), code, status];
  const reasons = Object.keys(REASONS) as Refusal['reason'][];
  const reason = reasons.find((each) => REASONS[each].some((sign) => said.includes(sign)));
  // A proxy may answer with a date: whether this sign-in can be repeated is then unknown.
  const retryAfterSeconds = Number(headers.get('retry-after'));
  return refused(reason ?? 'failed', message, {
    status,
    code,
    requestId: headers.get('x-request-id') ?? '',
    ...(retryAfterSeconds && { retryAfterSeconds }),
  });
}

function refused(
  reason: Refusal['reason'],
  message = '',
  more?: Partial<Refusal>,
): { refusal: Refusal } {
  const [zh, en] = REASONS[reason];
  return {
    refusal: { reason, text: { zh, en }, status: 0, code: -1, message, requestId: '', ...more },
  };
}

/** The code is not for the history, nor for a bookmark; the rest of the address is the page's own. */
function tidyAddress({ state, from }: UnderWay): { from?: string } {
  // The visitor may have gone elsewhere in the meantime.
  if (returnedHere().state !== state) return {};
  const address = ownAddress();
  const began = new URL(from);
  const isSamePage = began.pathname === address.pathname;
  if (isSamePage) {
    address.search ||= began.search;
    address.hash ||= began.hash;
  }
  history.replaceState(history.state, '', address);
  return isSamePage ? {} : { from };
}

interface Returned {
  readonly code?: string | undefined;
  readonly state?: string | undefined;
  /** Only of other providers. */
  readonly error?: string | undefined;
}

const returnedHere = (): Returned => Object.fromEntries(new URLSearchParams(location.search));

/** The page's address without what WeCom added for a sign-in of this tab. */
function ownAddress(): URL {
  const address = new URL(location.href);
  // WeCom's fragment, also as hash routers rewrite it, and behind a page's own.
  address.hash = address.hash.replace(/(^#\/?|#)wechat_redirect$/, '');
  if (underWay(returnedHere().state)) {
    const pairs = address.search.slice(1).split('&');
    address.search = pairs.filter((pair) => !/^(code|state|appid)=/.test(pair)).join('&');
  }
  return address;
}

/** The sign-in that this tab began with this state. */
function underWay(state?: string): UnderWay | undefined {
  return signIns().find((each) => each.state === state);
}

function signIns(): readonly UnderWay[] {
  return kept().signIns ?? [];
}

/** Nothing if the browser does not let this site store data, or if something else wrote there. */
function kept(): Kept {
  try {
    const stored: Kept = { ...JSON.parse(sessionStorage.getItem(STORED) ?? '') };
    for (const { from } of stored.signIns ?? []) new URL(from);
    return stored;
  } catch {
    return {};
  }
}

/** @returns whether the browser lets this site store data */
function keep(changes: Kept): boolean {
  try {
    sessionStorage.setItem(STORED, JSON.stringify({ ...kept(), ...changes }));
    return true;
  } catch {
    return false;
  }
}

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '');
