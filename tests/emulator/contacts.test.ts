import { describe, expect, it } from 'vitest';
import { CONTACTS_SYNC, emulator, MAIN_AGENT, OLD_AGENT, REPORT_AGENT } from './emulator.ts';

describe('user/get', () => {
  it('gives a new app no sensitive field', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const member = await wecom.get('user/get', { access_token, userid: 'USER123' });
    expect(member).toMatchObject({
      errcode: 0,
      userid: 'user123',
      name: '张三',
      department: [2],
      order: [0],
      is_leader_in_dept: [0],
      main_department: 2,
      position: '工程师',
      status: 1,
      direct_leader: ['qianer'],
    });
    for (const field of ['gender', 'avatar', 'qr_code', 'mobile', 'email', 'biz_mail', 'address']) {
      expect(member).not.toHaveProperty(field);
    }
  });

  it('gives an app from before 2022-06-20 all of them', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token(OLD_AGENT);
    expect(await wecom.get('user/get', { access_token, userid: 'user123' })).toMatchObject({
      mobile: '13800138000',
      email: 'zhang@company.com',
      gender: '1',
    });
  });

  it('tells statuses, and refuses what is unknown, malformed, missing or out of range', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const ask = (userid: string) => wecom.get('user/get', { access_token, userid });
    for (const [userid, status] of Object.entries({ lisi: 1, wangwu: 2, zhaoliu: 4, sunqi: 5 })) {
      expect(await ask(userid)).toMatchObject({ errcode: 0, status });
    }
    expect(await ask('nobody')).toMatchObject({ errcode: 60111, department: [] });
    expect(await ask('-x')).toMatchObject({ errcode: 40003 });
    expect(await ask('x'.repeat(65))).toMatchObject({ errcode: 40003 });
    expect(await ask('')).toMatchObject({ errcode: 41009 });
    expect(await ask('zhouba')).toMatchObject({ errcode: 60011 });
    wecom.behaviour.invisibleMemberErrcode = 60111;
    expect(await ask('zhouba')).toMatchObject({ errcode: 60111 });
  });

  it('shows only visible departments, unless told otherwise', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const ask = (userid: string) => wecom.get('user/get', { access_token, userid });
    expect(await ask('liuzong')).toMatchObject({ department: [7], main_department: 10 });
    expect(await ask('hezhuanjia')).toMatchObject({ department: [], main_department: 10 });
    wecom.behaviour.memberDepartments = 'all';
    expect(await ask('liuzong')).toMatchObject({ department: [10, 7], is_leader_in_dept: [1, 0] });
  });

  it('is closed to the contacts-sync secret from a new address: 48009', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token(CONTACTS_SYNC);
    for (const path of [
      'user/get',
      'user/simplelist',
      'user/list',
      'department/get',
      'department/list',
    ]) {
      expect(await wecom.get(path, { access_token })).toMatchObject({ errcode: 48009 });
    }
    expect(await wecom.get('department/simplelist', { access_token })).toMatchObject({
      errcode: 0,
    });
    wecom.behaviour.contactsSyncNewAddress = false;
    expect(await wecom.get('user/get', { access_token, userid: 'zhouba' })).toMatchObject({
      errcode: 0,
    });
  });
});

describe('lists of members', () => {
  it('hold the members of one department', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const simple = await wecom.get('user/simplelist', { access_token, department_id: 2 });
    expect(simple['userlist']).toEqual([
      { userid: 'user123', name: '张三', department: [2] },
      { userid: 'qianer', name: '钱二', department: [2, 3] },
      { userid: 'zhaoliu', name: '赵六', department: [2] },
    ]);
    const full = await wecom.get('user/list', { access_token, department_id: 5 });
    expect(full['userlist']).toMatchObject([{ userid: 'chenshiyi', position: '运维工程师' }]);
    expect(await wecom.get('user/list', { access_token })).toMatchObject({
      errcode: 40058,
      userlist: [],
    });
    expect(await wecom.get('user/list', { access_token, department_id: 10 })).toMatchObject({
      errcode: 60011,
    });
  });

  it('hold those of departments below for fetch_child, unless told otherwise', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const members = async (fetch_child: number) => {
      const query = { access_token, department_id: 3, fetch_child };
      const { userlist } = await wecom.get('user/simplelist', query);
      return (userlist as { userid: string }[]).map(({ userid }) => userid);
    };
    expect(await members(0)).toEqual(['qianer', 'wangwu']);
    expect(await members(1)).toEqual(['qianer', 'wangwu', 'chenshiyi']);
    wecom.behaviour.fetchChild = 'ignored';
    expect(await members(1)).toEqual(['qianer', 'wangwu']);
  });

  it('give the contacts-sync secret ids page by page, and nobody else', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token(CONTACTS_SYNC);
    const rows: unknown[] = [];
    let cursor = '';
    do {
      const page = await wecom.post('user/list_id', { access_token }, { cursor, limit: 4 });
      rows.push(...(page['dept_user'] as unknown[]));
      cursor = String(page['next_cursor']);
    } while (cursor !== '');
    expect(rows).toHaveLength(wecom.company.members.flatMap(({ department }) => department).length);
    expect(rows).toContainEqual({ userid: 'chenshiyi', department: 7 });
    const app = { access_token: await wecom.token() };
    expect(await wecom.post('user/list_id', app, {})).toMatchObject({ errcode: 48002 });
  });
});

