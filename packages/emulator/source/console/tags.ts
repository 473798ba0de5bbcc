import { Impossible } from '../directory/impossible.ts';
import { html } from '../pages/html.ts';
import {
  CONSOLE,
  doing,
  input,
  memberLink,
  numbersOf,
  paged,
  type Section,
  table,
  wordsOf,
} from './view.ts';

/** All tags. */
export const tags: Section = {
  page(view) {
    const { wecom, say } = view;
    const { rows, pager } = paged(view, wecom.company.tags);
    return {
      title: say('标签', 'Tags'),
      body: html`<section class="card"><h1>${say('标签', 'Tags')}</h1>
${table(
  say('标签', 'Tags'),
  [say('编号', 'Number'), say('名称', 'Name'), say('成员', 'Members'), say('部门', 'Departments')],
  rows.map(({ tagid, tagname, userlist, partylist }) => [
    tagid,
    html`<a href="${CONSOLE}/tags/${tagid}">${tagname}</a>`,
    userlist.length,
    partylist.length,
  ]),
)}${pager}
${doing('create', say('新建标签', 'Create a tag'), { fields: [input(say('编号', 'Number'), 'tagid', { required: true }), input(say('名称', 'Name'), 'name', { required: true })] })}</section>`,
    };
  },
  actions: {
    create({ wecom }, form) {
      const [tagid] = numbersOf(form.get('tagid'));
      if (tagid === undefined) throw new Impossible('a tag has a number', '标签需要编号');
      const tagname = form.get('name') || String(tagid);
      wecom.administrator.createTag({ tagid, tagname, userlist: [], partylist: [] });
      return `${CONSOLE}/tags/${tagid}`;
    },
  },
};

/** One tag: who and what has it. */
export const tag: Section = {
  page(view, part) {
    const { directory, say } = view;
    const found = directory.tag(Number(part));
    if (found === undefined) return undefined;
    const { tagid, tagname, userlist, partylist } = found;
    const { rows, pager } = paged(view, userlist);
    return {
      title: tagname,
      body: html`<section class="card"><h1>${tagname} <small>${say('标签', 'Tag')} ${tagid}</small></h1>
<h2>${say('成员', 'Members')} ${userlist.length}</h2>
<ul class="rows inline">${rows.map((userid) => html`<li><p>${memberLink(userid)} ${directory.member(userid)?.name}</p>${doing('remove', say('移除', 'Remove'), { values: { userid }, name: say(`移除成员 ${userid}`, `Remove ${userid}`) })}</li>`)}</ul>${pager}
${doing('add', say('添加成员', 'Add members'), { fields: input('userid', 'userid', { required: true }) })}
<h2>${say('部门', 'Departments')} ${partylist.length}</h2>
<ul class="rows inline">${partylist.slice(0, MAX_DEPARTMENTS).map((id) => html`<li><p><a href="${CONSOLE}/members?department=${id}">${directory.department(id)?.name ?? id}</a> <small>${id}</small></p>${doing('remove-department', say('移除', 'Remove'), { values: { id }, name: say(`移除部门 ${id}`, `Remove the department ${id}`) })}</li>`)}</ul>
${doing('add-department', say('添加部门', 'Add departments'), { fields: input(say('部门编号', 'Department numbers'), 'id', { required: true }) })}
<h2>${say('修改', 'Change')}</h2>
${doing('rename', say('改名', 'Rename'), { fields: input(say('名称', 'Name'), 'name', { value: tagname, required: true }) })}
${doing('delete', say('删除标签', 'Delete the tag'), { kind: 'danger' })}</section>`,
    };
  },
  actions: {
    rename: ({ wecom }, form, part) =>
      wecom.administrator.renameTag(Number(part), form.get('name') || part),
    delete({ wecom }, _form, part) {
      wecom.administrator.deleteTag(Number(part));
      return `${CONSOLE}/tags`;
    },
    add: ({ wecom }, form, part) =>
      wecom.administrator.tag(Number(part), { addUsers: wordsOf(form.get('userid')) }),
    remove: ({ wecom }, form, part) =>
      wecom.administrator.tag(Number(part), { delUsers: [form.get('userid') ?? ''] }),
    'add-department': ({ wecom }, form, part) =>
      wecom.administrator.tag(Number(part), { addParties: numbersOf(form.get('id')) }),
    'remove-department': ({ wecom }, form, part) =>
      wecom.administrator.tag(Number(part), { delParties: numbersOf(form.get('id')) }),
  },
};

const MAX_DEPARTMENTS = 100;
