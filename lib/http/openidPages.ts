import type Provider from 'oidc-provider';
import * as v from 'valibot';
import { Forbidden, InvalidRequest, MemberInactive, NotAMember, RetryWithin } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Client } from '../openid/clients.ts';
import {
  type Action,
  PAGE_HEADERS,
  type Page,
  renderPage,
  renderRefused,
  signInAgain,
} from '../openid/pages.ts';
import { INTERACTION_COOKIE, RESUME_COOKIE } from '../openid/provider.ts';
import { type StateProblem, WecomStateRefused } from '../openid/refusal.ts';
import { isSameBrowser, readBrowserCookies, type WecomSignIn } from '../openid/wecomSignIn.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import type { Answer } from './answer.ts';
import { preflight } from './cors.ts';
import type { ErrorAnswer } from './errorAnswers.ts';
import { MAX_QUERY_CHARACTERS, readForm, requireMethod } from './openidServer.ts';
import type { HttpRequest } from './request.ts';
import { Code } from './signInRequest.ts';

/** What the pages need of the provider; see lib/app/openid.ts. */
export interface OpenidBrowser {
  provider(invocation: Invocation): Promise<Provider>;
  issuer(): string;
  clientOf(clientId: string): Promise<Client | undefined>;
  ask(request: HttpRequest, invocation: Invocation): Promise<Answer>;
  wecomSignIn(): WecomSignIn;
}

/** The methods of each page. */
const METHODS = {
  '/oauth2/authorize': ['GET', 'POST'],
  '/oauth2/authorize/{uid}': ['GET'],
  '/oauth2/wecom': ['GET'],
  '/oauth2/refused/{uid}': ['GET', 'POST'],
  '/oauth2/logout': ['GET', 'POST'],
  '/oauth2/logout/confirm': ['POST'],
  '/oauth2/logout/success': ['GET'],
  '/oauth2/account': ['GET', 'POST'],
} as const;

/** Their forms are on pages of the provider, so the browser sends its cookies with a POST. */
const OWN_FORMS = ['/oauth2/logout/confirm', '/oauth2/account'];

/**
 * Answers a browser at an address of the provider, always with a page or a redirect.
 *
 * @throws NotFound, MethodNotAllowed, and what the provider or WeCom throw; see `errorPage`
 */
export async function answerBrowser(
  openid: OpenidBrowser,
  request: HttpRequest,
  invocation: Invocation,
): Promise<Answer> {
  const { method, path } = request;
  if (method === 'OPTIONS') return preflight(request);
  const [, action, uid = ''] = /^\/oauth2\/(authorize|refused)\/([\w-]{10,128})$/.exec(path) ?? [];
  requireMethod(METHODS, action ? `/oauth2/${action}/{uid}` : path, method);
  if (action === 'authorize') return resume(openid, uid, request, invocation);
  if (action === 'refused') return refusedPage(openid, uid, request, invocation);
  if (path === '/oauth2/wecom') return wecomReturned(openid, request, invocation);
  if (method === 'POST' && !OWN_FORMS.includes(path)) return sameByGet(request);
  return openid.ask(forPage(request), invocation);
}

/** To a request that prefers JSON, the library answers an error as JSON, without our page and its headers. */
function forPage(request: HttpRequest): HttpRequest {
  return { ...request, headers: { ...request.headers, accept: 'text/html' } };
}

/**
 * OpenID Connect allows POST for the authorization (Core §3.1.2.1) and for the logout. The same
 * request by GET carries the browser's cookies, which a POST from another site does not.
 */
function sameByGet(request: HttpRequest): Answer {
  const query = readForm(request).toString();
  if (query.length > MAX_QUERY_CHARACTERS) throw new InvalidRequest('请求体过大');
  return { status: 303, headers: { location: `${request.path}?${query}` }, body: '' };
}

/**
 * Resumes an interaction, only in the browser that came back from WeCom.
 *
 * The library reads the interaction from its cookie and not from the path, so both must name the same
 * one. Another host of the domain can set that cookie. So a result that signs somebody in is bound to
 * our own cookie too, which no other host can set.
 */
async function resume(
  openid: OpenidBrowser,
  uid: string,
  request: HttpRequest,
  invocation: Invocation,
): Promise<Answer> {
  const interaction = await (await openid.provider(invocation)).Interaction.find(uid);
  if (interaction === undefined) return statePage(request, 'expired');
  const { result } = interaction;
  const browser = readBrowserCookies(request.cookies, openid.issuer());
  // The result of the refused page signs nobody in.
  const isBound = result !== undefined && (!('login' in result) || isSameBrowser(result, browser));
  if (!isBound || request.cookies[RESUME_COOKIE] !== uid) {
    return statePage(request, 'other-browser');
  }
  return openid.ask(forPage(request), invocation);
}

