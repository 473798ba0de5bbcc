import { describe, expect, it } from 'vitest';
import type { WecomOptions } from '../../packages/emulator/source/options.ts';
import { CONTACTS_SYNC, emulator, type Json, MAIN_AGENT, OLD_AGENT } from './emulator.ts';
import { elementOf, receiver } from './receiver.ts';

/** An emulator, and the calls of the contacts-sync secret. */
async function synchronizer(options: WecomOptions = {}) {
  const wecom = await emulator(options);
  const access_token = await wecom.token(CONTACTS_SYNC);
  return {
    wecom,
    post: (path: string, body: Json) => wecom.post(path, { access_token }, body),
    get: (path: string, query: Record<string, string | number>) =>
      wecom.get(path, { access_token, ...query }),
    memberOf: (userid: string) => wecom.company.members.find((each) => each.userid === userid),
  };
}

const NEW = { userid: 'new.one', name: '新人', mobile: '+86 13900000001', department: [2] };

describe('user/create', () => {
  it('adds a member who is not activated yet', async () => {
    const { wecom, post, memberOf } = await synchronizer();
    const fields = {
      alias: '小新',
      position: '工程师',
      gender: 1,
      email: 'new@company.com',
      biz_mail: 'new@yunfan.example',
      telephone: '020-123456',
      address: '广州',
      order: [10],
      is_leader_in_dept: [1],
      direct_leader: ['qianer'],
      extattr: { attrs: [{ type: 0, name: '工号', text: { value: 'YF1' } }] },
    };
    expect(await post('user/create', { ...NEW, ...fields, to_invite: false })).toEqual({
      errcode: 0,
      errmsg: 'created',
    });
    expect(memberOf('new.one')).toEqual({
      ...NEW,
      ...fields,
      gender: '1',
      main_department: 2,
      status: 4,
      extattr: fields.extattr.attrs,
    });
    const app = { access_token: await wecom.token(), userid: 'NEW.ONE' };
    expect(await wecom.get('user/get', app)).toMatchObject({ name: '新人', status: 4 });
  });

  it('takes null for what is not given', async () => {
    const { post, memberOf } = await synchronizer();
    const fields = { gender: null, order: null, email: null, direct_leader: null };
    expect(await post('user/create', { ...NEW, ...fields })).toMatchObject({ errcode: 0 });
    expect(memberOf('new.one')).toMatchObject({ gender: '0' });
    expect(memberOf('new.one')).not.toHaveProperty('order');
  });

  it('disables whom it is told to', async () => {
    const { post, memberOf } = await synchronizer();
    await post('user/create', { ...NEW, enable: 0 });
    expect(memberOf('new.one')?.status).toBe(2);
  });

  it.each([
    ['no userid', { userid: undefined }, 41009],
    ['a userid with a sign in front', { userid: '-x' }, 40003],
    ['a userid that is there, in other letters', { userid: 'USER123' }, 60102],
    ['no name', { name: undefined }, 60112],
    ['a name of 65 characters', { name: '汉'.repeat(65) }, 60112],
    ['a department as a text', { department: '2' }, 41019],
    ['101 departments', { department: Array.from({ length: 101 }, (_, at) => at + 1) }, 60110],
    ['neither mobile nor e-mail', { mobile: undefined }, 60129],
    ['a mobile with letters', { mobile: '139x0000001' }, 60103],
    ['a mobile that is there, with +86', { mobile: '+8613800138000' }, 60104],
    ['an e-mail that is none', { email: 'new' }, 60105],
    ['an e-mail that is there', { email: 'ZHANG@company.com' }, 60106],
    ['a company e-mail that is none', { biz_mail: 'new' }, 60143],
    ['a company e-mail that is there', { biz_mail: 'zhangsan@yunfan.example' }, 60145],
    ['a gender of its own', { gender: '3' }, 40058],
    ['leaders not parallel to departments', { is_leader_in_dept: [1, 0] }, 60132],
    ['an order not parallel to departments', { order: [1, 0] }, 40058],
    ['a leader who is not there', { direct_leader: ['nobody'] }, 60111],
    ['a main department that is none of them', { main_department: 3 }, 40058],
    ['a position of 129 characters', { position: 'x'.repeat(129) }, 301012],
    ['a telephone with letters', { telephone: 'x' }, 301013],
    ['a picture that was not uploaded', { avatar_mediaid: 'x' }, 40007],
  ])('refuses %s', async (_what, fields, errcode) => {
    const { wecom, post } = await synchronizer();
    const before = structuredClone(wecom.company);
    expect(await post('user/create', { ...NEW, ...fields })).toMatchObject({ errcode });
    expect(wecom.company).toEqual(before);
  });

  it('names the member who has the mobile', async () => {
    const { post } = await synchronizer();
    const { errmsg } = await post('user/create', { ...NEW, mobile: '13800138000' });
    expect(errmsg).toMatch(/^mobile existed:user123, hint: /);
  });

  it('creates an unknown department, and one for members without any', async () => {
    const { wecom, post, memberOf } = await synchronizer();
    expect(await post('user/create', { ...NEW, department: [2, 77] })).toMatchObject({
      created_department_list: { department_info: [{ name: '77', id: 77 }] },
    });
    const pending = wecom.company.departments.find(({ id }) => id === 77)?.parentid ?? 0;
    expect(memberOf('new.one')?.department).toEqual([2, 77]);
    const second = { ...NEW, userid: 'new.two', mobile: '13900000002', department: undefined };
    expect(await post('user/create', second)).toEqual({ errcode: 0, errmsg: 'created' });
    expect(memberOf('new.two')?.department).toEqual([pending]);
    expect(wecom.company.departments.find(({ id }) => id === pending)).toMatchObject({
      name: '其他（待设置部门）',
      parentid: 1,
    });
  });

  it('refuses both if told so', async () => {
    const { post } = await synchronizer({ newMemberDepartment: 'refused' });
    expect(await post('user/create', { ...NEW, department: [77] })).toMatchObject({
      errcode: 60123,
    });
    expect(await post('user/create', { ...NEW, department: undefined })).toMatchObject({
      errcode: 41019,
    });
  });
});

