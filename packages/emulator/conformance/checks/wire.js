import { assert, refused, said, succeeded } from './expect.js';

/** How every answer looks. */
export const WIRE = [
  {
    id: 'unknown-path',
    facts: [1],
    documents: [],
    en: 'An unknown path is 404 with an empty body',
    zh: '未知路径返回 404，响应体为空',
    async run({ http }) {
      const { status, text } = await http.get('this_path_does_not_exist', { access_token: 'x' });
      assert.deepEqual([status, text], [404, '']);
    },
  },
  {
    id: 'pages',
    facts: [1],
    documents: [91022, 98152, 91019],
    en: 'The authorize pages are HTML',
    zh: '各授权页面返回 HTML',
    async run({ http, authorizeAddress }) {
      for (const page of ['oauth2', 'wwlogin', 'qrConnect']) {
        const { status, headers } = await http.fetch(authorizeAddress({ page }));
        assert.ok(status < 400, `${page}: the status is ${status}`);
        if (status === 200) assert.match(headers.get('content-type') ?? '', /^text\/html/);
      }
    },
  },
  {
    id: 'plain-http',
    facts: [1],
    documents: [],
    needs: ['https'],
    en: 'Plain http is redirected to https with 301',
    zh: '明文 http 以 301 重定向到 https',
    async run({ http, settings }) {
      const { status, headers } = await http.fetch(
        `${settings.api.replace('https:', 'http:')}/cgi-bin/gettoken`,
      );
      assert.equal(status, 301);
      assert.match(headers.get('location') ?? '', /^https:/);
    },
  },
  {
    id: 'errors-are-200',
    facts: [2],
    documents: [90313],
    en: 'A business error is status 200 with compact JSON and the errcode in two headers',
    zh: '业务错误的状态码为 200，JSON 无多余空白，两个响应头重复 errcode 和 errmsg',
    async run({ http }) {
      const { status, headers, text, json } = await http.get('gettoken', {
        corpid: 'x',
        corpsecret: 'y',
      });
      assert.equal(status, 200);
      assert.equal(text, JSON.stringify(json));
      assert.equal(headers.get('content-type')?.toLowerCase(), 'application/json; charset=utf-8');
      assert.equal(headers.get('error-code'), String(json.errcode));
      assert.equal(headers.get('error-msg'), json.errmsg);
      assert.equal(headers.get('server'), 'nginx');
    },
  },
  {
    id: 'hint',
    facts: [2],
    documents: [],
    en: 'errmsg ends with a hint of 25 digits that begin with the second, the address and a link',
    zh: 'errmsg 以 25 位数字的 hint（前 10 位为秒级时间戳）、来源 IP 和链接结尾',
    async run({ http }) {
      const response = await http.get('gettoken', { corpid: 'x', corpsecret: 'y' });
      refused(response, 40013, 'invalid corpid', { hint: true });
      const second = Number(/hint: \[(\d{10})/.exec(response.json.errmsg)?.[1]);
      const date = Date.parse(response.headers.get('date') ?? '') / 1000;
      assert.ok(Math.abs(second - date) <= 60, `the hint is of ${second}, the answer of ${date}`);
    },
  },
  {
    id: 'bare-40014',
    facts: [2],
    documents: [],
    en: '40014 of contact endpoints has no hint, of others it has',
    zh: '通讯录接口的 40014 不带 hint，其他接口带',
    async run({ http }) {
      const fake = { access_token: 'FAKE_TOKEN' };
      for (const path of ['user/get', 'department/simplelist']) {
        const response = await http.get(path, fake);
        refused(response, 40014);
        assert.equal(response.json.errmsg, 'invalid access_token', path);
      }
      refused(await http.get('getcallbackip', fake), 40014, 'invalid access_token', { hint: true });
    },
  },
  {
    id: 'empty-collections',
    facts: [2],
    documents: [],
    en: 'An error carries the empty lists of its endpoint',
    zh: '错误响应仍带有该接口的空列表',
    async run({ http }) {
      const { json } = await http.get('user/get', { userid: 'x' });
      for (const list of ['department', 'order', 'is_leader_in_dept', 'direct_leader']) {
        assert.deepEqual(json[list], [], list);
      }
      assert.deepEqual((await http.get('department/simplelist')).json.department_id, []);
      assert.deepEqual((await http.post('user/list_id', {}, {})).json.dept_user, []);
    },
  },
  {
    id: 'wrong-json',
    facts: [2],
    documents: [],
    observes: true,
    en: 'A body that is no JSON',
    zh: '请求体不是 JSON',
    run: async ({ http }) =>
      (
        await http.post(
          'auth/getuserdetail',
          { access_token: await http.token() },
          '{"user_ticket":',
        )
      ).json.errmsg.split(', hint')[0],
  },
  {
    id: 'token-in-query-only',
    facts: [3],
    documents: [91039],
    en: 'access_token counts in the query only: in a header or the body it is 41001',
    zh: 'access_token 只能放在 URL 参数里，放在请求头或请求体中均为 41001',
    async run({ http, settings }) {
      const token = await http.token();
      const { userid } = settings.member;
      const inHeader = await http.fetch(`${settings.api}/cgi-bin/user/get?userid=${userid}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      refused(inHeader, 41001, 'access_token missing', { hint: true });
      refused(await http.post('user/list_id', {}, { access_token: token }), 41001);
    },
  },
  {
    id: 'token-before-parameters',
    facts: [3],
    documents: [],
    en: 'The token is checked before the parameters',
    zh: '先检查 token，再检查参数',
    async run({ http }) {
      refused(await http.get('user/get'), 41001);
      refused(await http.get('user/get', { access_token: 'FAKE_TOKEN' }), 40014);
      refused(await http.get('auth/getuserinfo', { access_token: 'FAKE_TOKEN' }), 40014);
    },
  },
  {
    id: 'expired-token',
    facts: [3],
    documents: [90313],
    needs: ['expiredToken'],
    observes: true,
    en: 'An expired token: 42001 or 40014',
    zh: '过期的 token：42001 或 40014',
    async run({ http, settings }) {
      const response = await http.get('tag/list', { access_token: settings.expiredToken });
      assert.ok([42001, 40014].includes(response.json.errcode), said(response));
      return said(response);
    },
  },
  {
    id: 'untrusted-address',
    facts: [3, 11],
    documents: [90313],
    needs: ['elsewhereApp'],
    en: 'From an address that is not trusted, every call but gettoken is 60020, before its parameters',
    zh: '来源 IP 不在企业可信IP内时，除 gettoken 外的接口均在检查参数之前返回 60020',
    async run({ http, settings }) {
      const access_token = await http.token(settings.elsewhereApp);
      for (const path of [
        'user/get',
        'auth/getuserinfo',
        'auth/getuserdetail',
        'user/getuserinfo',
      ]) {
        refused(await http.get(path, { access_token }), 60020, 'not allow to access from your ip', {
          hint: true,
        });
      }
      const { text } = await http.get('getcallbackip', { access_token });
      assert.match(text, /^\{"ip_list":\[\],"errcode":60020,/);
    },
  },
  {
    id: 'disabled-app',
    facts: [3],
    documents: [90313],
    needs: ['disabledAppToken'],
    en: 'The token of a disabled app is 50003',
    zh: '应用停用后，它的 token 返回 50003',
    async run({ http, settings }) {
      refused(await http.get('tag/list', { access_token: settings.disabledAppToken }), 50003);
    },
  },
  {
    id: 'post-to-get',
    facts: [14],
    documents: [],
    observes: true,
    en: 'POST to an endpoint of GET, with the parameters in the query',
    zh: '用 POST 调用 GET 接口，参数在 URL 中',
    run: async ({ http, settings }) =>
      said(
        await http.post(
          'user/get',
          { access_token: await http.token(), userid: settings.member.userid },
          {},
        ),
      ),
  },
  {
    id: 'texts',
    facts: [15],
    documents: [90313],
    en: 'The texts of 40056, 40068, 40058, 41011 and 40029 are those of captured answers',
    zh: '40056、40068、40058、41011 和 40029 的 errmsg 与抓取到的真实响应一致',
    async run({ http }) {
      const access_token = await http.token();
      const get = (path, query) => http.get(path, { access_token, ...query });
      refused(await get('agent/get', { agentid: 'x' }), 40056, 'invalid agentid');
      refused(await get('agent/get', {}), 41011, 'missing agentid');
      refused(await get('tag/get', { tagid: 'x' }), 40068, 'invalid tagid');
      refused(await get('department/get', {}), 40058, 'invalid Request Parameter');
      refused(await get('auth/getuserinfo', { code: 'x' }), 40029, 'invalid code');
    },
  },
  {
    id: 'texts-by-analogy',
    facts: [15],
    documents: [90313],
    observes: true,
    en: 'The texts of 41008, 41009 and 41017, whose wording is not known',
    zh: '41008、41009 和 41017 的 errmsg，其措辞未知',
    async run({ http }) {
      const access_token = await http.token();
      const answers = [];
      for (const path of ['auth/getuserinfo', 'user/get', 'tag/get']) {
        answers.push(said(await http.get(path, { access_token })));
      }
      return answers.join('; ');
    },
  },
  {
    id: 'ip-lists',
    facts: [16],
    documents: [92520, 92521],
    en: 'The lists of addresses come with ip_list first and the header X-W-No',
    zh: '两个 IP 列表接口先返回 ip_list，并带有响应头 X-W-No',
    async run({ http }) {
      const access_token = await http.token();
      for (const path of ['getcallbackip', 'get_api_domain_ip']) {
        const response = await http.get(path, { access_token });
        assert.ok(succeeded(response).ip_list.length > 0, path);
        assert.match(response.text, /^\{"ip_list":/);
        assert.ok(response.headers.has('x-w-no'), path);
        assert.equal(response.headers.get('error-code'), '0');
      }
    },
  },
];