async function wecomReturned(
  openid: OpenidBrowser,
  request: HttpRequest,
  invocation: Invocation,
): Promise<Answer> {
  const query = new URLSearchParams(request.rawQuery);
  const one = (name: string) =>
    query.getAll(name).length > 1 ? undefined : query.get(name) || undefined;
  const code = one('code');
  const state = one('state');
  const browser = readBrowserCookies(request.cookies, openid.issuer());
  // Without a code the member has cancelled, so one that cannot be read is refused.
  if (query.getAll('code').length > 1 || (code !== undefined && !v.is(Code, code))) {
    return statePage(request, 'unknown');
  }
  try {
    const provider = await openid.provider(invocation);
    const returned = await openid
      .wecomSignIn()
      .finish(provider, { code, state, browser }, invocation);
    if (returned.do === 'redirect') {
      return { status: 303, headers: { location: returned.location }, body: '' };
    }
    return statePage(request, returned.why, returned.retryPath);
  } catch (thrown) {
    const error = thrown instanceof RetryWithin ? thrown.cause : thrown;
    const refusal = refusalOf(error);
    if (refusal === undefined) throw thrown;
    const retryPath = await openid.wecomSignIn().retryPath(state ?? '', browser);
    return problemPage(request, { status: 403, problem: refusal, retryPath, error });
  }
}

type Problem = Pick<Page, 'title' | 'text'>;

/** The text for a visitor who is no active member, or whose code or membership WeCom refuses. */
function refusalOf(error: unknown): Problem | undefined {
  if (error instanceof NotAMember) return NOT_A_MEMBER;
  if (error instanceof MemberInactive) return INACTIVE;
  if (!(error instanceof WecomErrcode) || !error.refusesVisitor) return undefined;
  return error.entry.fault === 'visitor' ? PROBLEMS.used : REFUSED_BY_WECOM;
}

async function refusedPage(
  openid: OpenidBrowser,
  uid: string,
  request: HttpRequest,
  invocation: Invocation,
): Promise<Answer> {
  const interaction = await (await openid.provider(invocation)).Interaction.find(uid);
  if (interaction?.prompt.name !== 'access') return statePage(request, 'expired');
  if (request.method === 'POST') {
    // SameSite=Lax keeps the cookie from a form of another site.
    if (request.cookies[INTERACTION_COOKIE] !== uid) return statePage(request, 'other-browser');
    interaction.result = {
      error: 'access_denied',
      error_description: 'the member may not use this application',
    };
    await interaction.persist();
    return { status: 303, headers: { location: interaction.returnTo }, body: '' };
  }
  const { params } = interaction;
  const clientId = String(params['client_id']);
  const client = await openid.clientOf(clientId);
  // The client was removed while the person was at WeCom.
  if (client === undefined) return statePage(request, 'expired');
  const { name: application, permission } = client;
  const body = renderRefused(request.headers['accept-language'], {
    application,
    permission,
    uid,
    params,
  });
  const error = new Forbidden('The member may not use the application', {
    client: clientId,
    permission,
    advice: `If the member should use it, see npm run permissions -- explain <userid> ${permission}.`,
    adviceZh: `如需允许该成员使用，查看 npm run permissions -- explain <userid> ${permission}。`,
  });
  return { status: 403, headers: PAGE_HEADERS, body, error };
}

/** The page for an error of `answerBrowser`, with its code and the request's id for the administrator. */
export function errorPage(
  request: HttpRequest,
  { status, headers }: ErrorAnswer,
  requestId: string,
): Pick<Answer, 'headers' | 'body'> {
  const problem = status === 503 ? BUSY : status >= 500 ? FAILED : NOT_POSSIBLE;
  const canReload = status >= 500 && request.method === 'GET';
  const body = renderPage(request.headers['accept-language'], {
    kind: 'refused',
    ...problem,
    ...(canReload && { actions: [RELOAD] }),
    details: [headers?.['x-error-code'] ?? '', requestId],
  });
  return { headers: { ...headers, ...PAGE_HEADERS }, body };
}

