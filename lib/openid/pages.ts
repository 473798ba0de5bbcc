import { type ErrorOut, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Bilingual } from '../bilingual.ts';

/** What a person sees of the provider. It looks like the demonstration page, local/page/browser/page.css. */
export interface Page {
  readonly kind: 'refused' | 'question' | 'done';
  readonly title: Bilingual;
  readonly text: Bilingual;
  /** HTML of ours between text and actions. */
  readonly content?: string;
  readonly actions?: readonly Action[];
  /** For the administrator whom the person asks, each on a line; no secret, no personal data. */
  readonly details?: readonly string[];
}

/** A button. The first one is the usual way on; a quiet one is another way. */
export type Action = { readonly label: Bilingual; readonly isQuiet?: boolean } & (
  | { readonly href: string }
  /** Sends a form without fields. */
  | { readonly postTo: string }
  /** Sends the form of `content` that has this id. */
  | { readonly formId: string; readonly field?: { readonly name: string; readonly value: string } }
);

/** Carries the id of the request to the pages of the library: see lib/http/openidServer.ts. */
export const REQUEST_ID_HEADER = 'x-request-id';

/**
 * A page in both languages. The browser's own language comes first: Chinese unless it asks for
 * another one before.
 */
export function renderPage(acceptLanguage: string | undefined, page: Page): string {
  const [first, second] = languagesOf(acceptLanguage);
  const { kind, title, text, content = '', actions = [], details = [] } = page;
  const both = (each: Bilingual) => bothLanguages(acceptLanguage, each);
  return `<!doctype html>
<html lang="${langOf(first)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title[first])}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${markOf(kind)}
<h1>${escapeHtml(title[first])}</h1>
<p>${escapeHtml(text[first])}</p>
<div lang="${langOf(second)}" class="second">
<h2>${escapeHtml(title[second])}</h2>
<p>${escapeHtml(text[second])}</p>
</div>
${content}
${actions.length > 0 ? `<div class="actions">${actions.map((each) => button(each, both(each.label))).join('\n')}</div>` : ''}
${details.length > 0 ? `<p class="details">${details.map((each) => `<code>${escapeHtml(each)}</code>`).join('\n')}</p>` : ''}
</main>
</body>
</html>
`;
}

/** A short text in both languages, as HTML: the browser's own first. */
export function bothLanguages(acceptLanguage: string | undefined, text: Bilingual): string {
  const [first, second] = languagesOf(acceptLanguage);
  return `${escapeHtml(text[first])} <span lang="${langOf(second)}">${escapeHtml(text[second])}</span>`;
}

function languagesOf(acceptLanguage: string | undefined) {
  const isChineseFirst = !/^\s*(?!zh)[a-z]/i.test(acceptLanguage ?? '');
  return isChineseFirst ? (['zh', 'en'] as const) : (['en', 'zh'] as const);
}

function button(action: Action, label: string): string {
  const look = action.isQuiet ? 'button quiet' : 'button';
  if ('href' in action) {
    return `<a class="${look}" href="${escapeHtml(action.href)}">${label}</a>`;
  }
  if ('postTo' in action) {
    const to = escapeHtml(action.postTo);
    return `<form method="post" action="${to}"><button class="${look}">${label}</button></form>`;
  }
  const { formId, field } = action;
  const value = field ? ` name="${escapeHtml(field.name)}" value="${escapeHtml(field.value)}"` : '';
  return `<button class="${look}" form="${escapeHtml(formId)}"${value}>${label}</button>`;
}

/** Headers of every page: nothing is loaded from anywhere, and no other site may frame it. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** A drawing for each kind. Screen readers skip it: the text says the same. */
const MARKS: Record<Page['kind'], string> = {
  refused: '<path d="M16 8.5v9.5M16 22.9v.1"/>',
  question: '<path d="M12 12.4a4 4 0 1 1 5.6 3.7c-1.1.5-1.6 1.2-1.6 2.4M16 23.4v.1"/>',
  done: '<path d="M9 16.5l4.6 4.6 9.9-11.1"/>',
};

