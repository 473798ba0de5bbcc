import { type Html, html } from '../pages/html.ts';
import type { CallEntry } from '../wire/callLog.ts';
import {
  doing,
  explained,
  input,
  paged,
  type Section,
  timeOf,
  type View,
  withQuery,
} from './view.ts';

/** The log, newest first. */
export const calls: Section = {
  page(view) {
    const { wecom, say, query } = view;
    const path = query.get('path') ?? '';
    const onlyProblems = query.has('problems');
    const entries = wecom.calls.list(path === '' ? undefined : path);
    const listed = onlyProblems ? entries.filter(({ rule }) => rule !== undefined) : entries;
    const { rows, pager } = paged(view, listed.toReversed());
    const filter = (text: string, problems: string | undefined) => {
      const isCurrent = onlyProblems === (problems !== undefined);
      return html`<a href="${withQuery(query, { problems, page: undefined })}"${isCurrent && html` aria-current="true"`}>${text}</a>`;
    };
    return {
      title: say('调用', 'Calls'),
      body: html`<section class="card"><h1>${say('调用', 'Calls')}</h1>
<div class="doings"><p class="choices">${filter(say('全部', 'All'), undefined)}${filter(say('只看有问题的', 'Only problems'), '1')}</p>
<form method="get" class="doing">${onlyProblems && html`<input type="hidden" name="problems" value="1">`}${input(say('路径', 'Path'), 'path', { value: path, type: 'search', placeholder: 'user/get' })}<button class="quiet">${say('筛选', 'Filter')}</button></form>
${doing('clear', say('清空记录', 'Clear the log'))}</div>
${callList(view, rows)}${pager}</section>`,
    };
  },
  actions: {
    clear: ({ wecom }) => wecom.calls.clear(),
  },
};

/** The newest entries with a problem, newest first. */
export function refusalsOf(entries: readonly CallEntry[], count: number): readonly CallEntry[] {
  const found: CallEntry[] = [];
  for (let at = entries.length - 1; at >= 0 && found.length < count; at -= 1) {
    const entry = entries[at];
    if (entry?.rule !== undefined) found.push(entry);
  }
  return found;
}

export function callList(view: View, entries: readonly CallEntry[]): Html {
  if (entries.length === 0) return html`<p><small>${view.say('无', 'None')}</small></p>`;
  return html`<ul class="rows">${entries.map((entry) => callRow(view, entry))}</ul>`;
}

function callRow(view: View, entry: CallEntry): Html {
  const { number, time, method, path, query, status, errcode, rule } = entry;
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  return html`<li><p><span class="${rule === undefined ? 'outcome' : 'outcome bad'}">${errcode ?? (status === 0 ? view.say('无响应', 'none') : status)}</span>
<code>${method} ${path}</code> <small>#${number} · ${timeOf(time)}</small></p>
${parameters.length > 0 && html`<p><small>${parameters.join(' ')}</small></p>`}
${rule !== undefined && html`<p>${explained(view, rule)}</p>`}</li>`;
}
