import type { CodeOrigin, Scope } from '../credentials/codes.ts';
import { existing, Impossible } from '../directory/impossible.ts';
import type { Department, Member } from '../directory/types.ts';
import { type Html, html } from '../pages/html.ts';
import { noteOf } from '../pages/person.ts';
import {
  CONSOLE,
  doing,
  input,
  memberLink,
  memberUrl,
  numbersOf,
  paged,
  type Section,
  type Shown,
  select,
  table,
  type View,
  withQuery,
} from './view.ts';

/** With so many departments at most, all of the tree is open. */
const MAX_OPEN_TREE = 60;
/** Departments listed below one. */
const MAX_CHILDREN = 100;

/** The tree of departments, and the members of one. */
export const members: Section = {
  page(view) {
    const { directory, query, say } = view;
    const id = Number(query.get('department') ?? rootOf(view)?.id);
    const department = directory.department(id);
    if (department === undefined) return undefined;
    const { rows, pager } = paged(view, [...directory.membersOf(id)]);
    return {
      title: say('成员和部门', 'Members and departments'),
      body: html`<section class="card"><h1>${say('成员和部门', 'Members and departments')}</h1>
<form method="post" class="doing">${input(say('按 userid 查找', 'Find by userid'), 'userid', { type: 'search', required: true })}<button class="quiet" name="do" value="find">${say('查找', 'Find')}</button></form></section>
<div class="columns"><nav class="card tree" aria-label="${say('部门', 'Departments')}"><ul>${branch(view, rootOf(view), pathTo(view, department))}</ul></nav>
<div><section class="card"><h2>${nameOf(department)} <small>${say('部门', 'Department')} ${id}</small></h2>
${rows.length === 0 ? html`<p><small>${say('该部门没有直属成员', 'No members in this department itself')}</small></p>` : memberTable(view, rows)}${pager}
<details><summary>${say('新成员', 'New member')}</summary><form method="post" class="doing">${input('userid', 'userid', { required: true })}${input(say('姓名', 'Name'), 'name', { required: true })}${input(say('部门', 'Departments'), 'department', { value: id, required: true })}<button name="do" value="join">${say('加入', 'Join')}</button></form></details>
<details><summary>${say('修改部门', 'Change the department')}</summary>${departmentForms(view, department)}</details></section></div></div>`,
    };
  },
  actions: {
    find({ directory }, form) {
      const userid = (form.get('userid') ?? '').trim();
      const member = directory.member(userid);
      return memberUrl(existing(member, 'member', userid).userid);
    },
    join({ wecom }, form) {
      const userid = (form.get('userid') ?? '').trim();
      if (!USERID.test(userid))
        throw new Impossible(`"${userid}" is not a userid`, `“${userid}”不是有效的 userid`);
      const department = numbersOf(form.get('department'));
      const [main_department] = department;
      if (main_department === undefined) throw noDepartment();
      const name = form.get('name') || userid;
      const rest = { position: '', status: 1, gender: '0' } as const;
      wecom.administrator.join({ userid, name, department, main_department, ...rest });
      return memberUrl(userid);
    },
    department({ wecom, query }, form) {
      const id = Number(query.get('department') ?? 1);
      const name = form.get('name') ?? '';
      const [parentid] = numbersOf(form.get('parentid'));
      wecom.administrator.updateDepartment(id, {
        ...(name !== '' && { name }),
        ...(parentid !== undefined && { parentid }),
      });
    },
    'create-department'({ wecom, query }, form) {
      const [id] = numbersOf(form.get('id'));
      if (id === undefined || id < 1)
        throw new Impossible('a department needs a number', '部门需要编号');
      const parentid = Number(query.get('department') ?? 1);
      const name = form.get('name') || String(id);
      wecom.administrator.createDepartment({ id, name, parentid, department_leader: [], order: 0 });
      return withQuery(query, { department: String(id), page: undefined });
    },
    'delete-department'({ wecom, directory, query }) {
      const id = Number(query.get('department') ?? 1);
      const parent = directory.department(id)?.parentid ?? 1;
      wecom.administrator.deleteDepartment(id);
      return withQuery(query, { department: String(parent), page: undefined });
    },
  },
};

