import { defined } from '../admin/defined.ts';
import { Impossible } from '../directory/impossible.ts';
import { type Html, html } from '../pages/html.ts';
import { FAULT_KINDS, type Fault, type FaultKind, type FaultRequest } from '../wire/faults.ts';
import { coded, doing, input, numbersOf, type Section, type View } from './view.ts';

type Value =
  | 'errcode'
  | 'ms'
  | 'status'
  | 'bytes'
  | 'field'
  | 'value'
  | 'codes'
  | 'userid'
  | 'count';

/** What each kind needs, beside the endpoint and the number of calls. */
const VALUES: { readonly [Kind in FaultKind]: readonly Value[] } = {
  errcode: ['errcode'],
  'wrong-secret': [],
  'ip-ban': [],
  slow: ['ms'],
  trickle: ['ms'],
  hang: [],
  stall: [],
  truncated: [],
  html: ['status'],
  empty: [],
  reset: [],
  'reset-reused': [],
  redirect: [],
  'errcode-as-string': [],
  'numbers-as-text': ['field'],
  'lists-as-items': ['field'],
  huge: ['bytes'],
  'set-field': ['field', 'value'],
  'remove-field': ['field'],
  'control-characters': ['field', 'codes'],
  'other-member': ['userid'],
  padding: ['bytes'],
  'tag-members': ['count'],
};

/** What the answers of WeCom suffer from, and every way to break them. */
export const faults: Section = {
  page(view) {
    const { wecom, say } = view;
    const active = wecom.faults.list();
    const kinds = Object.keys(VALUES) as FaultKind[];
    return {
      title: say('故障', 'Faults'),
      body: html`<section class="card"><h1>${say('故障', 'Faults')}</h1>
${active.length === 0 ? html`<p><small>${say('没有故障', 'No faults')}</small></p>` : html`<ul class="rows inline">${active.map((fault) => activeRow(view, fault))}</ul>${doing('clear', say('全部移除', 'Remove all'))}`}</section>
<section class="card"><h2>${say('添加故障', 'Add a fault')}</h2><ul class="rows">${kinds.map((kind) => kindRow(view, kind))}</ul></section>`,
    };
  },
  actions: {
    add: ({ wecom }, form) => void wecom.faults.add(requestOf(form)),
    remove: ({ wecom }, form) => wecom.faults.clear(Number(form.get('id'))),
    clear: ({ wecom }) => wecom.faults.clear(),
  },
};

function activeRow({ say }: View, { id, kind, on, times, hits, after, ...values }: Fault): Html {
  const shown = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const left = times === undefined ? String(hits) : `${hits} / ${times}`;
  return html`<li><div><p><b>${kind}</b> <code>${on ?? say('全部路径', 'all paths')}</code> ${shown.length > 0 && html`<code>${shown.join(' ')}</code>`} ${after === true && say('生效之后', 'after it took effect')} <small>${say(`已命中 ${left}`, `${left} calls`)}</small></p>
<p>${coded(say(FAULT_KINDS[kind].zh, FAULT_KINDS[kind].en))}</p></div>
${doing('remove', say('移除', 'Remove'), { values: { id }, name: say(`移除故障 ${id}`, `Remove fault ${id}`) })}</li>`;
}

function kindRow({ say }: View, kind: FaultKind): Html {
  const { zh, en } = FAULT_KINDS[kind];
  const label: Readonly<Record<Value, string>> = {
    errcode: say('错误码', 'Errcode'),
    ms: say('毫秒', 'Milliseconds'),
    status: say('HTTP 状态码', 'HTTP status'),
    bytes: say('字节数', 'Bytes'),
    field: say('字段', 'Field'),
    value: say('JSON 值', 'JSON value'),
    codes: say('字符编码 0–31', 'Codes 0–31'),
    userid: 'userid',
    count: say('人数', 'Members'),
  };
  return html`<li><details><summary><b>${kind}</b> <span>${coded(say(zh, en))}</span></summary>
<form method="post" class="doing"><input type="hidden" name="kind" value="${kind}">
${VALUES[kind].map((name) => input(label[name], name))}
${input(say('接口（留空为全部）', 'Endpoint (empty: all)'), 'on', { placeholder: 'user/get' })}
${input(say('次数（留空为一直）', 'Calls (empty: until removed)'), 'times', { type: 'number' })}
<label class="tick"><input type="checkbox" name="after" value="1"><span>${say('先让调用生效', 'Let the call take effect first')}</span></label>
<button name="do" value="add" aria-label="${say(`添加 ${kind}`, `Add ${kind}`)}">${say('添加', 'Add')}</button></form></details></li>`;
}

function requestOf(form: URLSearchParams): FaultRequest {
  const text = (name: string) => form.get(name) || undefined;
  const number = (name: string) => (text(name) === undefined ? undefined : Number(text(name)));
  const codes = text('codes');
  return defined({
    kind: (text('kind') ?? '') as FaultKind,
    on: text('on'),
    times: number('times'),
    errcode: number('errcode'),
    ms: number('ms'),
    status: number('status'),
    bytes: number('bytes'),
    count: number('count'),
    userid: text('userid'),
    // The empty field of set-field is the whole answer.
    field: text('kind') === 'set-field' ? (form.get('field') ?? '') : text('field'),
    value: text('value') === undefined ? undefined : jsonOf(text('value') ?? ''),
    codes: codes === undefined ? undefined : numbersOf(codes),
    after: form.has('after') || undefined,
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Impossible(
      `the value must be JSON, such as 1, null, [] or "text", not ${text}`,
      `值必须是 JSON，例如 1、null、[] 或 "text"，而不是 ${text}`,
    );
  }
}