function markOf(kind: Page['kind']): string {
  return `<svg class="mark ${kind}" viewBox="0 0 32 32" width="44" height="44" aria-hidden="true"><rect width="32" height="32" rx="8"/>${MARKS[kind]}</svg>`;
}

const STYLE = `:root{color-scheme:light dark;--ink:#1a2233;--soft:#566075;--line:#dde2ea;--edge:#8b95a7;--ground:#eef1f6;--paper:#fff;--accent:#1b5fd0;--hover:#174ca8;--on:#fff;--ring:#5a8dee;--bad:#a4262c;--good:#0b7a4b}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf5;--soft:#a3aec0;--line:#323c4d;--edge:#76839a;--ground:#10151e;--paper:#1a212d;--accent:#7cabff;--hover:#9cc0ff;--on:#10151e;--ring:#9cc0ff;--bad:#ff9a9e;--good:#5fd3a0}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;grid-template-columns:minmax(0,30rem);align-content:center;justify-content:center;padding:1.25rem 1rem;background:var(--ground);color:var(--ink);font:16px/1.6 -apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",system-ui,sans-serif}
main{padding:1.75rem 1.5rem;background:var(--paper);border:1px solid var(--line);border-radius:14px;box-shadow:0 6px 24px rgb(26 34 51/6%)}
.mark{display:block;margin-bottom:1rem}
.mark rect{fill:var(--accent)}
.mark.refused rect{fill:var(--bad)}
.mark.done rect{fill:var(--good)}
.mark path{fill:none;stroke:var(--on);stroke-width:3.2;stroke-linecap:round;stroke-linejoin:round}
h1{margin:0 0 .5rem;font-size:1.375rem;line-height:1.35;text-wrap:balance;overflow-wrap:anywhere}
h2{margin:0 0 .25rem;font-size:1rem;font-weight:600;line-height:1.45;overflow-wrap:anywhere}
p{margin:0;overflow-wrap:anywhere}
.second{margin-top:1.25rem;padding-top:1.25rem;border-top:1px solid var(--line);color:var(--soft);font-size:.9375rem}
.actions{margin-top:1.75rem;display:grid;gap:.75rem}
form{margin:0}
.button{display:block;width:100%;padding:.7rem 1.25rem;border:1px solid var(--accent);border-radius:10px;background:var(--accent);color:var(--on);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
.button:hover{background:var(--hover)}
.button span{display:inline-block;font-weight:400}
.quiet{border-color:var(--edge);background:none;color:var(--ink)}
.quiet:hover{background:var(--ground)}
.button:focus-visible{outline:3px solid var(--ring);outline-offset:2px}
ul{margin:1.25rem 0 0;padding:0;list-style:none;border-top:1px solid var(--line)}
li{padding:.625rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
small{display:block;color:var(--soft)}
.details{margin-top:1.5rem;color:var(--soft);font-size:.8125rem;line-height:1.5}
code{display:block;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media (min-width:40rem){main{padding:2.25rem 2.25rem 2rem}}`;

/** The page for an invalid request, or one that is over: no address to redirect to can be trusted. */
export async function renderError(
  context: KoaContextWithOIDC,
  { error, error_description }: ErrorOut,
  thrown: unknown,
): Promise<void> {
  const interaction = context.oidc.entities.Interaction;
  const isOver = thrown instanceof errors.SessionNotFound;
  const retryAddress = isOver && interaction ? requestAddress(interaction.params) : undefined;
  const detail = [error, error_description].filter(Boolean).join(': ');
  context.set(PAGE_HEADERS);
  context.body = renderPage(context.get('accept-language'), {
    kind: 'refused',
    ...(LOGOUT_PROBLEMS[context.path] ?? (isOver ? OVER : WRONG)),
    ...(retryAddress !== undefined && { actions: [signInAgain(retryAddress)] }),
    details: [detail, context.get(REQUEST_ID_HEADER)],
  });
}

/** The client's request as an address below the issuer, to begin it again. */
export function requestAddress(params: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(params).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return `/oauth2/authorize?${new URLSearchParams(given)}`;
}