describe('user/update', () => {
  it('changes what is given, and nothing else', async () => {
    const { post, memberOf } = await synchronizer();
    const before = structuredClone(memberOf('lisi'));
    expect(
      await post('user/update', { userid: 'LISI', name: '李四四', department: [7], enable: 0 }),
    ).toEqual({ errcode: 0, errmsg: 'updated' });
    expect(memberOf('lisi')).toEqual({
      ...before,
      name: '李四四',
      department: [7],
      main_department: 7,
      status: 2,
    });
    await post('user/update', { userid: 'lisi', enable: 1 });
    expect(memberOf('lisi')?.status).toBe(1);
  });

  it('keeps the order and the leadership in departments that stay', async () => {
    const { post, memberOf } = await synchronizer();
    await post('user/update', { userid: 'qianer', department: [7, 2] });
    expect(memberOf('qianer')).toMatchObject({ order: [0, 10], is_leader_in_dept: [0, 1] });
  });

  it('leaves the mobile and e-mail of an active member to them', async () => {
    const { post, memberOf } = await synchronizer();
    const change = { mobile: '13900000001', email: 'new@company.com' };
    await post('user/update', { userid: 'lisi', ...change });
    expect(memberOf('lisi')).toMatchObject({ mobile: '13800138002', email: 'li@company.com' });
    await post('user/update', { userid: 'zhaoliu', ...change });
    expect(memberOf('zhaoliu')).toMatchObject(change);
  });

  it.each([
    ['no userid', { userid: '' }, 41009],
    ['a member who is not there', { userid: 'nobody' }, 60111],
    ['an unknown department', { department: [77] }, 60123],
    ['no department', { department: [] }, 41019],
    ['another userid', { new_userid: 'li.si' }, 301036],
    ['an empty name', { name: '' }, 60112],
  ])('refuses %s', async (_what, fields, errcode) => {
    const { post } = await synchronizer();
    expect(await post('user/update', { userid: 'lisi', ...fields })).toMatchObject({ errcode });
  });
});

