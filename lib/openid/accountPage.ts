import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { HandOverFailed, InvalidRequest, type WecomAuthError } from '../errors.ts';
import { s256 } from '../signin/pkce.ts';
import { type Action, bothLanguages, escapeHtml, PAGE_HEADERS, renderPage } from './pages.ts';
import { listSignIns, type SignIn, type SignInStore } from './signIns.ts';

/** The person's own page: where they are signed in, and the way out. */
const ACCOUNT_PATH = '/oauth2/account';

export interface AccountPageParts {
  readonly signIns: SignInStore;
  /** What the pages call the client; nothing for one that was removed. @throws StoreUnavailable */
  readonly nameOf: (clientId: string) => Promise<string | undefined>;
  /** Signs the person out of every application, on every device. @returns whether that has begun */
  readonly signOutEverywhere: (sub: string, context: Context) => Promise<boolean>;
  /** Gives a page that refuses its error, for the header and the log. */
  readonly noteRefusal: (context: Context, error: WecomAuthError) => void;
}

type Context = Pick<KoaContextWithOIDC, 'req' | 'res' | 'path' | 'method' | 'get' | 'set'> & {
  body: unknown;
  status: number;
};

/** Applications beyond these are counted only. */
const MAX_SHOWN = 50;
const FORM_ID = 'everywhere';

/**
 * Answers the person's own page, before the library's routes.
 *
 * The form has a token of the session, which another site does not know. A form of another site does
 * not carry the cookie either (`SameSite=Lax`).
 */
export function accountPage(provider: Provider, parts: AccountPageParts) {
  return async (context: Context, next: () => Promise<unknown>): Promise<void> => {
    if (context.path !== ACCOUNT_PATH) return void (await next());
    const language = context.get('accept-language');
    context.set(PAGE_HEADERS);
    const session = await provider.Session.get(context as never);
    const sub = session.accountId;
    if (!sub) {
      context.body = renderPage(language, NOT_SIGNED_IN);
      return;
    }
    const token = s256(`account ${session.jti}`);
    if (context.method !== 'POST') {
      const all = (await listSignIns(parts.signIns, sub)).filter(({ hasEnded }) => !hasEnded);
      const content = await contentOf(all, s256(session.uid), token, language, parts);
      context.body = renderPage(language, { ...SIGNED_IN, content });
      return;
    }
    if ((await fieldsOf(context)).get('xsrf') !== token) {
      context.status = 400;
      context.body = renderPage(language, EXPIRED);
      parts.noteRefusal(context, new InvalidRequest(EXPIRED.title.zh));
      return;
    }
    if (!(await parts.signOutEverywhere(sub, context))) {
      context.status = 503;
      context.body = renderPage(language, NOT_NOW);
      parts.noteRefusal(context, new HandOverFailed('The person is not signed out'));
      return;
    }
    await session.destroy();
    context.body = renderPage(language, SIGNED_OUT);
  };
}

async function contentOf(
  all: readonly SignIn[],
  here: string,
  token: string,
  language: string,
  { nameOf }: AccountPageParts,
): Promise<string> {
  // One line for each application: `here` if one of its sign-ins is.
  const isHere = new Map<string, boolean>();
  for (const { clientId, session } of all) {
    isHere.set(clientId, session === here || isHere.get(clientId) === true);
  }
  const clientIds = [...isHere.keys()];
  const shown = clientIds.slice(0, MAX_SHOWN);
  const names = await Promise.all(shown.map(async (id) => (await nameOf(id)) ?? id));
  const lines = shown.map((id, at) => {
    const where = bothLanguages(language, isHere.get(id) ? HERE : ELSEWHERE);
    return `<li>${escapeHtml(names[at] ?? id)} <small>${where}</small></li>`;
  });
  const more = clientIds.length - shown.length;
  const form = `<form id="${FORM_ID}" method="post" action="${ACCOUNT_PATH}"><input type="hidden" name="xsrf" value="${token}"></form>`;
  return `<ul>${lines.join('')}${more > 0 ? `<li>+ ${more}</li>` : ''}</ul>${form}`;
}

/** The form that was sent. `askProvider` has bounded its size. */
async function fieldsOf({ req }: Context): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(Buffer.from(chunk));
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

const HERE = { zh: '此浏览器', en: 'this browser' };
const ELSEWHERE = { zh: '其他浏览器', en: 'another browser' };

const ACTIONS: readonly Action[] = [
  { label: { zh: '在此浏览器退出', en: 'Sign out of this browser' }, href: '/oauth2/logout' },
  { label: { zh: '在所有设备上退出', en: 'Sign out everywhere' }, formId: FORM_ID, isQuiet: true },
];

const SIGNED_IN = {
  kind: 'done',
  title: { zh: '你登录的应用', en: 'Where you are signed in' },
  text: {
    zh: '你用企业微信登录了以下应用。',
    en: 'You are signed in to these applications with WeCom.',
  },
  actions: ACTIONS,
} as const;

const NOT_SIGNED_IN = {
  kind: 'question',
  title: { zh: '你没有登录', en: 'You are not signed in' },
  text: {
    zh: '在某个应用中用企业微信登录后，这里会显示你登录了哪些应用。',
    en: 'Sign in to an application with WeCom. This page then shows where you are signed in.',
  },
} as const;

const EXPIRED = {
  kind: 'refused',
  title: { zh: '页面已过期', en: 'The page has expired' },
  text: { zh: '没有退出任何应用。', en: 'You were not signed out of anything.' },
  actions: [{ label: { zh: '重新打开', en: 'Open it again' }, href: ACCOUNT_PATH }],
} as const;

const NOT_NOW = {
  kind: 'refused',
  title: { zh: '暂时无法退出', en: 'You cannot be signed out now' },
  text: {
    zh: '你仍登录着所有应用。请稍后重试。',
    en: 'You are still signed in everywhere. Try again in a moment.',
  },
  actions: [{ label: { zh: '重试', en: 'Try again' }, href: ACCOUNT_PATH }],
} as const;

const SIGNED_OUT = {
  kind: 'done',
  title: { zh: '正在所有设备上退出', en: 'You are being signed out everywhere' },
  text: {
    zh: '支持退出通知的应用会立即退出，其他应用在各自的会话到期后退出。可以关闭此页面。',
    en: 'Applications that take logout tokens sign you out at once, others when their own sessions end. You can close this page.',
  },
} as const;
