import type { Directory } from '../directory/directory.ts';
import { Impossible } from '../directory/impossible.ts';
import { type Html, html } from '../pages/html.ts';
import type { Wecom } from '../wecom.ts';
import { documentUrl, type Rule } from '../wire/rule.ts';
import type { Undo } from './situations.ts';

/** What a page of the console is made from. */
export interface View {
  wecom: Wecom;
  directory: Directory;
  /** Picks the text of the browser's language. */
  say(zh: string, en: string): string;
  /** Of the page, without the language. */
  query: URLSearchParams;
  /** What was made to fail, by situation. */
  undo: Map<string, Undo>;
}

/** The content of a page. */
export interface Shown {
  title: string;
  body: Html;
  /** Absent: 200. */
  status?: number;
}

/** One page, or the pages of one kind of thing, and what can be done there. */
export interface Section {
  /**
   * @param part the last part of the address: the thing that is shown
   * @returns nothing if there is no such thing
   */
  page(view: View, part: string): Shown | undefined;
  /** By the value of the form's `do`. Each throws an error with a sentence for the user. */
  actions: Readonly<Record<string, Action>>;
}

/** @returns where to go, or what to show once; nothing to come back to the page */
type Action = (
  view: View,
  form: URLSearchParams,
  part: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: most changes return nothing.
) => Shown | string | undefined | void;

/** The address of the console's pages, without a slash at the end. */
export const CONSOLE = '/__admin/console';

/** Rows on one page of a list. */
const ROWS = 50;

/** The rows of the page that the query asks for, and links to the others. */
export function paged<Item>(
  { say, query }: View,
  items: readonly Item[],
): { rows: readonly Item[]; pager: Html | undefined } {
  const last = Math.max(1, Math.ceil(items.length / ROWS));
  const asked = Number(/^\d{1,6}$/.exec(query.get('page') ?? '')?.[0] ?? 1);
  const page = Math.min(Math.max(asked, 1), last);
  const rows = items.slice((page - 1) * ROWS, page * ROWS);
  if (last === 1) return { rows, pager: undefined };
  const link = (to: number, text: string) =>
    to >= 1 && to <= last && html`<a href="${withQuery(query, { page: String(to) })}">${text}</a>`;
  const pager = html`<nav class="pager" aria-label="${say('分页', 'Pages')}">${link(page - 1, say('上一页', 'Previous'))}<span>${say(`第 ${page} / ${last} 页`, `Page ${page} of ${last}`)}</span>${link(page + 1, say('下一页', 'Next'))}</nav>`;
  return { rows, pager };
}

/** The same page with other parameters; `undefined` removes one. */
export function withQuery(
  query: URLSearchParams,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const next = new URLSearchParams(query);
  next.delete('done');
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  return `?${next}`;
}

/** @param label the name of the region that scrolls if the table is too wide */
export function table(
  label: string,
  head: readonly string[],
  rows: readonly (readonly (Html | string | number)[])[],
): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

interface ButtonOptions {
  fields?: Html | readonly Html[];
  /** Hidden values. */
  values?: Readonly<Record<string, string | number>>;
  kind?: 'quiet' | 'danger';
  /** The name of the button where its text alone does not say of what. */
  name?: string;
}

/** A form with one button, which does something on this page. */
export function doing(action: string, text: string, options: ButtonOptions = {}): Html {
  const { fields = [], values = {}, kind = 'quiet', name } = options;
  const hidden = Object.entries(values).map(
    ([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`,
  );
  return html`<form method="post" class="doing">${hidden}${fields}<button class="${kind}" name="do" value="${action}"${name !== undefined && html` aria-label="${name}"`}>${text}</button></form>`;
}

interface InputOptions {
  value?: string | number;
  type?: 'text' | 'number' | 'search' | 'url';
  placeholder?: string;
  required?: boolean;
  /** Takes the whole line. */
  wide?: boolean;
}

export function input(label: string, name: string, options: InputOptions = {}): Html {
  const { value = '', type = 'text', placeholder = '', required = false, wide = false } = options;
  return html`<label class="${wide ? 'entry wide' : 'entry'}"><span>${label}</span><input type="${type}" name="${name}" value="${value}" placeholder="${placeholder}" autocomplete="off" spellcheck="false"${required && html` required`}></label>`;
}

export function select(
  label: string,
  name: string,
  choices: readonly (readonly [value: string, text: string])[],
  chosen: string,
): Html {
  const options = choices.map(
    ([value, text]) =>
      html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`,
  );
  return html`<label class="entry"><span>${label}</span><select name="${name}">${options}</select></label>`;
}

/** The sentence of a rule with a link to its document. */
export function explained({ say }: View, rule: Rule): Html {
  const { zh, en, document } = rule;
  return html`<span>${coded(say(zh, en))}</span>${document !== undefined && html` <a class="document" href="${documentUrl(document)}" rel="noreferrer">${say(`文档 ${document}`, `Document ${document}`)}</a>`}`;
}

/** A sentence in which backquotes enclose what is code. */
export function coded(text: string): Html[] {
  return text
    .split('`')
    .map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}

/** `2026-03-02 09:00:00` in the time zone of this machine. */
export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toLocaleString('sv-SE');
}

/** Whole numbers that are separated by commas or spaces. @throws Error for anything else */
export function numbersOf(text: string | null): number[] {
  return wordsOf(text).map((word) => {
    if (!/^\d{1,15}$/.test(word))
      throw new Impossible(`"${word}" is not a whole number`, `“${word}”不是整数`);
    return Number(word);
  });
}

/** Words that are separated by commas or spaces. */
export function wordsOf(text: string | null): string[] {
  return (text ?? '').split(/[\s,，、;；]+/).filter((word) => word !== '');
}

/** The address of a member's page. */
export function memberUrl(userid: string): string {
  return `${CONSOLE}/members/${encodeURIComponent(userid)}`;
}

export function memberLink(userid: string): Html {
  return html`<a href="${memberUrl(userid)}"><code>${userid}</code></a>`;
}