function noDepartment(): Impossible {
  return new Impossible('a member is in one department at least', '成员至少属于一个部门');
}

/** 1 to 64 of these, the first alphanumeric (document 90195). */
const USERID = /^[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}$/;

/** One member: what they are, and everything that may happen to them. */
export const member: Section = {
  page(view, part) {
    const found = view.directory.member(part);
    return found === undefined ? stranger(view, part) : memberPage(view, found);
  },
  actions: {
    leave: ({ wecom }, _form, part) => wecom.administrator.leave(part),
    rejoin: ({ wecom }, _form, part) => wecom.administrator.rejoin(part),
    rename({ wecom }, form, part) {
      const userid = (form.get('userid') ?? '').trim();
      if (!USERID.test(userid))
        throw new Impossible(`"${userid}" is not a userid`, `“${userid}”不是有效的 userid`);
      wecom.administrator.update(part, { userid });
      return memberUrl(userid);
    },
    status({ wecom }, form, part) {
      const status = STATUSES.find((each) => String(each) === form.get('status'));
      if (status === undefined)
        throw new Impossible('the status is 1, 2, 4 or 5', '状态为 1、2、4 或 5');
      wecom.administrator.update(part, { status });
    },
    save({ wecom }, form, part) {
      const department = numbersOf(form.get('department'));
      if (department.length === 0) throw noDepartment();
      const name = form.get('name') ?? '';
      wecom.administrator.update(part, {
        department,
        position: form.get('position') ?? '',
        ...(name !== '' && { name }),
      });
    },
    tag({ wecom }, form, part) {
      const [tagid] = numbersOf(form.get('tagid'));
      if (tagid === undefined) throw new Impossible('a tag has a number', '标签需要编号');
      wecom.administrator.tag(tagid, { addUsers: [part] });
    },
    untag: ({ wecom }, form, part) =>
      wecom.administrator.tag(Number(form.get('tagid')), { delUsers: [part] }),
    'forget-consent': ({ wecom }, _form, part) => wecom.consents.forget(part),
    code: (view, form, part) => codePage(view, part, form),
  },
};

const STATUSES = [1, 2, 4, 5] as const;

function statusOf({ say }: View, status: Member['status']): string {
  return {
    1: say('已激活', 'active'),
    2: say('已禁用', 'disabled'),
    4: say('未激活', 'not activated'),
    5: say('已退出企业', 'has left the company'),
  }[status];
}

