import type Provider from 'oidc-provider';
import {
  InvalidRequest,
  MemberInactive,
  NotAMember,
  RetryWithin,
  WecomAuthError,
} from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Client } from '../openid/clients.ts';
import { PAGE_HEADERS, renderProblem, renderRefused } from '../openid/pages.ts';
import {
  browserCookie,
  isSameBrowser,
  type StateProblem,
  type WecomSignIn,
} from '../openid/wecomSignIn.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import type { Answer } from './answer.ts';
import type { HttpRequest } from './request.ts';

/** What the pages need of the provider; see lib/app/openid.ts. */
export interface OpenidBrowser {
  provider(invocation: Invocation): Promise<Provider>;
  issuer(): string;
  clientOf(clientId: string): Promise<Client | undefined>;
  ask(request: HttpRequest, invocation: Invocation): Promise<Answer>;
  wecomSignIn(): WecomSignIn;
}

const UID = /^[\w-]{10,128}$/;

/** Answers what a browser visits of the provider, always with a page or a redirect. */
export async function answerBrowser(
  openid: OpenidBrowser,
  request: HttpRequest,
  invocation: Invocation,
): Promise<Answer> {
  const { method, path } = request;
  if (path === '/oauth2/wecom') return wecomReturned(openid, request, invocation);
  const [, refused] = /^\/oauth2\/refused\/([^/]+)$/.exec(path) ?? [];
  if (refused !== undefined) return refusedPage(openid, refused, request, invocation);
  if (path === '/oauth2/authorize' && method === 'POST') return authorizeByGet(request);
  const [, resumed] = /^\/oauth2\/authorize\/([^/]+)$/.exec(path) ?? [];
  if (resumed !== undefined && !(await mayResume(openid, resumed, request, invocation))) {
    return problemPage(request, 400, OTHER_BROWSER);
  }
  return openid.ask(request, invocation);
}

/** OpenID Connect Core §3.1.2.1 allows POST. The same request by GET carries the browser's cookies. */
function authorizeByGet({ body, isBase64Encoded }: HttpRequest): Answer {
  const form = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
  const query = new URLSearchParams(form).toString();
  if (query.length > 8 * 1024) throw new InvalidRequest('请求体过大');
  return { status: 303, headers: { location: `/oauth2/authorize?${query}` }, body: '' };
}

/** The interaction goes on only in the browser that came back from WeCom. */
async function mayResume(
  openid: OpenidBrowser,
  uid: string,
  request: HttpRequest,
  invocation: Invocation,
): Promise<boolean> {
  if (!UID.test(uid)) return false;
  const interaction = await (await openid.provider(invocation)).Interaction.find(uid);
  // The library's own page says that the interaction is over.
  if (interaction === undefined) return true;
  return isSameBrowser(interaction.result, request.cookies[browserCookie(openid.issuer())]);
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
  if (
    query.getAll('code').length > 1 ||
    (code !== undefined && !/^[\w.~+/=-]{1,512}$/.test(code))
  ) {
    return problemPage(request, 400, PROBLEMS.unknown);
  }
  try {
    const returned = await openid.wecomSignIn().finish(
      await openid.provider(invocation),
      {
        ...(code !== undefined && { code }),
        ...(state !== undefined && { state }),
        browser: request.cookies[browserCookie(openid.issuer())],
      },
      invocation,
    );
    if (returned.do === 'redirect') {
      return { status: 303, headers: { location: returned.location }, body: '' };
    }
    invocation.log.info('A return from WeCom is refused', { refusal: returned.why });
    return problemPage(request, 400, PROBLEMS[returned.why], returned.retryPath);
  } catch (thrown) {
    const error = thrown instanceof RetryWithin ? thrown.cause : thrown;
    const refusal = refusalOf(error);
    if (refusal === undefined) throw thrown;
    const details = error instanceof WecomAuthError ? { error: error.code, ...error.details } : {};
    invocation.log.info('WeCom or the corp refuses the visitor', details);
    return problemPage(request, 403, refusal);
  }
}

type Problem = Parameters<typeof renderProblem>[1];

/** What a visitor is told whom WeCom does not show as an active member. */
function refusalOf(error: unknown): Problem | undefined {
  if (error instanceof NotAMember) return NOT_A_MEMBER;
  if (error instanceof MemberInactive) return INACTIVE;
  if (error instanceof WecomErrcode && error.entry.fault === 'visitor') return PROBLEMS.used;
  return undefined;
}

async function refusedPage(
  openid: OpenidBrowser,
  uid: string,
  request: HttpRequest,
  invocation: Invocation,
): Promise<Answer> {
  const interaction = UID.test(uid)
    ? await (await openid.provider(invocation)).Interaction.find(uid)
    : undefined;
  if (interaction?.prompt.name !== 'access') return problemPage(request, 400, PROBLEMS.expired);
  if (request.method === 'POST') {
    interaction.result = {
      error: 'access_denied',
      error_description: 'the member may not use this application',
      // The button is pressed in the browser that shows the page; the library checks its own cookie.
      ...{ browserHash: (interaction.lastSubmission as { browserHash?: unknown })?.browserHash },
    };
    await interaction.persist();
    return { status: 303, headers: { location: interaction.returnTo }, body: '' };
  }
  const clientId = String(interaction.params['client_id']);
  const client = await openid.clientOf(clientId);
  const body = renderRefused(
    request.headers['accept-language'],
    client?.name ?? clientId,
    `/oauth2/refused/${uid}`,
  );
  return { status: 403, headers: PAGE_HEADERS, body };
}

function problemPage(
  request: HttpRequest,
  status: number,
  problem: Problem,
  retryAddress?: string,
): Answer {
  const body = renderProblem(request.headers['accept-language'], problem, { retryAddress });
  return { status, headers: PAGE_HEADERS, body };
}

const OTHER_BROWSER: Problem = {
  title: { zh: '请在同一个浏览器中登录', en: 'Sign in with one browser' },
  text: {
    zh: '这次登录是在另一个浏览器中开始的，或者浏览器禁用了 Cookie。请回到应用重新登录。',
    en: 'This sign-in began in another browser, or this one refuses cookies. Go back to the application and sign in again.',
  },
};

const PROBLEMS: Record<StateProblem, Problem> = {
  absent: {
    title: { zh: '缺少登录状态', en: 'The sign-in has no state' },
    text: {
      zh: '请从应用重新登录。',
      en: 'Begin at the application.',
    },
  },
  unknown: {
    title: { zh: '登录状态无效', en: 'The sign-in is not known' },
    text: { zh: '请回到应用重新登录。', en: 'Go back to the application and sign in again.' },
  },
  expired: {
    title: { zh: '登录已过期', en: 'The sign-in has expired' },
    text: {
      zh: '登录用时超过十分钟，或已经完成。',
      en: 'It took longer than ten minutes, or it is already complete.',
    },
  },
  used: {
    title: { zh: '这次登录已使用过', en: 'This sign-in was used before' },
    text: { zh: '请重新登录。', en: 'Sign in again.' },
  },
  'other-browser': OTHER_BROWSER,
};

const NOT_A_MEMBER: Problem = {
  title: { zh: '你不是该企业的成员', en: 'You are not a member of the company' },
  text: {
    zh: '请使用企业成员的企业微信帐号登录。',
    en: "Sign in with a WeCom account of the company's.",
  },
};

const INACTIVE: Problem = {
  title: { zh: '你的帐号未激活、已禁用或已退出企业', en: 'Your account is not active' },
  text: { zh: '请联系企业管理员。', en: "Ask the company's administrator." },
};
