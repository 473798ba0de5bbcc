import { mainApp } from '../directory/directory.ts';
import { existing, Impossible } from '../directory/impossible.ts';
import { type Html, html } from '../pages/html.ts';
import { SITUATIONS } from './situations.ts';
import { CONSOLE, coded, doing, input, type Section, select, type View } from './view.ts';

/** Every refusal that a person can meet when they sign in. */
export const signIn: Section = {
  page(view) {
    const { wecom, say, query } = view;
    const { userid, agentid } = chosen(view);
    const apps = wecom.company.apps.filter(({ kind }) => kind === 'app');
    const choices = apps.map((each) => [String(each.agentid), each.name] as const);
    return {
      title: say('登录失败', 'Failed sign-ins'),
      body: html`<section class="card"><h1>${say('登录失败', 'Failed sign-ins')}</h1>
<p>${say('选择成员和应用，点击“制造”，然后在你的应用中登录。', 'Choose a member and an app, make a situation, and sign in at your program.')}</p>
<form method="get" class="doing">${input(say('成员', 'Member'), 'userid', { value: query.get('userid') ?? userid, required: true })}${select(say('应用', 'App'), 'agentid', choices, String(agentid))}<button class="quiet">${say('选择', 'Choose')}</button></form></section>
<section class="card"><ul class="rows inline">${Object.keys(SITUATIONS).map((key) => row(view, key, userid, agentid))}</ul></section>
<section class="card"><h2>${say('不需要制造的', 'What needs no making')}</h2>
<ul><li>${say('本人在授权页或扫码页点击“拒绝”“取消”。', 'The person refuses on the page itself.')}</li>
<li>${say('非企业成员：在授权页选择“非本企业成员”。', 'Somebody who is no member: choose a visitor on the OAuth page.')}</li>
<li>${html`<a href="${CONSOLE}/faults">${say('其他故障', 'Other faults')}</a>`}</li></ul></section>`,
    };
  },
  actions: {
    make(view, form) {
      const { wecom, undo, directory } = view;
      const key = form.get('situation') ?? '';
      const situation = Object.hasOwn(SITUATIONS, key) ? SITUATIONS[key] : undefined;
      if (situation === undefined) throw new Error(`no situation ${key}`);
      if (undo.has(key)) throw new Impossible('it is so already', '已经生效');
      const { userid, agentid } = chosen(view);
      existing(directory.member(userid), 'member', userid);
      const run = situation.make(wecom, userid, agentid);
      if (run !== undefined) undo.set(key, { userid, agentid, run });
    },
    undo({ undo }, form) {
      const key = form.get('situation') ?? '';
      const made = undo.get(key);
      // Even if it fails: what was changed meanwhile cannot be put back.
      undo.delete(key);
      made?.run();
    },
  },
};

function row({ say, undo }: View, key: string, userid: string, agentid: number): Html {
  const situation = SITUATIONS[key];
  if (situation === undefined) return html``;
  const { name, effect } = situation;
  const made = undo.get(key);
  const title = say(name.zh, name.en);
  const values = { situation: key };
  const button =
    made === undefined
      ? doing('make', say('制造', 'Make'), {
          values,
          name: say(`制造：${title}`, `Make: ${title}`),
        })
      : doing('undo', say('恢复', 'Undo'), {
          values,
          kind: 'danger',
          name: say(`恢复：${title}`, `Undo: ${title}`),
        });
  const isElse = made !== undefined && (made.userid !== userid || made.agentid !== agentid);
  return html`<li><div><p><b>${title}</b>${made !== undefined && html` <span class="outcome bad">${say('已生效', 'in effect')}</span>`}${isElse && html` <small>${made.userid} · ${made.agentid}</small>`}</p>
<p><small>${coded(say(effect.zh, effect.en))}</small></p></div>${button}</li>`;
}

/** The member and the app of the query, or the first ones. */
function chosen({ wecom, directory, query }: View): { userid: string; agentid: number } {
  const { company } = wecom;
  const asked = query.get('userid') ?? '';
  const first = company.members.find(({ status }) => status === 1)?.userid ?? '';
  const app =
    directory.app(Number(query.get('agentid') ?? Number.NaN)) ?? mainApp(directory.company);
  return { userid: directory.member(asked)?.userid ?? (asked || first), agentid: app.agentid };
}