describe('departments', () => {
  it('are one object from get, an array from list, ids from simplelist', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    expect(await wecom.get('department/get', { access_token, id: 2 })).toEqual({
      errcode: 0,
      errmsg: 'ok',
      department: wecom.company.departments.find(({ id }) => id === 2),
    });
    const list = await wecom.get('department/list', { access_token, id: 2 });
    expect((list['department'] as { id: number }[]).map(({ id }) => id)).toEqual([2, 3, 6, 4, 5]);
    const simple = await wecom.get('department/simplelist', { access_token, id: 4 });
    expect(simple['department_id']).toEqual([
      { id: 4, parentid: 3, order: 9 },
      { id: 5, parentid: 4, order: 1 },
    ]);
  });

  // silenceper always sends an id.
  it('are all listed for the id 0, unless told otherwise', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    for (const path of ['department/list', 'department/simplelist']) {
      const all = await wecom.get(path, { access_token });
      expect(await wecom.get(path, { access_token, id: 0 })).toEqual(all);
      expect(await wecom.get('department/get', { access_token, id: 0 })).toMatchObject({
        errcode: 60123,
      });
      wecom.behaviour.departmentZero = 'unknown';
      expect(await wecom.get(path, { access_token, id: 0 })).toMatchObject({ errcode: 60123 });
      wecom.behaviour.departmentZero = 'all';
    }
  });

  it('may have no name', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const overseas = await wecom.get('department/get', { access_token, id: 8 });
    expect(overseas['department']).not.toHaveProperty('name');
    expect(overseas['department']).toMatchObject({ name_en: 'Overseas' });
    const nameless = await wecom.get('department/get', { access_token, id: 9 });
    expect(nameless['department']).not.toHaveProperty('name_en');
  });

  it('outside the visible range are not there, though a parentid may name them', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token(REPORT_AGENT);
    const list = await wecom.get('department/list', { access_token });
    expect(list['department']).toMatchObject([{ id: 3, parentid: 2 }, { id: 4 }, { id: 5 }]);
    const ask = async (id: string) =>
      (await wecom.get('department/get', { access_token, id }))['errcode'];
    expect(await ask('2')).toBe(60011);
    expect(await ask('404')).toBe(60123);
    expect(await ask('x')).toBe(60123);
    expect(await ask('')).toBe(40058);
    wecom.behaviour.unknownDepartmentErrcode = 60003;
    expect(await ask('404')).toBe(60003);
  });
});

describe('tags', () => {
  it('are all listed, with only visible members and departments', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    expect((await wecom.get('tag/list', { access_token }))['taglist']).toContainEqual({
      tagid: 2,
      tagname: '研发',
    });
    expect(await wecom.get('tag/get', { access_token, tagid: 7 })).toEqual({
      errcode: 0,
      errmsg: 'ok',
      tagname: '值班',
      userlist: [{ userid: 'lisi', name: '李四' }],
      partylist: [12],
    });
    expect(await wecom.get('tag/get', { access_token })).toMatchObject({ errcode: 41017 });
    expect(await wecom.get('tag/get', { access_token, tagid: 404 })).toMatchObject({
      errcode: 40068,
    });
  });
});

describe('addresses and tickets', () => {
  it('are given to any app', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    expect((await wecom.get('getcallbackip', { access_token }))['ip_list']).not.toHaveLength(0);
    expect((await wecom.get('get_api_domain_ip', { access_token }))['ip_list']).not.toHaveLength(0);
    const ticket = await wecom.get('get_jsapi_ticket', { access_token });
    expect(ticket).toMatchObject({ errcode: 0, expires_in: 7200 });
    wecom.pass(100);
    expect(await wecom.get('get_jsapi_ticket', { access_token })).toMatchObject({
      ticket: ticket['ticket'],
      expires_in: 7100,
    });
    const agent = await wecom.get('ticket/get', { access_token, type: 'agent_config' });
    expect(agent['ticket']).not.toBe(ticket['ticket']);
    expect(await wecom.get('ticket/get', { access_token, type: 'x' })).toMatchObject({
      errcode: 91040,
    });
  });

  it('gives other tickets after an early revocation, of one kind, of one app, or of all', async () => {
    const wecom = await emulator();
    const tickets = async () =>
      Promise.all(
        [MAIN_AGENT, OLD_AGENT].map(async (agentid) => {
          const access_token = await wecom.token(agentid);
          const config = await wecom.get('get_jsapi_ticket', { access_token });
          const agent = await wecom.get('ticket/get', { access_token, type: 'agent_config' });
          return [config['ticket'], agent['ticket']];
        }),
      ).then((both) => both.flat());
    const changed = async (which: Parameters<typeof wecom.tickets.revoke>[0]) => {
      const before = await tickets();
      const revoked = wecom.tickets.revoke(which);
      const after = await tickets();
      const isChanged = after.map((ticket, at) => ticket !== before[at]);
      expect(revoked).toBe(isChanged.filter(Boolean).length);
      return isChanged;
    };
    expect(await changed({ kind: 'config' })).toEqual([true, false, true, false]);
    expect(await changed({ agentid: OLD_AGENT })).toEqual([false, false, true, true]);
    expect(await changed({ kind: 'agent_config', agentid: MAIN_AGENT })).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(await changed({})).toEqual([true, true, true, true]);
  });
});
