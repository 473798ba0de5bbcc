import { assert, refused, said, succeeded } from './expect.js';

const FIELDS = ['gender', 'avatar', 'qr_code', 'mobile', 'email', 'biz_mail', 'address'];

/** Signs in and exchanges the code. */
async function identity({ http, people, settings }, request = {}) {
  const location = await people.signIn({ page: 'oauth2', ...request });
  const code = new URL(location).searchParams.get('code');
  const access_token = await http.token(request.app ?? settings.app);
  return succeeded(await http.get('auth/getuserinfo', { access_token, code }));
}

async function codeOf({ people }, request = {}) {
  const location = await people.signIn({ page: 'oauth2', ...request });
  const code = new URL(location).searchParams.get('code');
  assert.ok(code, `there is no code in ${location.split('?')[0]}`);
  return code;
}

export const SIGN_IN = [
  {
    id: 'code',
    facts: [5],
    documents: [91022, 91023],
    needs: ['--people'],
    en: 'A code has at most 512 bytes, comes with the state, and is exchanged once: 40029 the second time',
    zh: 'code 不超过 512 字节，与 state 一同返回，只能使用一次，第二次为 40029',
    async run(world) {
      const { http, people, settings } = world;
      const location = await people.signIn({ page: 'oauth2', state: 'abc123' });
      const { origin, pathname, searchParams } = new URL(location);
      assert.equal(origin + pathname, settings.app.redirectUri.split('?')[0]);
      assert.equal(searchParams.get('state'), 'abc123');
      const code = searchParams.get('code') ?? '';
      assert.match(code, /^[\w-]{1,512}$/);
      const query = { access_token: await http.token(), code };
      const answer = succeeded(await http.get('auth/getuserinfo', query));
      assert.equal(answer.userid, settings.member.userid);
      assert.equal(answer.user_ticket, undefined);
      refused(await http.get('auth/getuserinfo', query), 40029, 'invalid code');
    },
  },
  {
    id: 'code-length',
    facts: [5],
    documents: [91022],
    needs: ['--people'],
    observes: true,
    en: 'The length of a code',
    zh: 'code 的长度',
    run: async (world) => `${(await codeOf(world)).length} characters`,
  },
  {
    id: 'code-of-another-app',
    facts: [5],
    documents: [90313],
    needs: ['--people', 'otherApp'],
    en: "A code of another app than the token's is 50001",
    zh: 'code 与 token 不属于同一应用时为 50001',
    async run(world) {
      const code = await codeOf(world);
      const access_token = await world.http.token(world.settings.otherApp);
      refused(
        await world.http.get('auth/getuserinfo', { access_token, code }),
        50001,
        'redirect_uri unauthorized',
      );
    },
  },
  {
    id: 'code-expires',
    facts: [5],
    documents: [91023],
    needs: ['--people', '--wait'],
    en: 'A code is 40029 after 5 minutes',
    zh: 'code 在 5 分钟后为 40029',
    async run(world) {
      const code = await codeOf(world);
      await world.wait(301);
      const access_token = await world.http.token();
      refused(
        await world.http.get('auth/getuserinfo', { access_token, code }),
        40029,
        'invalid code',
      );
    },
  },
  {
    id: 'legacy-getuserinfo',
    facts: [5],
    documents: [91023],
    needs: ['--people'],
    en: 'user/getuserinfo still answers, with UserId and DeviceId',
    zh: 'user/getuserinfo 仍然可用，字段为 UserId 和 DeviceId',
    async run(world) {
      const query = { access_token: await world.http.token(), code: await codeOf(world) };
      const answer = succeeded(await world.http.get('user/getuserinfo', query));
      assert.equal(answer.UserId, world.settings.member.userid);
      assert.equal(answer.userid, undefined);
      assert.ok('DeviceId' in answer);
    },
  },
  {
    id: 'user-ticket',
    facts: [6],
    documents: [91023, 95833],
    needs: ['--people'],
    en: 'snsapi_privateinfo gives a user_ticket of at most 512 bytes, and getuserdetail the fields without a name',
    zh: 'snsapi_privateinfo 返回不超过 512 字节的 user_ticket，getuserdetail 返回敏感字段但没有姓名',
    async run(world) {
      const { http, settings } = world;
      const { user_ticket } = await identity(world, { scope: 'snsapi_privateinfo' });
      assert.ok(user_ticket.length <= 512);
      const access_token = await http.token();
      const detail = succeeded(
        await http.post('auth/getuserdetail', { access_token }, { user_ticket }),
      );
      assert.equal(detail.userid, settings.member.userid);
      assert.match(detail.gender, /^[012]$/);
      assert.equal(detail.name, undefined);
      const unknown = Object.keys(detail).filter(
        (name) => ![...FIELDS, 'userid', 'errcode', 'errmsg'].includes(name),
      );
      assert.deepEqual(unknown, []);
    },
  },
  {
    id: 'ticket-of-invisible',
    facts: [6, 7],
    documents: [91023],
    needs: ['--people', 'invisibleMember'],
    en: 'A member outside the visible range gets a userid and no user_ticket',
    zh: '可见范围外的成员可以得到 userid，但没有 user_ticket',
    async run(world) {
      const { userid } = world.settings.invisibleMember;
      const answer = await identity(world, { who: userid });
      assert.equal(answer.userid, userid);
      assert.equal(answer.user_ticket, undefined);
    },
  },
  {
    id: 'ticket-errors',
    facts: [6],
    documents: [90313],
    en: 'No user_ticket is 84090, an unknown one 84015',
    zh: '缺少 user_ticket 为 84090，无效的为 84015',
    async run({ http }) {
      const query = { access_token: await http.token() };
      refused(await http.post('auth/getuserdetail', query, {}), 84090);
      refused(await http.post('auth/getuserdetail', query, { user_ticket: 'x' }), 84015);
    },
  },
  {
    id: 'ticket-texts',
    facts: [6],
    documents: [90313],
    observes: true,
    en: 'The texts of 84090 and 84015, whose wording is not known',
    zh: '84090 和 84015 的 errmsg，其措辞未知',
    async run({ http }) {
      const query = { access_token: await http.token() };
      const answers = [];
      for (const body of [{}, { user_ticket: 'x' }]) {
        answers.push(said(await http.post('auth/getuserdetail', query, body)));
      }
      return answers.join('; ');
    },
  },
  {
    id: 'ticket-twice',
    facts: [6],
    documents: [95833],
    needs: ['--people'],
    observes: true,
    en: 'A user_ticket that is used a second time',
    zh: 'user_ticket 第二次使用',
    async run(world) {
      const { user_ticket } = await identity(world, { scope: 'snsapi_privateinfo' });
      const query = { access_token: await world.http.token() };
      succeeded(await world.http.post('auth/getuserdetail', query, { user_ticket }));
      return said(await world.http.post('auth/getuserdetail', query, { user_ticket }));
    },
  },
  {
    id: 'ticket-expires',
    facts: [6],
    documents: [95833],
    needs: ['--people', '--wait'],
    en: 'A user_ticket is 84014 after 1800 s',
    zh: 'user_ticket 在 1800 秒后为 84014',
    async run(world) {
      const { user_ticket } = await identity(world, { scope: 'snsapi_privateinfo' });
      await world.wait(1801);
      const query = { access_token: await world.http.token() };
      refused(await world.http.post('auth/getuserdetail', query, { user_ticket }), 84014);
    },
  },
  {
    id: 'outsider',
    facts: [7],
    documents: [91023],
    needs: ['--people', 'outsider'],
    en: 'Who is not a member gets an openid, errcode 0 and no userid',
    zh: '非企业成员得到 openid，errcode 为 0，没有 userid',
    async run(world) {
      const answer = await identity(world, { who: world.settings.outsider });
      assert.ok(answer.openid.length <= 64);
      assert.equal(answer.userid, undefined);
    },
  },
  {
    id: 'userinfo-scope',
    facts: [1],
    documents: [91022],
    needs: ['--people'],
    observes: true,
    en: 'The former scope snsapi_userinfo, which some clients still send',
    zh: '旧的 scope：snsapi_userinfo，一些客户端仍在使用',
    async run({ people }) {
      const location = await people.signIn({ page: 'oauth2', scope: 'snsapi_userinfo' });
      return location.includes('code=') ? 'gives a code' : 'gives no code';
    },
  },
  {
    id: 'refused-qr',
    facts: [1],
    documents: [91019],
    needs: ['--people'],
    en: 'Who refuses at qrConnect comes back with the state and no code',
    zh: '在 qrConnect 页面拒绝后返回 state，没有 code',
    async run({ people }) {
      const location = await people.signIn({ page: 'qrConnect', state: 'abc123', refuses: true });
      const { searchParams } = new URL(location);
      assert.equal(searchParams.get('state'), 'abc123');
      assert.equal(searchParams.has('code'), false);
    },
  },
  {
    id: 'refused-wwlogin',
    facts: [1],
    documents: [98152],
    needs: ['--people'],
    observes: true,
    en: 'Who refuses at wwlogin',
    zh: '在 wwlogin 页面拒绝',
    async run({ people }) {
      const location = await people.signIn({ page: 'wwlogin', refuses: true });
      if (location === '') return 'the browser does not come back';
      return `comes back with ${[...new URL(location).searchParams.keys()].join(', ') || 'nothing'}`;
    },
  },
  {
    id: 'untrusted-redirect',
    facts: [5, 12],
    documents: [91335],
    en: 'Page OAuth sends an untrusted redirect_uri to uriconfirm; the QR pages show the same page as ever',
    zh: '网页授权遇到非可信域名的 redirect_uri 时跳转到 uriconfirm；扫码页面则照常显示',
    async run({ http, settings, authorizeAddress }) {
      const redirectUri = settings.app.untrustedUri;
      const oauth = await http.fetch(authorizeAddress({ page: 'oauth2', redirectUri }));
      assert.match(
        oauth.headers.get('location') ?? '',
        /\/wwopen\/uriconfirm\?err_type=domain_err/,
      );
      for (const page of ['wwlogin', 'qrConnect']) {
        const trusted = await http.fetch(authorizeAddress({ page }));
        const untrusted = await http.fetch(authorizeAddress({ page, redirectUri }));
        assert.deepEqual([untrusted.status, trusted.status], [200, 200], page);
      }
    },
  },
  {
    id: 'trailing-slash',
    facts: [13],
    documents: [98152],
    en: '/wwlogin/sso/login/ works with the slash',
    zh: '/wwlogin/sso/login/ 末尾带斜杠也可用',
    async run({ http, authorizeAddress }) {
      const { status } = await http.fetch(
        authorizeAddress({ page: 'wwlogin', path: '/wwlogin/sso/login/' }),
      );
      assert.equal(status, 200);
    },
  },
  {
    id: 'qr-userid-only',
    facts: [22],
    documents: [98176],
    needs: ['--people'],
    en: 'A code of a QR page gives a userid and never a user_ticket',
    zh: '扫码登录的 code 只返回 userid，不返回 user_ticket',
    async run(world) {
      for (const page of ['wwlogin', 'qrConnect']) {
        const answer = await identity(world, { page });
        assert.equal(answer.userid, world.settings.member.userid, page);
        assert.equal(answer.user_ticket, undefined, page);
      }
    },
  },
  {
    id: 'getuserinfo-fields',
    facts: [30],
    documents: [91023],
    needs: ['--people'],
    observes: true,
    en: 'The fields of auth/getuserinfo for a member',
    zh: 'auth/getuserinfo 对成员返回的字段',
    run: async (world) => Object.keys(await identity(world)).join(', '),
  },
  {
    id: 'miniprogram-code',
    facts: [28],
    documents: [96959],
    observes: true,
    en: 'jscode2session with an unknown code',
    zh: '以未知的 code 调用 jscode2session',
    async run({ http }) {
      const query = {
        access_token: await http.token(),
        js_code: 'x',
        grant_type: 'authorization_code',
      };
      return said(await http.get('miniprogram/jscode2session', query));
    },
  },
  {
    id: 'second-verification',
    facts: [23],
    documents: [99499, 99500],
    observes: true,
    en: 'auth/get_tfa_info with an unknown code, user/tfa_succ with an unknown tfa_code',
    zh: '以未知的 code 调用 auth/get_tfa_info，以未知的 tfa_code 调用 user/tfa_succ',
    async run({ http, settings }) {
      const query = { access_token: await http.token() };
      const info = await http.post('auth/get_tfa_info', query, { code: 'x' });
      const body = { userid: settings.member.userid, tfa_code: 'x' };
      return `${said(info)}; ${said(await http.post('user/tfa_succ', query, body))}`;
    },
  },
];