function memberPage(view: View, found: Member): Shown {
  const { say, wecom, directory } = view;
  const { userid, name, status, position, main_department } = found;
  const note = noteOf(found);
  const places = found.department.map((id) => {
    const place = directory.department(id);
    const isMain = id === main_department && found.department.length > 1;
    return html`<a href="${CONSOLE}/members?department=${id}">${place === undefined ? id : nameOf(place)}</a> ${isMain && html`<small>${say('主部门', 'main')}</small> `}`;
  });
  const apps = wecom.company.apps.filter(({ kind }) => kind === 'app');
  const seenBy = apps.filter(({ agentid }) => {
    const app = directory.app(agentid);
    return app !== undefined && directory.isVisible(app, found);
  });
  const other = STATUSES.filter((each) => each !== status);
  return {
    title: `${name} ${userid}`,
    body: html`<section class="card"><h1>${name} <small><code>${userid}</code></small></h1>
<dl class="facts">
<dt>${say('状态', 'Status')}</dt><dd><span class="${status === 1 ? 'outcome' : 'outcome bad'}">${status}</span> ${statusOf(view, status)}</dd>
<dt>${say('职务', 'Position')}</dt><dd>${position || '–'}</dd>
<dt>${say('部门', 'Departments')}</dt><dd>${places}</dd>
<dt>${say('可见于应用', 'Visible to')}</dt><dd>${seenBy.map(({ name: app }) => app).join(say('、', ', ')) || '–'}</dd>
${note !== undefined && html`<dt>${say('备注', 'Remark')}</dt><dd>${note}</dd>`}
</dl></section>
<section class="card"><h2>${say('改变状态', 'Change the status')}</h2><div class="doings">
${other.map((each) => doing('status', `${statusVerb(view, each)}`, { values: { status: each } }))}
${doing('leave', say('离开企业（删除）', 'Leave the company (delete)'), { kind: 'danger' })}</div></section>
<section class="card"><h2>${say('修改', 'Change')}</h2>
${doing('rename', say('改名', 'Rename'), { fields: input(say('新的 userid', 'New userid'), 'userid', { value: userid, required: true }) })}
${doing('save', say('保存', 'Save'), { fields: [input(say('姓名', 'Name'), 'name', { value: name, required: true }), input(say('职务', 'Position'), 'position', { value: position }), input(say('部门编号', 'Department numbers'), 'department', { value: found.department.join(', '), required: true })] })}</section>
<section class="card"><h2>${say('标签', 'Tags')}</h2>${tagForms(view, found)}</section>
<section class="card"><h2>${say('授权 code', 'A code')}</h2>${codeForm(view)}
${doing('forget-consent', say('忘记该成员的授权同意', "Forget this member's consent"))}</section>`,
  };
}

function statusVerb({ say }: View, status: Member['status']): string {
  return {
    1: say('激活', 'Activate'),
    2: say('禁用', 'Disable'),
    4: say('改为未激活', 'Mark as not activated'),
    5: say('改为已退出', 'Mark as quit'),
  }[status];
}

function tagForms(view: View, { userid }: Member): Html {
  const { say, directory } = view;
  const held = directory.tagsNaming(userid);
  const rows = held.map(
    ({ tagid, tagname }) =>
      html`<li><p><a href="${CONSOLE}/tags/${tagid}">${tagname}</a> <small>${tagid}</small></p>${doing('untag', say('移除', 'Remove'), { values: { tagid }, name: say(`移除标签 ${tagname}`, `Remove the tag ${tagname}`) })}</li>`,
  );
  return html`${rows.length > 0 && html`<ul class="rows inline">${rows}</ul>`}
${doing('tag', say('添加标签', 'Add a tag'), { fields: input(say('标签编号', 'Number of the tag'), 'tagid', { required: true }) })}`;
}

function codeForm({ wecom, say }: View): Html {
  const apps = wecom.company.apps.filter(({ kind }) => kind === 'app');
  const choices = apps.map(({ agentid, name }) => [String(agentid), name] as const);
  return doing('code', say('生成 code', 'Create a code'), {
    fields: [
      select(say('应用', 'App'), 'agentid', choices, choices[0]?.[0] ?? ''),
      select(
        'scope',
        'scope',
        [
          ['snsapi_base', 'snsapi_base'],
          ['snsapi_privateinfo', 'snsapi_privateinfo'],
        ],
        '',
      ),
      select(
        say('来自', 'From'),
        'origin',
        [
          ['oauth2', say('网页授权', 'page OAuth')],
          ['wwlogin', say('扫码登录', 'QR login')],
          ['miniprogram', say('小程序', 'mini-program')],
          ['tfa', say('二次验证', 'second verification')],
        ],
        '',
      ),
    ],
  });
}

/** Shows the code once: it is kept nowhere but in the emulator. */
function codePage({ wecom, say }: View, userid: string, form: URLSearchParams): Shown {
  const code = wecom.codes.mint({
    userid,
    agentid: Number(form.get('agentid')),
    scope: (form.get('scope') ?? 'snsapi_base') as Scope,
    origin: (form.get('origin') ?? 'oauth2') as CodeOrigin,
  });
  const seconds = wecom.behaviour.codeLifetimeSeconds;
  return {
    title: say('授权 code', 'A code'),
    body: html`<section class="card"><h1>${say(`${userid} 的授权 code`, `A code of ${userid}`)}</h1>
<label class="entry wide"><span>${say('只显示这一次，请复制', 'Shown once: copy it now')}</span><input readonly value="${code}" autofocus></label>
<p>${say(`只能使用一次，${seconds} 秒后过期。`, `It works once, and expires after ${seconds} s.`)}</p>
<p><a href="${memberUrl(userid)}">${say('返回成员', 'Back to the member')}</a></p></section>`,
  };
}

