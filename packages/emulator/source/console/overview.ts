import { DEFAULT_BEHAVIOUR } from '../options.ts';
import { type Html, html } from '../pages/html.ts';
import { callList, refusalsOf } from './calls.ts';
import { CONSOLE, doing, type Section, type View } from './view.ts';

/** Calls on the page. */
const LATEST = 5;

/** What this emulator is, its faults and changed switches, and what went wrong last. */
export const overview: Section = {
  page(view) {
    const { wecom, say } = view;
    const { company } = wecom;
    return {
      title: say('企业微信模拟器', 'WeCom emulator'),
      body: html`<section class="card"><h1>${company.name}</h1>
<dl class="facts">
<dt>${say('企业 ID', 'corpid')}</dt><dd><code>${company.corpid}</code></dd>
<dt>${say('地址', 'Address')}</dt><dd><code>${wecom.url}</code></dd>
<dt>${say('成员', 'Members')}</dt><dd><a href="${CONSOLE}/members">${company.members.length}</a></dd>
<dt>${say('部门', 'Departments')}</dt><dd>${company.departments.length}</dd>
<dt>${say('Secret', 'Secrets')}</dt><dd><a href="/__admin/apps">/__admin/apps</a></dd>
</dl></section>
<section class="card"><h2>${say('登录', 'Sign in')}</h2>${appLinks(view)}</section>
<section class="card"><h2>${say('故障与已改的开关', 'Faults and changed switches')}</h2>${differences(view)}</section>
<section class="card"><h2>${say('最近的问题', 'Latest problems')}</h2>${callList(view, refusalsOf(wecom.calls.list(), LATEST))}
<p><a href="${CONSOLE}/calls">${say('全部调用', 'All calls')}</a></p></section>
<section class="card"><h2>${say('重置', 'Reset')}</h2>
<div class="doings">
<form method="post" action="/__admin/forget" class="doing"><button class="quiet">${say('忘记此浏览器扮演的人', 'Forget whom this browser is')}</button></form>
<form method="post" action="/__admin/forget-consents" class="doing"><button class="quiet">${say('忘记所有成员的授权同意', 'Forget all consent')}</button></form>
${doing('revoke-tokens', say('作废所有 access_token', 'Revoke all access tokens'))}
${doing('revoke-tickets', say('作废所有 JS-SDK ticket', 'Revoke all JS-SDK tickets'))}
${doing('unban', say('解除 IP 封禁', 'Lift bans of addresses'))}
</div></section>`,
    };
  },
  actions: {
    'revoke-tokens': ({ wecom }) => void wecom.tokens.revoke(),
    'revoke-tickets': ({ wecom }) => void wecom.tickets.revoke(),
    unban: ({ wecom }) => wecom.bans.clear(),
  },
};

/** The secrets stay behind GET /__admin/apps: a page is easily shown to others. */
function appLinks({ wecom: { company }, say }: View): Html {
  const rows = company.apps
    .filter(({ kind }) => kind === 'app')
    .map(({ agentid, name, trusted_domains }) => {
      const common = {
        appid: company.corpid,
        redirect_uri: `http://${trusted_domains[0] ?? ''}/`,
        agentid: String(agentid),
        state: 'demo',
      };
      const oauth = { ...common, response_type: 'code', scope: 'snsapi_privateinfo' };
      const login = { login_type: 'CorpApp', ...common };
      return html`<li><a href="${CONSOLE}/apps/${agentid}">${name}</a> <small>${agentid}</small>
<span class="end"><a href="/connect/oauth2/authorize?${String(new URLSearchParams(oauth))}" aria-label="${say(`${name}的授权页`, `OAuth page of ${name}`)}">${say('授权页', 'OAuth page')}</a>
<a href="/wwlogin/sso/login?${String(new URLSearchParams(login))}" aria-label="${say(`${name}的扫码页`, `QR page of ${name}`)}">${say('扫码页', 'QR page')}</a></span></li>`;
    });
  return html`<ul class="rows">${rows}</ul>`;
}

function differences({ wecom, undo, say }: View): Html {
  const faults = wecom.faults.list().length;
  const switches = Object.entries(DEFAULT_BEHAVIOUR).filter(
    ([name, value]) => wecom.behaviour[name as keyof typeof DEFAULT_BEHAVIOUR] !== value,
  ).length;
  const lines = [
    faults > 0 &&
      html`<li><a href="${CONSOLE}/faults">${say(`${faults} 个故障`, `Faults: ${faults}`)}</a></li>`,
    switches > 0 &&
      html`<li><a href="${CONSOLE}/switches">${say(`${switches} 个开关不是默认值`, `Switches that are not at their default: ${switches}`)}</a></li>`,
    undo.size > 0 &&
      html`<li><a href="${CONSOLE}/sign-in">${say(`${undo.size} 种登录失败`, `Situations of failed sign-ins: ${undo.size}`)}</a></li>`,
  ].filter((line) => line !== false);
  return lines.length === 0 ? html`<p>${say('无', 'None')}</p>` : html`<ul>${lines}</ul>`;
}
