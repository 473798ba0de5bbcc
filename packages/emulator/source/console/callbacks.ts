import * as v from 'valibot';
import { callbackTarget } from '../admin/shapes.ts';
import type { Delivery } from '../callbacks/delivery.ts';
import type { EventRequest } from '../callbacks/eventRequest.ts';
import { type Html, html } from '../pages/html.ts';
import {
  doing,
  input,
  paged,
  type Section,
  type Shown,
  select,
  timeOf,
  type View,
} from './view.ts';

type Channel = Delivery['channel'];

const EVENTS = ['create_user', 'update_user', 'delete_user', 'subscribe', 'unsubscribe'] as const;
/** Deliveries that the page can turn to. */
const MAX_SHOWN = 1_000;

/** Where pushes go, and what became of each. */
export const callbacks: Section = {
  page(view) {
    const { wecom, say } = view;
    const { rows, pager } = paged(view, wecom.callbacks.deliveries(MAX_SHOWN).toReversed());
    return {
      title: say('回调', 'Callbacks'),
      body: html`<section class="card"><h1>${say('回调', 'Callbacks')}</h1>
<h2>${say('应用：接收消息', 'App: messages and events')}</h2>${targetForm(view, 'app')}
<h2>${say('通讯录同步', 'Contacts-sync')}</h2>${targetForm(view, 'contacts')}</section>
<section class="card"><h2>${say('推送', 'Push')}</h2>
${doing('event', say('推送事件', 'Push an event'), {
  fields: [
    select(
      say('事件', 'Event'),
      'event',
      EVENTS.map((event) => [event, event] as const),
      '',
    ),
    input('userid', 'userid', { required: true }),
  ],
})}
<div class="doings">${doing('hold', say('暂存之后的推送', 'Hold pushes from now on'))}${doing('release', say('放行', 'Release'))}${doing('release-reversed', say('倒序放行', 'Release in reverse'))}</div></section>
<section class="card"><h2>${say('推送记录', 'Deliveries')}</h2>${rows.length === 0 ? html`<p><small>${say('无', 'None')}</small></p>` : html`<ul class="rows inline">${rows.map((delivery) => deliveryRow(view, delivery))}</ul>${doing('clear', say('清空记录', 'Clear the log'))}`}${pager}</section>`,
    };
  },
  actions: {
    target({ wecom }, form) {
      const channel = channelOf(form);
      const earlier = wecom.callbacks.target(channel);
      const given = v.parse(callbackTarget, {
        url: form.get('url') ?? '',
        token: form.get('token') || (earlier?.token ?? ''),
        encodingAESKey: form.get('key') || (earlier?.encodingAESKey ?? ''),
      });
      const { url, token, encodingAESKey } = given;
      wecom.callbacks.setTarget(channel, { ...earlier, url, token, encodingAESKey });
    },
    remove: ({ wecom }, form) => wecom.callbacks.setTarget(channelOf(form), undefined),
    event({ wecom }, form) {
      const event = (form.get('event') ?? '') as EventRequest['event'];
      wecom.callbacks.send({ event, userid: form.get('userid') ?? '' });
    },
    hold: ({ wecom }) => wecom.callbacks.hold(),
    release: ({ wecom }) => wecom.callbacks.release(),
    'release-reversed': ({ wecom }) => wecom.callbacks.release('reversed'),
    resend: ({ wecom }, form) => void wecom.callbacks.resend(Number(form.get('number'))),
    clear: ({ wecom }) => wecom.callbacks.clearDeliveries(),
  },
};

/** What the receiver of a channel answers to URL verification. */
export async function verified({ wecom, say }: View, form: URLSearchParams): Promise<Shown> {
  const { ok, milliseconds, reason } = await wecom.callbacks.verify(channelOf(form));
  return {
    title: say('URL 校验', 'URL verification'),
    body: html`<section class="card"><h1>${say('URL 校验', 'URL verification')}</h1>
<p><span class="${ok ? 'outcome' : 'outcome bad'}">${ok ? say('通过', 'passed') : say('未通过', 'failed')}</span> ${milliseconds} ms</p>
${reason !== undefined && html`<p>${reason}</p>`}<p><a href="callbacks">${say('返回', 'Back')}</a></p></section>`,
  };
}

function channelOf(form: URLSearchParams): Channel {
  return form.get('channel') === 'contacts' ? 'contacts' : 'app';
}

/** The keys are not shown: they are the receiver's. */
function targetForm({ wecom, say }: View, channel: Channel): Html {
  const target = wecom.callbacks.target(channel);
  const keep = target === undefined ? '' : say('留空则不变', 'leave empty to keep it');
  const values = { channel };
  return html`${doing('target', say('保存', 'Save'), {
    values,
    fields: [
      input('URL', 'url', { value: target?.url ?? '', type: 'url', wide: true, required: true }),
      input('Token', 'token', { placeholder: keep }),
      input('EncodingAESKey', 'key', { placeholder: keep }),
    ],
  })}
${target !== undefined && html`<div class="doings">${doing('verify', say('校验 URL', 'Verify the URL'), { values })}${doing('remove', say('移除', 'Remove'), { values, kind: 'danger' })}</div>`}`;
}

function deliveryRow({ say }: View, delivery: Delivery): Html {
  const { number, channel, event, subject, time, state, attempts } = delivery;
  const isBad = state === 'failed' || state === 'dropped';
  const names = {
    held: say('已暂存', 'held'),
    dropped: say('已丢弃', 'dropped'),
    'under way': say('进行中', 'under way'),
    delivered: say('已送达', 'delivered'),
    failed: say('失败', 'failed'),
  };
  const results = attempts.map((attempt) =>
    'status' in attempt ? `HTTP ${attempt.status}` : attempt.error,
  );
  const counted = [...new Set(results)].map((result) => {
    const count = results.filter((each) => each === result).length;
    return count === 1 ? result : `${result} × ${count}`;
  });
  return html`<li><div><p><span class="${isBad ? 'outcome bad' : 'outcome'}">${names[state]}</span> <b>${event}</b> ${subject} <small>#${number} · ${channel} · ${timeOf(time)}</small></p>
${results.length > 0 && html`<p><small>${say('各次结果', 'Attempts')}: ${counted.join(say('；', '; '))}</small></p>`}</div>
${doing('resend', say('再次推送', 'Push again'), { values: { number }, name: say(`再次推送：${number}`, `Push again: ${number}`) })}</li>`;
}
