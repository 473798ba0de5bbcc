import { existing } from '../directory/impossible.ts';
import type { App } from '../directory/types.ts';
import { SENSITIVE_FIELDS } from '../directory/types.ts';
import { FIELD_NAMES } from '../pages/consent.ts';
import { type Html, html } from '../pages/html.ts';
import {
  CONSOLE,
  doing,
  input,
  numbersOf,
  type Section,
  table,
  type View,
  wordsOf,
} from './view.ts';

/** Userids of a visible range that a form can hold. */
const MAX_USERS = 500;

export const apps: Section = {
  page({ wecom, say }) {
    return {
      title: say('应用', 'Apps'),
      body: html`<section class="card"><h1>${say('应用', 'Apps')}</h1>
${table(
  say('应用', 'Apps'),
  ['agentid', say('名称', 'Name'), say('状态', 'State'), say('可信域名', 'Trusted domains')],
  wecom.company.apps.map(({ agentid, name, enabled, trusted_domains }) => [
    agentid,
    html`<a href="${CONSOLE}/apps/${agentid}">${name}</a>`,
    enabled
      ? say('启用', 'enabled')
      : html`<span class="outcome bad">${say('停用', 'disabled')}</span>`,
    trusted_domains.join(' '),
  ]),
)}
<p>${say('Secret', 'Secrets')}: <a href="/__admin/apps">/__admin/apps</a></p></section>`,
    };
  },
  actions: {},
};

/** One app with everything its administrator sets. The secret is not shown. */
export const app: Section = {
  page(view, part) {
    const { directory, say } = view;
    const found = directory.app(Number(part));
    if (found === undefined) return undefined;
    const { agentid, name, kind, enabled, created } = found;
    return {
      title: name,
      body: html`<section class="card"><h1>${name} <small>${agentid}</small></h1>
<dl class="facts">
<dt>${say('类型', 'Kind')}</dt><dd>${kind === 'app' ? say('自建应用', 'self-built app') : say('通讯录同步', 'contacts-sync')}</dd>
<dt>${say('创建于', 'Created')}</dt><dd>${created.slice(0, 10)}</dd>
<dt>${say('状态', 'State')}</dt><dd>${enabled ? say('启用', 'enabled') : say('停用', 'disabled')}</dd></dl>
<div class="doings">${enabled ? doing('disable', say('停用', 'Disable'), { kind: 'danger' }) : doing('enable', say('启用', 'Enable'))}
${doing('revoke-tokens', say('作废 access_token', 'Revoke access tokens'))}
${kind === 'app' && doing('revoke-tickets', say('作废 JS-SDK ticket', 'Revoke JS-SDK tickets'))}</div></section>
${
  kind === 'app' &&
  html`<section class="card"><h2>${say('可见范围', 'Visible range')}</h2>${rangeForm(view, found)}</section>
<section class="card"><h2>${say('可信域名', 'Trusted domains')}</h2>${domainForm(view, found)}</section>`
}
<section class="card"><h2>${say('企业可信 IP', 'Trusted IPs')}</h2>${addressForm(view, found)}</section>
${kind === 'app' && html`<section class="card"><h2>${say('可申请的敏感信息', 'Personal information')}</h2>${fieldForm(view, found)}</section>`}`,
    };
  },
  actions: {
    enable: ({ wecom }, _form, part) =>
      wecom.administrator.updateApp(Number(part), { enabled: true }),
    disable: ({ wecom }, _form, part) =>
      wecom.administrator.updateApp(Number(part), { enabled: false }),
    'revoke-tokens': ({ wecom }, _form, part) => void wecom.tokens.revoke(Number(part)),
    'revoke-tickets': ({ wecom }, _form, part) =>
      void wecom.tickets.revoke({ agentid: Number(part) }),
    range({ wecom, directory }, form, part) {
      const users = wordsOf(form.get('users'));
      const parties = numbersOf(form.get('parties'));
      const tags = numbersOf(form.get('tags'));
      for (const userid of users) existing(directory.member(userid), 'member', userid);
      for (const id of parties) existing(directory.department(id), 'department', id);
      for (const tagid of tags) existing(directory.tag(tagid), 'tag', tagid);
      wecom.administrator.updateApp(Number(part), { visible: { users, parties, tags } });
    },
    domains: ({ wecom }, form, part) =>
      wecom.administrator.updateApp(Number(part), {
        trusted_domains: wordsOf(form.get('trusted_domains')),
        web_login_domains: wordsOf(form.get('web_login_domains')),
      }),
    addresses({ wecom }, form, part) {
      const trusted_ips = form.has('any') ? undefined : wordsOf(form.get('trusted_ips'));
      wecom.administrator.updateApp(Number(part), { trusted_ips } as Partial<App>);
    },
    fields: ({ wecom }, form, part) =>
      wecom.administrator.updateApp(Number(part), {
        sensitive_fields: SENSITIVE_FIELDS.filter((field) => form.has(field)),
      }),
  },
};

function rangeForm({ say }: View, { visible }: App): Html {
  const { users, parties, tags } = visible;
  if (users.length > MAX_USERS) {
    return html`<p>${say(`${users.length} 名成员，太多，无法在此修改：PATCH /__admin/apps/<agentid>`, `${users.length} members: too many to change here. PATCH /__admin/apps/<agentid>`)}</p>`;
  }
  return doing('range', say('保存', 'Save'), {
    fields: [
      input(say('部门编号', 'Department numbers'), 'parties', { value: parties.join(', ') }),
      input(say('标签编号', 'Tag numbers'), 'tags', { value: tags.join(', ') }),
      input(say('成员', 'Members'), 'users', { value: users.join(', '), wide: true }),
    ],
  });
}

function domainForm({ say }: View, { trusted_domains, web_login_domains }: App): Html {
  return doing('domains', say('保存', 'Save'), {
    fields: [
      input(say('网页授权及 JS-SDK', 'OAuth and JS-SDK'), 'trusted_domains', {
        value: trusted_domains.join(', '),
        wide: true,
      }),
      input(say('企业微信授权登录', 'Web login'), 'web_login_domains', {
        value: web_login_domains.join(', '),
        wide: true,
      }),
    ],
  });
}

function addressForm({ say }: View, { trusted_ips }: App): Html {
  return doing('addresses', say('保存', 'Save'), {
    fields: [
      html`<label class="tick"><input type="checkbox" name="any" value="1"${trusted_ips === undefined && html` checked`}><span>${say('任何 IP 都可以调用', 'Any address may call')}</span></label>`,
      input(say('或仅限这些 IP', 'Or these addresses alone'), 'trusted_ips', {
        value: (trusted_ips ?? []).join(', '),
        wide: true,
      }),
    ],
  });
}

function fieldForm({ say }: View, { sensitive_fields }: App): Html {
  return doing('fields', say('保存', 'Save'), {
    fields: SENSITIVE_FIELDS.map(
      (field) =>
        html`<label class="tick"><input type="checkbox" name="${field}" value="1"${sensitive_fields.includes(field) && html` checked`}><span>${say(...FIELD_NAMES[field])}</span></label>`,
    ),
  });
}
