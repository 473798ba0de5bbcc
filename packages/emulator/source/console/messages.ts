import type { SentMessage } from '../messages/outbox.ts';
import { type Html, html } from '../pages/html.ts';
import { doing, input, memberLink, paged, type Section, timeOf, type View } from './view.ts';

/** Receivers that are named. */
const MAX_NAMED = 10;
/** Characters of a message that are shown. */
const MAX_SHOWN = 300;

/** What apps and webhooks sent, newest first. */
export const messages: Section = {
  page(view) {
    const { wecom, say, query } = view;
    const userid = query.get('userid') ?? '';
    const sent = wecom.messages.list(userid === '' ? undefined : userid);
    const { rows, pager } = paged(view, sent.toReversed());
    return {
      title: say('消息', 'Messages'),
      body: html`<section class="card"><h1>${say('消息', 'Messages')}</h1>
<div class="doings"><form method="get" class="doing">${input(say('接收人', 'Receiver'), 'userid', { value: userid, type: 'search', placeholder: 'userid' })}<button class="quiet">${say('筛选', 'Filter')}</button></form>
${doing('clear', say('清空', 'Clear'))}</div>
${rows.length === 0 ? html`<p><small>${say('无', 'None')}</small></p>` : html`<ul class="rows">${rows.map((message) => messageRow(view, message))}</ul>`}${pager}</section>`,
    };
  },
  actions: {
    clear: ({ wecom }) => wecom.messages.clear(),
  },
};

function messageRow({ directory, say }: View, message: SentMessage): Html {
  const { number, time, agentid, webhook, chatid, msgtype, content, receivers, recalled } = message;
  const app = agentid === undefined ? undefined : directory.app(agentid);
  const more = receivers.length - MAX_NAMED;
  const named = receivers.slice(0, MAX_NAMED).map((userid) => html`${memberLink(userid)} `);
  return html`<li><p><b>${webhook ?? app?.name ?? agentid}</b> <span class="outcome">${msgtype}</span> ${recalled && html`<span class="outcome bad">${say('已撤回', 'recalled')}</span>`} <small>#${number} · ${timeOf(time)}${chatid !== undefined && ` · ${say('群聊', 'group')} ${chatid}`}</small></p>
<p>${shownContent(content)}</p>
${receivers.length > 0 && html`<p><small>${say('接收人', 'To')}</small> ${named}${more > 0 && html`<small>${say(`等 ${receivers.length} 人`, `and ${more} more`)}</small>`}</p>`}</li>`;
}

/** The text of a message, or its fields. */
function shownContent(content: SentMessage['content']): string {
  const { content: text } = content;
  const texts = Object.values(content);
  const isFlat = texts.every((each) => typeof each === 'string');
  const fields = isFlat ? texts.join(' · ') : JSON.stringify(content);
  const shown = typeof text === 'string' ? text : fields;
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
