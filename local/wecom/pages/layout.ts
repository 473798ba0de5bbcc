import { createHash } from 'node:crypto';
import { type Answer, htmlAnswer } from '../wire/answer.ts';
import { Html, html } from './html.ts';
import { STYLE } from './style.ts';

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * No script, no image, no frame, one known stylesheet. form-action must stay open to every http(s) address:
 * browsers apply it to the redirect that follows the form too, and to the redirects after that one, which
 * belong to the customer's program.
 */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "form-action 'self' http: https:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface Page {
  title: string;
  /** A word on what is the emulator's and not WeCom's. */
  notice: Html;
  body: Html;
  status?: number;
}

/** A whole page. */
export function page({ title, notice, body, status = 200 }: Page): Answer {
  const document = html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<aside class="emulator" aria-label="模拟器 Emulator">${notice}</aside>
<main>${body}</main>
</body>
</html>
`;
  return htmlAnswer(status, document.text, {
    'Content-Security-Policy': POLICY,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
}

/** The heading of a card: who asks. */
export function heading(mark: string, title: string, subtitle: Html | string): Html {
  return html`<header><span class="mark" aria-hidden="true">${[...mark][0] ?? ''}</span>
<div><h1>${title}</h1><small>${subtitle}</small></div></header>`;
}
