import { createHash } from 'node:crypto';
import { type Answer, htmlAnswer } from '../wire/answer.ts';
import type { Incoming } from '../wire/request.ts';
import type { Rule } from '../wire/rule.ts';
import { Html, html } from './html.ts';
import { inLanguage, keepLanguage, languageOf, type Words } from './language.ts';
import { PANEL_SCRIPT } from './panelScript.ts';
import { STYLE } from './style.ts';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * No script, no image, no frame, one known stylesheet. form-action must stay open to every http(s) address:
 * browsers apply it to the redirect that follows the form too, and to the redirects after that one, which
 * belong to the customer's program. The console's forms stay here.
 */
function policyOf(isConsole: boolean): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    isConsole ? "form-action 'self'" : "form-action 'self' http: https:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The same for the login panel: a program's page frames it, and its script speaks with that page. */
const PANEL_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  `script-src 'sha256-${createHash('sha256').update(PANEL_SCRIPT).digest('base64')}'`,
  "connect-src 'self'",
  "form-action 'self' http: https:",
  "base-uri 'none'",
  'frame-ancestors http: https:',
].join('; ');

/** A page in both languages, before the browser's is known. */
export interface Page {
  title: Words;
  /** A word on what is the emulator's and not WeCom's. */
  notice: Html;
  body: Html;
  /** A page of the console: wider, and its forms go nowhere else. */
  isConsole?: boolean;
  /** For the call log: why it is shown instead of what was asked for. */
  rule?: Rule;
}

/** Whether it is a page that is still to be rendered. */
export function isPage(answer: Answer | Page): answer is Page {
  return 'notice' in answer;
}

/**
 * The whole page, in the language of the browser that asked.
 *
 * @param script what runs in it: the login panel's, or none
 */
export function renderPage(
  { title, notice, body, rule, isConsole = false }: Page,
  incoming: Incoming,
  script?: typeof PANEL_SCRIPT,
): Answer {
  const language = languageOf(incoming);
  const other = language === 'zh' ? 'en' : 'zh';
  const document = html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title[language]}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<aside class="emulator" aria-label="${language === 'zh' ? '模拟器' : 'Emulator'}"><p>${notice}</p>
<a class="language" href="${inLanguage(incoming, other)}">${other === 'en' ? 'English' : '中文'}</a></aside>
<main${isConsole && html` class="wide"`}>${body}</main>
${script !== undefined && html`<script>${new Html(script)}</script>`}</body>
</html>
`;
  const answer = htmlAnswer(200, document.text, {
    'Content-Security-Policy': script === undefined ? policyOf(isConsole) : PANEL_POLICY,
    'Cache-Control': 'no-store',
    // Not no-referrer: browsers then send `Origin: null` with the console's own forms.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    ...keepLanguage(incoming),
  });
  return rule === undefined ? answer : { ...answer, rule };
}

/** The heading of a card: who asks. */
export function heading(mark: string, title: Html | string, subtitle: Html | string): Html {
  return html`<header><span class="mark" aria-hidden="true">${[...mark][0] ?? ''}</span>
<div><h1>${title}</h1><small>${subtitle}</small></div></header>`;
}