describe('user/delete and user/batchdelete', () => {
  it('delete from the company', async () => {
    const { post, get, memberOf } = await synchronizer();
    expect(await get('user/delete', { userid: 'USER123' })).toEqual({
      errcode: 0,
      errmsg: 'deleted',
    });
    expect(memberOf('user123')).toBeUndefined();
    expect(await get('user/delete', { userid: 'user123' })).toMatchObject({ errcode: 60111 });
    expect(await get('user/delete', {})).toMatchObject({ errcode: 41009 });
    expect(await post('user/batchdelete', { useridlist: ['lisi', 'LISI', 'wangwu'] })).toEqual({
      errcode: 0,
      errmsg: 'deleted',
    });
    expect(memberOf('wangwu')).toBeUndefined();
  });

  it('delete nobody if one of them is not there', async () => {
    const { post, memberOf } = await synchronizer();
    const remove = (useridlist: unknown) => post('user/batchdelete', { useridlist });
    expect(await remove(['lisi', 'nobody'])).toMatchObject({ errcode: 40031 });
    expect(memberOf('lisi')).toBeDefined();
    expect(await remove([])).toMatchObject({ errcode: 40063 });
    expect(await remove(Array(201).fill('lisi'))).toMatchObject({ errcode: 40032 });
  });
});

describe('departments', () => {
  it('are created, changed and deleted', async () => {
    const { wecom, post, get } = await synchronizer();
    const departmentOf = (id: unknown) => wecom.company.departments.find((each) => each.id === id);
    const created = await post('department/create', { name: '测试组', parentid: 2, order: 5 });
    expect(created).toEqual({ errcode: 0, errmsg: 'created', id: 13 });
    expect(departmentOf(13)).toEqual({
      id: 13,
      name: '测试组',
      department_leader: [],
      parentid: 2,
      order: 5,
    });
    await post('department/create', { name: '子组', name_en: 'Sub', parentid: 13, id: 99 });
    expect(await post('department/update', { id: 99, parentid: 7, name: '子部门' })).toEqual({
      errcode: 0,
      errmsg: 'updated',
    });
    expect(departmentOf(99)).toMatchObject({ name: '子部门', name_en: 'Sub', parentid: 7 });
    expect(await get('department/delete', { id: 99 })).toEqual({ errcode: 0, errmsg: 'deleted' });
    expect(departmentOf(99)).toBeUndefined();
  });

  it.each([
    ['no name', { name: undefined }, 60001],
    ['a name of 65 characters', { name: '汉'.repeat(65) }, 60001],
    ['a name with a colon', { name: 'a:b' }, 60009],
    ['a name that its parent has', { name: '后端组' }, 60008],
    ['an id that is there', { id: 3 }, 60008],
    ['the id of the root', { id: 1 }, 40058],
    ['no parent', { parentid: undefined }, 60004],
    ['an unknown parent', { parentid: 404 }, 60004],
    ['an order that is none', { order: -1 }, 40058],
  ])('are not created with %s', async (_what, fields, errcode) => {
    const { post } = await synchronizer();
    const department = { name: '测试组', parentid: 2, ...fields };
    expect(await post('department/create', department)).toMatchObject({ errcode });
  });

  it('are at most 15 levels deep', async () => {
    const { post } = await synchronizer();
    let parentid = 1;
    for (let level = 2; level <= 15; level += 1) {
      const { id } = await post('department/create', { name: `${level}`, parentid });
      parentid = Number(id);
    }
    expect(await post('department/create', { name: '16', parentid })).toMatchObject({
      errcode: 81002,
    });
    expect(await post('department/update', { id: 2, parentid })).toMatchObject({ errcode: 81002 });
  });

  it('stay where a change is not possible', async () => {
    const { post, get } = await synchronizer();
    expect(await post('department/update', { id: 404 })).toMatchObject({ errcode: 60003 });
    expect(await post('department/update', { id: 2, parentid: 5 })).toMatchObject({
      errcode: 60010,
    });
    expect(await post('department/update', { id: 3, name: '前端组' })).toMatchObject({
      errcode: 60008,
    });
    expect(await get('department/delete', { id: 404 })).toMatchObject({ errcode: 60003 });
    expect(await get('department/delete', { id: 1 })).toMatchObject({ errcode: 60007 });
    expect(await get('department/delete', { id: 2 })).toMatchObject({ errcode: 60005 });
    expect(await get('department/delete', { id: 4 })).toMatchObject({ errcode: 60006 });
  });
});