/** Somebody who is not in the company, and may have been. */
function stranger({ say }: View, userid: string): Shown | undefined {
  if (!USERID.test(userid)) return undefined;
  return {
    title: userid,
    body: html`<section class="card"><h1><code>${userid}</code></h1>
<p>${say('不在企业中。', 'Not in the company.')}</p>
${doing('rejoin', say('恢复已离开的成员', 'Bring back a member who left'))}
<p><a href="${CONSOLE}/members">${say('返回成员列表', 'Back to the members')}</a></p></section>`,
  };
}

function memberTable(view: View, rows: readonly Member[]): Html {
  const { say } = view;
  return table(
    say('成员', 'Members'),
    ['userid', say('姓名', 'Name'), say('职务', 'Position'), say('状态', 'Status')],
    rows.map(({ userid, name, position, status }) => [
      memberLink(userid),
      name,
      position,
      html`<span class="${status === 1 ? 'outcome' : 'outcome bad'}">${status}</span> ${statusOf(view, status)}`,
    ]),
  );
}

function departmentForms(view: View, { id, name = '', parentid }: Department): Html {
  const { say } = view;
  return html`${doing('department', say('保存', 'Save'), {
    fields: [
      input(say('名称', 'Name'), 'name', { value: name }),
      input(say('上级部门', 'Parent'), 'parentid', { value: id === 1 ? '' : parentid }),
    ],
  })}
${doing('create-department', say('新建下级部门', 'Create a department below'), {
  fields: [
    input(say('编号', 'Number'), 'id', { required: true }),
    input(say('名称', 'Name'), 'name'),
  ],
})}
${doing('delete-department', say('删除部门', 'Delete the department'), { kind: 'danger' })}`;
}

function nameOf({ id, name, name_en }: Department): string {
  return name ?? name_en ?? String(id);
}

function rootOf({ wecom, directory }: View): Department | undefined {
  const root = wecom.company.departments.find(({ parentid }) => !directory.department(parentid));
  return root && directory.department(root.id);
}

/** The department and those above it. */
function pathTo({ directory }: View, department: Department): ReadonlySet<number> {
  const path = new Set<number>();
  let at: Department | undefined = department;
  while (at !== undefined && !path.has(at.id)) {
    path.add(at.id);
    at = directory.department(at.parentid);
  }
  return path;
}

/** One department of the tree. What is not on the way to the chosen one stays closed in a large company. */
function branch(
  view: View,
  department: Department | undefined,
  path: ReadonlySet<number>,
): Html | undefined {
  if (department === undefined) return undefined;
  const { wecom, directory, say } = view;
  const { id } = department;
  const isOpen = path.has(id) || wecom.company.departments.length <= MAX_OPEN_TREE;
  const children = directory.departmentsIn(id);
  const [chosen] = path;
  const shown = children.filter((child, at) => at < MAX_CHILDREN || path.has(child.id));
  const more = children.length - shown.length;
  return html`<li><a href="${CONSOLE}/members?department=${id}"${id === chosen && html` aria-current="page"`}>${nameOf(department)}</a>${!isOpen && children.length > 0 && html` <small>+${children.length}</small>`}
${isOpen && children.length > 0 && html`<ul>${shown.map((child) => branch(view, child, path))}${more > 0 && html`<li><small>${say(`另有 ${more} 个，可通过 ?department=编号 打开`, `${more} more: open one by ?department=<number>`)}</small></li>`}</ul>`}</li>`;
}
