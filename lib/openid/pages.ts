import { type ErrorOut, errors, type KoaContextWithOIDC } from 'oidc-provider';

/** A text in both languages of the people who read these pages. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

interface Page {
  readonly title: Bilingual;
  readonly text: Bilingual;
  /** For whoever is asked about it; no secret, no personal data. */
  readonly detail?: string;
  /** HTML of ours: forms and links. */
  readonly actions?: (label: (text: Bilingual) => string) => string;
}

/**
 * A page in both languages. The browser's own language comes first: Chinese unless it asks for
 * another one before.
 */
function renderPage(acceptLanguage: string | undefined, page: Page): string {
  const isChineseFirst = !/^\s*(?!zh)[a-z]/i.test(acceptLanguage ?? '');
  const [first, second] = isChineseFirst ? (['zh', 'en'] as const) : (['en', 'zh'] as const);
  const { title, text, detail, actions } = page;
  const label = (each: Bilingual) =>
    `${escapeHtml(each[first])} <span lang="${langOf(second)}">${escapeHtml(each[second])}</span>`;
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
<h1>${escapeHtml(title[first])}</h1>
<p>${escapeHtml(text[first])}</p>
<div lang="${langOf(second)}" class="second">
<h2>${escapeHtml(title[second])}</h2>
<p>${escapeHtml(text[second])}</p>
</div>
${actions ? `<div class="actions">${actions(label)}</div>` : ''}
${detail ? `<p class="detail"><code>${escapeHtml(detail)}</code></p>` : ''}
</main>
</body>
</html>
`;
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

const STYLE = `:root{color-scheme:light dark;--ink:#1b2430;--soft:#5b6675;--line:#d6dce4;--back:#f4f6f9;--card:#fff;--accent:#1f6feb}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf3;--soft:#9aa7b6;--line:#313b47;--back:#12171d;--card:#1a2129;--accent:#6ea8fe}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--back);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif}
main{width:100%;max-width:30rem;padding:32px;background:var(--card);border:1px solid var(--line);border-radius:12px}
h1{margin:0 0 8px;font-size:1.35rem;line-height:1.35}
h2{margin:0 0 4px;font-size:1rem;font-weight:600}
p{margin:0;overflow-wrap:anywhere}
.second{margin-top:20px;padding-top:20px;border-top:1px solid var(--line);color:var(--soft)}
.actions{margin-top:24px;display:grid;gap:12px}
button,.button{display:block;width:100%;padding:12px 16px;border:1px solid var(--accent);border-radius:8px;background:var(--accent);color:var(--card);font:inherit;text-align:center;text-decoration:none;cursor:pointer}
.plain{background:none;color:var(--accent)}
button:focus-visible,.button:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
.detail{margin-top:20px;color:var(--soft);font-size:.8125rem}`;

/** What a relying party did wrong, or what ended: a page, because no address to return to can be trusted. */
export async function renderError(
  context: KoaContextWithOIDC,
  { error, error_description }: ErrorOut,
  thrown: unknown,
): Promise<void> {
  const isOver = thrown instanceof errors.SessionNotFound;
  const interaction = context.oidc.entities.Interaction;
  context.set(PAGE_HEADERS);
  context.body = renderProblem(context.get('accept-language'), isOver ? OVER : WRONG, {
    ...(isOver && interaction && { retryAddress: requestAddress(interaction.params) }),
    detail: [error, error_description].filter(Boolean).join(': '),
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
    en: 'The page has expired, was used before, or the browser refuses cookies. Go back to the application and sign in again.',
  },
};

const WRONG = {
  title: { zh: '无法登录', en: 'Sign-in is not possible' },
  text: {
    zh: '应用发来的登录请求有误。请把下面的内容告诉应用的管理员。',
    en: 'The application sent a request that cannot be right. Tell its administrator what stands below.',
  },
};

/** The page before a sign-out that the person has not confirmed. `form` comes from the library. */
export async function renderLogout(context: KoaContextWithOIDC, form: string): Promise<void> {
  context.set(PAGE_HEADERS);
  context.body = renderPage(context.get('accept-language'), {
    title: { zh: '退出登录？', en: 'Sign out?' },
    text: {
      zh: '退出后，通过企业微信登录的应用需要重新登录。',
      en: 'Applications that you signed in to with WeCom will ask you to sign in again.',
    },
    actions: (label) => `${form}
<button type="submit" form="op.logoutForm" name="logout" value="yes">${label({ zh: '退出', en: 'Sign out' })}</button>
<button type="submit" form="op.logoutForm" class="plain">${label({ zh: '保持登录', en: 'Stay signed in' })}</button>`,
  });
}

export async function renderLoggedOut(context: KoaContextWithOIDC): Promise<void> {
  context.set(PAGE_HEADERS);
  context.body = renderPage(context.get('accept-language'), {
    title: { zh: '已退出登录', en: 'You are signed out' },
    text: { zh: '可以关闭此页面。', en: 'You can close this page.' },
  });
}

/** The person may not use the application; the button tells the application so. */
export function renderRefused(
  acceptLanguage: string | undefined,
  application: string,
  formAction: string,
): string {
  return renderPage(acceptLanguage, {
    title: { zh: `你没有使用「${application}」的权限`, en: `You may not use ${application}` },
    text: {
      zh: '请联系管理员为你授权，然后重新登录。',
      en: 'Ask your administrator for the permission, then sign in again.',
    },
    actions: (label) =>
      `<form method="post" action="${escapeHtml(formAction)}"><button type="submit">${label({ zh: '返回应用', en: 'Back to the application' })}</button></form>`,
  });
}

/** A sign-in at WeCom that did not end in a member. */
export function renderProblem(
  acceptLanguage: string | undefined,
  problem: { readonly title: Bilingual; readonly text: Bilingual },
  options: { readonly retryAddress?: string | undefined; readonly detail?: string } = {},
): string {
  const { retryAddress, detail } = options;
  return renderPage(acceptLanguage, {
    ...problem,
    ...(detail !== undefined && { detail }),
    ...(retryAddress !== undefined && {
      actions: (label: (text: Bilingual) => string) =>
        `<a class="button" href="${escapeHtml(retryAddress)}">${label({ zh: '重新登录', en: 'Sign in again' })}</a>`,
    }),
  });
}

function langOf(language: 'zh' | 'en'): string {
  return language === 'zh' ? 'zh-CN' : 'en';
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