describe('tags', () => {
  it('are created, filled, emptied, renamed and deleted by the app that owns them', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const post = (path: string, body: Json) => wecom.post(path, { access_token }, body);
    const tagOf = (tagid: number) => wecom.get('tag/get', { access_token, tagid });
    expect(await post('tag/create', { tagname: '新标签' })).toEqual({
      errcode: 0,
      errmsg: 'created',
      tagid: 8,
    });
    const list = { tagid: 8, userlist: ['user123', 'zhouba', 'nobody'], partylist: [7, 10] };
    expect(await post('tag/addtagusers', list)).toEqual({
      errcode: 0,
      errmsg: 'ok',
      invalidlist: 'zhouba|nobody',
      invalidparty: [10],
    });
    expect(await tagOf(8)).toMatchObject({ userlist: [{ userid: 'user123' }], partylist: [7] });
    expect(await post('tag/deltagusers', { tagid: 8, userlist: ['USER123'] })).toEqual({
      errcode: 0,
      errmsg: 'deleted',
    });
    expect(await post('tag/update', { tagid: 8, tagname: '旧标签' })).toEqual({
      errcode: 0,
      errmsg: 'updated',
    });
    expect(await tagOf(8)).toMatchObject({ tagname: '旧标签', userlist: [], partylist: [7] });
    expect(await wecom.get('tag/delete', { access_token, tagid: 8 })).toEqual({
      errcode: 0,
      errmsg: 'deleted',
    });
    expect(await tagOf(8)).toMatchObject({ errcode: 40068 });
  });

  it.each([
    ['tag/create', {}, 41018],
    ['tag/create', { tagname: '' }, 40072],
    ['tag/create', { tagname: '汉'.repeat(33) }, 40072],
    ['tag/create', { tagname: '研发' }, 40071],
    ['tag/create', { tagname: '新标签', tagid: 2 }, 40068],
    ['tag/update', { tagname: '新标签' }, 41017],
    ['tag/update', { tagname: '新标签', tagid: 404 }, 40068],
    ['tag/addtagusers', { tagid: 2 }, 40035],
    ['tag/addtagusers', { tagid: 2, userlist: 'user123' }, 40035],
    ['tag/addtagusers', { tagid: 2, userlist: Array(1_001).fill('user123') }, 40035],
    ['tag/addtagusers', { tagid: 2, partylist: Array(101).fill(2) }, 40035],
    ['tag/addtagusers', { tagid: 2, userlist: ['nobody'] }, 40070],
    ['tag/deltagusers', { tagid: 2, userlist: ['nobody'] }, 40031],
  ])('refuse to %s %j', async (path, body, errcode) => {
    const { post } = await synchronizer();
    expect(await post(path, body)).toMatchObject({ errcode });
  });

  it('belong to their app, or to the administrator and contacts-sync', async () => {
    const { wecom, post } = await synchronizer();
    const access_token = await wecom.token();
    const { tagid } = await wecom.post('tag/create', { access_token }, { tagname: '新标签' });
    const rename = { tagid, tagname: '别的' };
    const other = { access_token: await wecom.token(OLD_AGENT) };
    expect(await wecom.post('tag/update', other, rename)).toMatchObject({ errcode: 81011 });
    expect(await post('tag/update', rename)).toMatchObject({ errcode: 81011 });
    expect(await wecom.post('tag/update', other, { ...rename, tagid: 2 })).toMatchObject({
      errcode: 81011,
    });
    wecom.behaviour.foreignTagErrcode = 60011;
    expect(await wecom.post('tag/update', other, rename)).toMatchObject({ errcode: 60011 });
    expect(await post('tag/update', { ...rename, tagid: 2 })).toMatchObject({ errcode: 0 });
  });

  it('close the range of an app that was visible by them when they are deleted', async () => {
    const { wecom, get } = await synchronizer();
    const access_token = await wecom.token();
    const ask = () => wecom.get('user/get', { access_token, userid: 'hezhuanjia' });
    expect(await ask()).toMatchObject({ errcode: 0 });
    expect(await get('tag/delete', { tagid: 3 })).toMatchObject({ errcode: 0 });
    expect(await ask()).toMatchObject({ errcode: 60011 });
  });
});