/** The page for a sign-in that is over, or does not belong to this browser. */
function statePage(request: HttpRequest, found: StateProblem, retryPath?: string): Answer {
  // A browser that began a sign-in and keeps cookies has one.
  const hasCookies = Object.keys(request.cookies).length > 0;
  const why = found === 'other-browser' && !hasCookies ? 'no-cookies' : found;
  const { title, text } = PROBLEMS[why];
  // Without the button, the person has to go back to the application.
  const problem =
    retryPath === undefined
      ? { title, text: { zh: `${text.zh}${GO_BACK.zh}`, en: `${text.en} ${GO_BACK.en}` } }
      : { title, text };
  const error = new WecomStateRefused(why);
  return problemPage(request, { status: 400, problem, retryPath, error });
}

function problemPage(
  request: HttpRequest,
  refused: {
    readonly status: number;
    readonly problem: Problem;
    readonly retryPath: string | undefined;
    readonly error: unknown;
  },
): Answer {
  const { status, problem, retryPath, error } = refused;
  const body = renderPage(request.headers['accept-language'], {
    kind: 'refused',
    ...problem,
    ...(retryPath !== undefined && { actions: [signInAgain(retryPath)] }),
  });
  return { status, headers: PAGE_HEADERS, body, error };
}

/** Opens the same address again: its code may be unspent. */
const RELOAD: Action = { label: { zh: '重试', en: 'Try again' }, href: '' };

const GO_BACK = {
  zh: '请回到应用重新登录。',
  en: 'Go back to the application and sign in again.',
};

const PROBLEMS: Record<StateProblem, Problem> = {
  absent: {
    title: { zh: '请从应用开始登录', en: 'Begin at the application' },
    text: { zh: '此页面只在登录过程中打开。', en: 'This page opens only during a sign-in.' },
  },
  unknown: {
    title: { zh: '这次登录无效', en: 'This sign-in is not valid' },
    text: {
      zh: '登录早已过期，或链接不完整。',
      en: 'It expired long ago, or the link is incomplete.',
    },
  },
  expired: {
    title: { zh: '登录已过期', en: 'The sign-in has expired' },
    text: {
      zh: '一次登录只能使用一次，并须在十分钟内完成。',
      en: 'A sign-in works once, for ten minutes.',
    },
  },
  used: {
    title: { zh: '这次登录已使用过', en: 'This sign-in was used before' },
    text: { zh: '一次登录只能使用一次。', en: 'A sign-in works once.' },
  },
  'other-browser': {
    title: { zh: '请在同一个浏览器中登录', en: 'Sign in with one browser' },
    text: {
      zh: '这次登录是在另一个浏览器中开始的。',
      en: 'This sign-in began in another browser.',
    },
  },
  'no-cookies': {
    title: { zh: '浏览器没有发送 Cookie', en: 'Your browser sends no cookies' },
    text: {
      zh: '浏览器可能禁用了 Cookie：请允许本网站使用 Cookie。如果登录是在另一个浏览器中开始的，请使用那个浏览器。',
      en: 'It probably blocks them: allow cookies for this site. If you began in another browser, use that one.',
    },
  },
};

const NOT_A_MEMBER: Problem = {
  title: { zh: '你不是该企业的成员', en: 'You are not a member of the company' },
  text: {
    zh: '请使用企业成员的企业微信账号登录。',
    en: 'Sign in with the WeCom account of a member of the company.',
  },
};

const INACTIVE: Problem = {
  title: { zh: '你的账号未激活、已禁用或已退出企业', en: 'Your account is not active' },
  text: { zh: '请联系企业管理员。', en: "Ask the company's administrator." },
};

const REFUSED_BY_WECOM: Problem = {
  title: { zh: '企业微信拒绝了这次登录', en: 'WeCom refuses this sign-in' },
  text: {
    zh: '你可能不在应用的可见范围内。请联系企业管理员。',
    en: "You may be outside the app's visible range. Ask the company's administrator.",
  },
};

const BUSY: Problem = {
  title: { zh: '企业微信暂时繁忙', en: 'WeCom is busy' },
  text: { zh: '请稍候片刻，然后重试。', en: 'Wait a moment, then try again.' },
};

const FAILED: Problem = {
  title: { zh: '系统出现故障', en: 'The system has a fault' },
  text: {
    zh: '请稍后重试；如仍失败，请把下面的内容告诉管理员。',
    en: 'Try again later. If it still fails, show the text below to your administrator.',
  },
};

const NOT_POSSIBLE: Problem = {
  title: { zh: '无法打开此页面', en: 'This page cannot be opened' },
  text: GO_BACK,
};
