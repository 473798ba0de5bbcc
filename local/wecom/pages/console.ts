import type { Wecom } from '../wecom.ts';
import type { Answer } from '../wire/answer.ts';
import { type Html, html } from './html.ts';
import { heading, page } from './layout.ts';

/** Members on the page; GET /__admin/company has all. */
const SHOWN = 200;

/** GET /__admin/: what this emulator is, who is in it, and what it was just asked. */
export function consolePage(wecom: Wecom): Answer {
  const { company } = wecom;
  return page({
    title: '企业微信模拟器',
    notice: html`企业微信模拟器 · <span lang="en">WeCom emulator: for development only</span>`,
    body: html`<section class="card">
${heading('企', '企业微信模拟器', html`${company.name} · corpid <code>${company.corpid}</code>`)}
<h2>应用 <span class="en" lang="en">Apps</span></h2>${apps(wecom)}
<h2>成员 <span class="en" lang="en">Members</span> ${company.members.length}</h2>${members(wecom)}
<h2>故障 <span class="en" lang="en">Faults</span></h2>${faults(wecom)}
<h2>最近的调用 <span class="en" lang="en">Latest calls</span></h2>${calls(wecom)}
<h2>回调 <span class="en" lang="en">Callbacks</span></h2>${deliveries(wecom)}
<h2>浏览器记住的人 <span class="en" lang="en">Remembered person</span></h2>
<form method="post" action="/__admin/forget"><div class="actions"><button class="quiet">忘记 <span lang="en">Forget</span></button></div></form>
</section>`,
  });
}

function table(head: string[], rows: (string | number | Html)[][]): Html {
  if (rows.length === 0) return html`<p><small>无 none</small></p>`;
  return html`<div class="scroll"><table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** The secrets stay in company.ts and behind GET /__admin/apps: a page is easily shown to others. */
function apps({ company }: Wecom): Html {
  return table(
    ['agentid', '名称', '可信域名', '试一试'],
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
          html`<a href="/connect/oauth2/authorize?${String(oauth)}">授权页</a> <a href="/wwlogin/sso/login?${String(login)}">扫码页</a>`,
        ];
      }),
  );
}

function members({ company }: Wecom): Html {
  const names = { 1: '已激活', 2: '已禁用', 4: '未激活', 5: '已退出' };
  return table(
    ['userid', '姓名', '部门', '状态', '备注'],
    company.members
      .slice(0, SHOWN)
      .map(({ userid, name, department, status, note }) => [
        html`<code>${userid}</code>`,
        name,
        department.join(' '),
        `${status} ${names[status]}`,
        note ?? '',
      ]),
  );
}

function faults(wecom: Wecom): Html {
  return table(
    ['#', '种类', '路径', '已命中'],
    wecom.faults
      .list()
      .map(({ id, kind, errcode, on, hits, times }) => [
        id,
        errcode === undefined ? kind : `${kind} ${errcode}`,
        on ?? '全部',
        times === undefined ? hits : `${hits} / ${times}`,
      ]),
  );
}

function calls(wecom: Wecom): Html {
  return table(
    ['#', '路径', 'HTTP', 'errcode'],
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
    ['#', '通道', '事件', '结果'],
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