const OVER = {
  title: { zh: '这次登录已结束', en: 'This sign-in is over' },
  text: {
    zh: '页面已过期、已使用过，或浏览器禁用了 Cookie。请回到应用重新登录。',
    en: 'The page has expired, was used before, or the browser blocks cookies. Go back to the application and sign in again.',
  },
};

const WRONG = {
  title: { zh: '无法登录', en: 'Sign-in is not possible' },
  text: {
    zh: '应用发来的登录请求有误。请把下面的内容告诉应用的管理员。',
    en: 'The application sent an invalid request. Show the text below to its administrator.',
  },
};

/** What is wrong with a sign-out, by the path. */
const LOGOUT_PROBLEMS: Readonly<
  Record<string, Pick<Page, 'title' | 'text' | 'actions'> | undefined>
> = {
  '/oauth2/logout': {
    title: { zh: '应用的退出请求有误', en: 'The application sent an invalid sign-out request' },
    text: {
      zh: '你可以在此退出登录。请把下面的内容告诉应用的管理员。',
      en: 'You can sign out here. Show the text below to the administrator of the application.',
    },
    actions: [{ label: { zh: '退出', en: 'Sign out' }, href: '/oauth2/logout' }],
  },
  '/oauth2/logout/confirm': {
    title: { zh: '退出页面已过期', en: 'The sign-out page has expired' },
    text: {
      zh: '你可能已经退出，或浏览器禁用了 Cookie。',
      en: 'You may be signed out already, or the browser blocks cookies.',
    },
    actions: [{ label: { zh: '重新退出', en: 'Sign out again' }, href: '/oauth2/logout' }],
  },
};

/** The page before a sign-out that the person has not confirmed. `form` comes from the library. */
export async function renderLogout(context: KoaContextWithOIDC, form: string): Promise<void> {
  // The library's name for it.
  const formId = 'op.logoutForm';
  context.set(PAGE_HEADERS);
  context.body = renderPage(context.get('accept-language'), {
    kind: 'question',
    title: { zh: '退出登录？', en: 'Sign out?' },
    text: {
      zh: '退出后，通过企业微信登录的应用需要重新登录。',
      en: 'Applications that you signed in to with WeCom will ask you to sign in again.',
    },
    content: form,
    actions: [
      { label: { zh: '退出', en: 'Sign out' }, formId, field: { name: 'logout', value: 'yes' } },
      { label: { zh: '保持登录', en: 'Stay signed in' }, formId, isQuiet: true },
    ],
  });
}

export async function renderLoggedOut(context: KoaContextWithOIDC): Promise<void> {
  context.set(PAGE_HEADERS);
  context.body = renderPage(context.get('accept-language'), {
    kind: 'done',
    title: { zh: '已退出登录', en: 'You are signed out' },
    text: { zh: '可以关闭此页面。', en: 'You can close this page.' },
  });
}

/**
 * The page for a person who may not use the application. One button tells the application so, the other
 * one is for a person in the browser of somebody else.
 */
export function renderRefused(
  acceptLanguage: string | undefined,
  refused: {
    readonly application: string;
    readonly permission: string;
    readonly uid: string;
    readonly params: Readonly<Record<string, unknown>>;
  },
): string {
  const { application, permission, uid, params } = refused;
  return renderPage(acceptLanguage, {
    kind: 'refused',
    title: { zh: `你没有使用「${application}」的权限`, en: `You may not use ${application}` },
    text: {
      zh: `请联系管理员授予你权限「${permission}」，然后重新登录。`,
      en: `Ask your administrator for the permission “${permission}”, then sign in again.`,
    },
    actions: [
      {
        label: { zh: '返回应用', en: 'Back to the application' },
        postTo: `/oauth2/refused/${uid}`,
      },
      {
        label: { zh: '换个账号', en: 'Use another account' },
        href: requestAddress({ ...params, prompt: 'login' }),
        isQuiet: true,
      },
    ],
  });
}

export function signInAgain(href: string): Action {
  return { label: { zh: '重新登录', en: 'Sign in again' }, href };
}

function langOf(language: 'zh' | 'en'): string {
  return language === 'zh' ? 'zh-CN' : 'en';
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
