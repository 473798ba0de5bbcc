import { assert, refused, refusedAsOneOf, succeeded } from './expect.js';

const SENSITIVE = ['avatar', 'mobile', 'email', 'biz_mail', 'qr_code', 'address'];

/** GET with the token of an app. */
async function get({ http, settings }, path, query = {}, app = settings.app) {
  return http.get(path, { access_token: await http.token(app), ...query });
}

export const CONTACTS = [
  {
    id: 'user-get',
    facts: [7],
    documents: [90196],
    en: 'user/get of an app created since 2022-06-20 has no sensitive fields',
    zh: '2022-06-20 之后创建的应用调用 user/get 得不到敏感字段',
    async run(world) {
      const { userid, department } = world.settings.member;
      const member = succeeded(await get(world, 'user/get', { userid }));
      assert.equal(member.userid, userid);
      assert.equal(typeof member.name, 'string');
      assert.ok(member.department.includes(department));
      assert.equal(member.order.length, member.department.length);
      assert.equal(member.is_leader_in_dept.length, member.department.length);
      assert.ok([1, 2, 4, 5].includes(member.status));
      assert.deepEqual(
        SENSITIVE.filter((field) => member[field]),
        [],
      );
    },
  },
  {
    id: 'user-get-older-app',
    facts: [7],
    documents: [90196],
    needs: ['olderApp'],
    en: 'user/get of an app created before 2022-06-20 has the mobile',
    zh: '2022-06-20 之前创建的应用调用 user/get 可得到手机号',
    async run(world) {
      const { userid } = world.settings.member;
      const member = succeeded(await get(world, 'user/get', { userid }, world.settings.olderApp));
      assert.ok(member.mobile);
    },
  },
  {
    id: 'userid-case',
    facts: [7],
    documents: [90196],
    en: 'A userid is found in any case',
    zh: 'userid 不区分大小写',
    async run(world) {
      const { userid } = world.settings.member;
      const member = succeeded(await get(world, 'user/get', { userid: userid.toUpperCase() }));
      assert.equal(member.userid, userid);
    },
  },
  {
    id: 'unknown-member',
    facts: [7],
    documents: [90313],
    en: 'A userid that never was is 60111',
    zh: '不存在的 userid 为 60111',
    run: async (world) =>
      refused(
        await get(world, 'user/get', { userid: 'nobody-of-that-name' }),
        60111,
        'userid not found',
      ),
  },
  {
    id: 'invisible-member',
    facts: [7],
    documents: [90196],
    needs: ['invisibleMember'],
    observes: true,
    en: 'user/get of a member outside the visible range: 60011 or 60111',
    zh: 'user/get 可见范围外的成员：60011 或 60111',
    run: async (world) =>
      refusedAsOneOf(
        await get(world, 'user/get', { userid: world.settings.invisibleMember.userid }),
        [60011, 60111],
      ),
  },
  {
    id: 'departments',
    facts: [8],
    documents: [90208, 95350, 95351],
    en: 'department/list is an array, department/simplelist has ids only, department/get is one object',
    zh: 'department/list 返回数组，department/simplelist 只有 id，department/get 返回单个对象',
    async run(world) {
      const id = world.settings.member.department;
      const list = succeeded(await get(world, 'department/list'));
      const found = list.department.find((each) => each.id === id);
      assert.ok(found);
      const simple = succeeded(await get(world, 'department/simplelist')).department_id;
      assert.deepEqual(Object.keys(simple[0]).sort(), ['id', 'order', 'parentid']);
      assert.deepEqual(
        simple.map((each) => each.id).sort(),
        list.department.map((each) => each.id).sort(),
      );
      assert.equal(succeeded(await get(world, 'department/get', { id })).department.id, id);
    },
  },
  {
    id: 'partial-range',
    facts: [8],
    documents: [90208],
    needs: ['invisibleDepartment'],
    en: 'A department outside the visible range is not listed',
    zh: '可见范围外的部门不在列表中',
    async run(world) {
      const { department } = succeeded(await get(world, 'department/list'));
      assert.ok(!department.some(({ id }) => id === world.settings.invisibleDepartment));
    },
  },
  {
    id: 'unreadable-departments',
    facts: [8],
    documents: [90313],
    needs: ['invisibleDepartment'],
    observes: true,
    en: 'department/get of an unknown department, and of one outside the visible range',
    zh: 'department/get 未知的部门，以及可见范围外的部门',
    async run(world) {
      const id = world.settings.invisibleDepartment;
      const unknown = refusedAsOneOf(
        await get(world, 'department/get', { id: 999_999_999 }),
        [60123, 60003, 60011],
      );
      const invisible = refusedAsOneOf(
        await get(world, 'department/get', { id }),
        [60123, 60003, 60011],
      );
      return `${unknown}; ${invisible}`;
    },
  },
  {
    id: 'root-parentid',
    facts: [8],
    documents: [90208],
    observes: true,
    en: 'The parentid of the topmost departments in sight',
    zh: '可见的最上层部门的 parentid',
    async run(world) {
      const { department } = succeeded(await get(world, 'department/list'));
      const ids = new Set(department.map(({ id }) => id));
      const roots = department.filter(({ parentid }) => !ids.has(parentid));
      return roots.map(({ parentid }) => parentid).join(', ');
    },
  },
  {
    id: 'department-names',
    facts: [8],
    documents: [95351],
    observes: true,
    en: 'Departments without a name',
    zh: '没有名称的部门',
    async run(world) {
      const { department } = succeeded(await get(world, 'department/list'));
      return `${department.filter(({ name }) => name === undefined).length} of ${department.length}`;
    },
  },
  {
    id: 'tags',
    facts: [8],
    documents: [90216, 90213],
    en: 'tag/list has ids and names, tag/get the members and departments in sight',
    zh: 'tag/list 返回 id 和名称，tag/get 返回可见的成员和部门',
    async run(world) {
      const tagid = world.settings.tag;
      const { taglist } = succeeded(await get(world, 'tag/list'));
      assert.ok(taglist.some((each) => each.tagid === tagid));
      const tag = succeeded(await get(world, 'tag/get', { tagid }));
      assert.equal(typeof tag.tagname, 'string');
      assert.ok(tag.userlist.every(({ userid, name }) => userid && name));
      assert.ok(Array.isArray(tag.partylist));
    },
  },
  {
    id: 'fetch-child',
    facts: [8],
    documents: [90200],
    observes: true,
    en: 'user/simplelist with fetch_child=1 and without it',
    zh: 'user/simplelist 带与不带 fetch_child=1',
    async run(world) {
      const department_id = world.settings.member.department;
      const count = async (fetch_child) =>
        succeeded(await get(world, 'user/simplelist', { department_id, fetch_child })).userlist
          .length;
      return `${await count(undefined)} members, ${await count(1)} with it`;
    },
  },
  {
    id: 'contacts-sync-reads-no-details',
    facts: [9],
    documents: [90196],
    needs: ['contactsSync'],
    en: 'The contacts-sync secret reads no details from an address that is new since 2022-08-15: 48009',
    zh: '2022-08-15 之后新增的 IP 用通讯录同步的 Secret 读取详情为 48009',
    async run(world) {
      const { userid } = world.settings.member;
      const response = await get(world, 'user/get', { userid }, world.settings.contactsSync);
      refused(response, 48009, 'api forbidden for contact assistant');
    },
  },
  {
    id: 'list-id',
    facts: [26],
    documents: [96067],
    needs: ['contactsSync'],
    en: 'user/list_id has a row for each membership, in pages, for the contacts-sync secret only',
    zh: 'user/list_id 每个部门归属一行，可分页，仅限通讯录同步的 Secret',
    async run({ http, settings }) {
      const access_token = await http.token(settings.contactsSync);
      const page = async (body) =>
        succeeded(await http.post('user/list_id', { access_token }, body));
      const first = await page({ limit: 1 });
      assert.equal(first.dept_user.length, 1);
      assert.deepEqual(Object.keys(first.dept_user[0]).sort(), ['department', 'userid']);
      const second = await page({ limit: 1, cursor: first.next_cursor });
      assert.notDeepEqual(second.dept_user, first.dept_user);
      const byApp = await http.post('user/list_id', { access_token: await http.token() }, {});
      assert.notEqual(byApp.json.errcode, 0);
    },
  },
  {
    id: 'tickets',
    facts: [20],
    documents: [96909],
    en: 'Both JS-SDK tickets live at most 7200 s; another type of ticket is 91040',
    zh: '两种 JS-SDK ticket 的有效期不超过 7200 秒；其他 type 为 91040',
    async run(world) {
      for (const [path, query] of [
        ['get_jsapi_ticket', {}],
        ['ticket/get', { type: 'agent_config' }],
      ]) {
        const { ticket, expires_in } = succeeded(await get(world, path, query));
        assert.ok(ticket.length > 0 && ticket.length <= 512);
        assert.ok(expires_in > 0 && expires_in <= 7200, `expires_in is ${expires_in}`);
      }
      refused(await get(world, 'ticket/get', { type: 'x' }), 91040);
    },
  },
  {
    id: 'agent',
    facts: [14],
    documents: [90227],
    needs: ['otherApp'],
    en: "agent/get of the token's own app works, of another app it is 301002",
    zh: 'agent/get 查询 token 所属的应用可用，查询其他应用为 301002',
    async run(world) {
      const { app, otherApp } = world.settings;
      assert.equal(
        succeeded(await get(world, 'agent/get', { agentid: app.agentid })).agentid,
        app.agentid,
      );
      refused(await get(world, 'agent/get', { agentid: otherApp.agentid }), 301002);
    },
  },
  {
    id: 'message-to-nobody',
    facts: [25],
    documents: [90236],
    en: 'message/send to nobody who can be reached is 81013',
    zh: 'message/send 的接收者全部无效时为 81013',
    async run({ http, settings }) {
      const body = {
        touser: 'nobody-of-that-name',
        agentid: settings.app.agentid,
        msgtype: 'text',
        text: { content: 'conformance' },
      };
      refused(await http.post('message/send', { access_token: await http.token() }, body), 81013);
    },
  },
  {
    id: 'message',
    facts: [25],
    documents: [90236],
    needs: ['--changes'],
    en: 'message/send gives a msgid, and names the receivers that are invalid',
    zh: 'message/send 返回 msgid，并列出无效的接收者',
    async run({ http, settings }) {
      const body = {
        touser: `${settings.member.userid}|nobody-of-that-name`,
        agentid: settings.app.agentid,
        msgtype: 'text',
        text: { content: 'conformance' },
      };
      const answer = succeeded(
        await http.post('message/send', { access_token: await http.token() }, body),
      );
      assert.ok(answer.msgid);
      assert.equal(answer.invaliduser, 'nobody-of-that-name');
    },
  },
];
