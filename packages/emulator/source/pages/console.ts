import type { Wecom } from '../wecom.ts';
import { type Html, html, words } from './html.ts';
import { heading, type Page } from './layout.ts';
import { noteOf } from './person.ts';

/** Members on the page; GET /__admin/company has all. */
const SHOWN = 200;

/** GET /__admin/: what this emulator is, who is in it, and what it was just asked. */
export function consolePage(wecom: Wecom): Page {
  const { company } = wecom;
  return {
    title: { zh: '企业微信模拟器', en: 'WeCom emulator' },
    notice: words('企业微信模拟器，仅供开发', 'WeCom emulator, for development only'),
    body: html`<section class="card">
${heading('企', words('企业微信模拟器', 'WeCom emulator'), html`${company.name} · corpid <code>${company.corpid}</code>`)}
<h2 id="apps">${words('应用', 'Apps')}</h2>${apps(wecom)}
<h2 id="members">${words('成员', 'Members')} ${company.members.length}</h2>${members(wecom)}
<h2 id="faults">${words('故障', 'Faults')}</h2>${faults(wecom)}
<h2 id="calls">${words('最近的调用', 'Latest calls')}</h2>${calls(wecom)}
<h2 id="deliveries">${words('回调', 'Callbacks')}</h2>${deliveries(wecom)}
<h2>${words('浏览器记住的人和成员的授权', 'Remembered person, and consent of members')}</h2>
<div class="forms">
<form method="post" action="/__admin/forget"><button class="quiet">${words('忘记此浏览器扮演的人', 'Forget whom this browser is')}</button></form>
<form method="post" action="/__admin/forget-consents"><button class="quiet">${words('忘记所有成员的授权同意', 'Forget all consent')}</button></form>
</div>
</section>`,
  };
}

/** @param heading the id of the heading above it */
function table(heading: string, head: (string | Html)[], rows: (string | number | Html)[][]): Html {
  if (rows.length === 0) return html`<p><small>${words('无', 'None')}</small></p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="${heading}"><table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** The secrets stay behind GET /__admin/apps: a page is easily shown to others. */
function apps({ company }: Wecom): Html {
  return table(
    'apps',
    [
      'agentid',
      words('名称', 'Name'),
      words('可信域名', 'Trusted domains'),
      words('试一试', 'Try'),
    ],
    company.apps
      .filter(({ kind }) => kind === 'app')
      .map(({ agentid, name, trusted_domains }) => {
        const [domain = ''] = trusted_domains;
        const common = { appid: company.corpid, redirect_uri: `http://${domain}/` };
        const oauth = new URLSearchParams({
          ...common,
          response_type: 'code',
          scope: 'snsapi_privateinfo',
          state: 'demo',
          agentid: String(agentid),
        });
        const login = new URLSearchParams({
          login_type: 'CorpApp',
          ...common,
          agentid: String(agentid),
          state: 'demo',
        });
        return [
          agentid,
          name,
          trusted_domains.join(' '),
          html`<a href="/connect/oauth2/authorize?${String(oauth)}">${words('授权页', 'OAuth page')}</a> <a href="/wwlogin/sso/login?${String(login)}">${words('扫码页', 'QR page')}</a>`,
        ];
      }),
  );
}

function members({ company }: Wecom): Html {
  const names = {
    1: words('已激活', 'active'),
    2: words('已禁用', 'disabled'),
    4: words('未激活', 'not activated'),
    5: words('已退出', 'left'),
  };
  return table(
    'members',
    [
      'userid',
      words('姓名', 'Name'),
      words('部门', 'Departments'),
      words('状态', 'Status'),
      words('备注', 'Remark'),
    ],
    company.members
      .slice(0, SHOWN)
      .map((member) => ({ ...member, remark: noteOf(member) }))
      .map(({ userid, name, department, status, remark }) => [
        html`<code>${userid}</code>`,
        name,
        department.join(' '),
        html`${status} ${names[status]}`,
        remark ?? '',
      ]),
  );
}

function faults(wecom: Wecom): Html {
  return table(
    'faults',
    ['#', words('种类', 'Kind'), words('路径', 'Path'), words('已命中', 'Hits')],
    wecom.faults
      .list()
      .map(({ id, kind, errcode, on, hits, times }) => [
        id,
        errcode === undefined ? kind : `${kind} ${errcode}`,
        on ?? words('全部', 'all'),
        times === undefined ? hits : `${hits} / ${times}`,
      ]),
  );
}

function calls(wecom: Wecom): Html {
  return table(
    'calls',
    ['#', words('路径', 'Path'), 'HTTP', 'errcode'],
    wecom.calls
      .list()
      .slice(-20)
      .reverse()
      .map(({ number, method, path, status, errcode }) => [
        number,
        `${method} ${path}`,
        status,
        errcode ?? '',
      ]),
  );
}

function deliveries(wecom: Wecom): Html {
  return table(
    'deliveries',
    ['#', words('通道', 'Channel'), words('事件', 'Event'), words('结果', 'Result')],
    wecom.callbacks
      .deliveries()
      .slice(-20)
      .reverse()
      .map(({ number, channel, event, subject, state, attempts }) => [
        number,
        channel,
        `${event} ${subject}`,
        `${state} (${attempts.length})`,
      ]),
  );
}