describe('changes by the API', () => {
  it('are for the contacts-sync secret alone, but for tags', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    for (const path of ['user/create', 'user/update', 'user/batchdelete', 'department/create']) {
      expect(await wecom.post(path, { access_token }, {})).toMatchObject({ errcode: 48002 });
    }
    for (const path of ['user/delete', 'department/delete']) {
      expect(await wecom.get(path, { access_token })).toMatchObject({ errcode: 48002 });
    }
  });

  it('are refused from an unknown address before anything else', async () => {
    const { wecom, post } = await synchronizer();
    wecom.administrator.updateApp(CONTACTS_SYNC, { trusted_ips: ['10.0.0.1'] });
    expect(await post('user/create', {})).toMatchObject({ errcode: 60020 });
    expect(await post('department/create', {})).toMatchObject({ errcode: 60020 });
  });

  it('push subscribe and unsubscribe to apps, but no event to the receiver of contacts-sync', async () => {
    const { target, received } = await receiver(() => ({}));
    const callbacks = { app: target, contacts: target };
    const { wecom, post, get } = await synchronizer({ callbacks });
    await post('user/create', NEW);
    wecom.administrator.update('new.one', { status: 1 });
    await get('user/delete', { userid: 'new.one' });
    await get('user/delete', { userid: 'user123' });
    await post('department/create', { name: '测试组', parentid: 2 });
    await post('tag/addtagusers', { tagid: 2, userlist: ['lisi'] });
    await wecom.callbacks.settled();
    const events = received.map(({ message }) => [
      elementOf(message, 'Event'),
      elementOf(message, 'FromUserName'),
    ]);
    expect(events.sort()).toEqual([
      ['subscribe', 'new.one'],
      ['unsubscribe', 'new.one'],
      ['unsubscribe', 'user123'],
    ]);
    wecom.behaviour.contactWritesEcho = true;
    await get('user/delete', { userid: 'lisi' });
    const told = wecom.callbacks.deliveries().map(({ event }) => event);
    expect(told.slice(-2)).toEqual(['delete_user', 'unsubscribe']);
  });

  it('of tags by an app are pushed to contacts-sync', async () => {
    const { target, received } = await receiver(() => ({}));
    const wecom = await emulator({ callbacks: { contacts: target } });
    const query = { access_token: await wecom.token(MAIN_AGENT) };
    const { tagid } = await wecom.post('tag/create', query, { tagname: '新标签' });
    await wecom.post('tag/addtagusers', query, { tagid, userlist: ['user123'], partylist: [7] });
    await wecom.callbacks.settled();
    expect(received.map(({ message }) => message)).toEqual([
      expect.stringContaining(
        `<ChangeType><![CDATA[update_tag]]></ChangeType><TagId>${tagid}</TagId><AddUserItems><![CDATA[user123]]></AddUserItems><AddPartyItems><![CDATA[7]]></AddPartyItems>`,
      ),
    ]);
  });
});
