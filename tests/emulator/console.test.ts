import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { companyOfSize } from '../../packages/emulator/source/companyOfSize.ts';
import { SITUATIONS } from '../../packages/emulator/source/console/situations.ts';
import { DEFAULT_BEHAVIOUR } from '../../packages/emulator/source/options.ts';
import { FAULT_KINDS } from '../../packages/emulator/source/wire/faults.ts';
import { type Emulator, emulator, MAIN_AGENT } from './emulator.ts';
import { receiver } from './receiver.ts';

const PAGES = [
  '',
  '/members',
  '/members?department=6',
  '/members/user123',
  '/members/nobody',
  '/tags',
  '/tags/7',
  '/apps',
  '/apps/1000002',
  '/apps/0',
  '/sign-in',
  '/calls',
  '/calls?problems=1&path=user/get',
  '/faults',
  '/switches',
  '/callbacks',
  '/messages',
];

const addressOf = (wecom: Emulator, path: string) =>
  path === '' ? `${wecom.url}/__admin/` : `${wecom.url}/__admin/console${path}`;

async function open(wecom: Emulator, path: string, language = 'en'): Promise<string> {
  const headers = { 'accept-language': language };
  return await (await fetch(addressOf(wecom, path), { headers })).text();
}

/** Sends a form of the page, as the browser does, and follows. */
async function press(
  wecom: Emulator,
  path: string,
  action: string,
  fields: Record<string, string> = {},
  language = 'en',
) {
  const response = await fetch(addressOf(wecom, path), {
    method: 'POST',
    headers: { origin: wecom.url, 'accept-language': language },
    body: new URLSearchParams({ ...fields, do: action }),
  });
  return { status: response.status, url: response.url, text: await response.text() };
}

const NO_RECEIVER = { event: 'delete_user', userid: 'lisi' };

async function userGet(wecom: Emulator, userid = 'user123') {
  return await wecom.get('user/get', { access_token: await wecom.token(), userid });
}

describe('the pages of the console', () => {
  it('are in both languages, and load nothing from anywhere', async () => {
    const wecom = await emulator();
    await userGet(wecom, 'zhouba');
    for (const path of PAGES) {
      const address = addressOf(wecom, path);
      for (const [language, lang] of [
        ['zh', 'zh-CN'],
        ['en', 'en'],
      ] as const) {
        const page = await fetch(address, { headers: { 'accept-language': language } });
        const text = await page.text();
        expect([path, page.status]).toEqual([path, 200]);
        expect(text).toContain(`<html lang="${lang}">`);
        expect(page.headers.get('content-security-policy')).toMatch(
          /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
        );
        expect(text).not.toMatch(/<script|<img|<iframe|\sstyle=|\son\w+=|undefined|NaN|\[object/);
        expect(text).not.toMatch(/EmulatorOnly|13800138000|zhang@company\.com/);
      }
    }
  });

  it('are 404 for what there is not', async () => {
    const wecom = await emulator();
    for (const path of ['/nothing', '/members/%zz', '/members?department=404', '/tags/404']) {
      expect([path, (await fetch(addressOf(wecom, path))).status]).toEqual([path, 404]);
    }
    expect((await fetch(addressOf(wecom, '/tags'), { method: 'PUT' })).status).toBe(405);
    const home = await fetch(`${wecom.url}/__admin/console`, { redirect: 'manual' });
    expect(home.headers.get('location')).toBe('/__admin/');
  });

  it('show names as text, whatever is in them', async () => {
    const wecom = await emulator();
    wecom.administrator.update('user123', { name: '<script>"&\'' });
    const text = await open(wecom, '/members/user123');
    expect(text).toContain('&#60;script&#62;&#34;&#38;&#39;');
    expect(text).not.toContain('<script>');
  });

  it('stay small in a company of 100 000 members and 5 000 departments', async () => {
    const company = companyOfSize({
      members: 100_000,
      departments: 5_000,
      depth: 10,
      tags: 300,
    });
    const wecom = await emulator({ company });
    const found = await press(wecom, '/members', 'find', { userid: 'MEMBER054321' });
    expect(found.url).toContain('/console/members/member054321?done=1');
    for (const path of [
      ...PAGES.filter((each) => !/user123|department=6|tags\/7/.test(each)),
      '/members?department=4321',
      '/members/member000001',
      '/tags/1',
      '/tags/1?page=2000',
    ]) {
      expect([path, (await open(wecom, path)).length < 60_000]).toEqual([path, true]);
    }
    expect(await open(wecom, '/tags/1?page=2000')).toContain('member100000');
  });
});

describe('a change', () => {
  it('of a member is what user/get says next', async () => {
    const wecom = await emulator();
    await press(wecom, '/members/user123', 'status', { status: '2' });
    expect(await userGet(wecom)).toMatchObject({ status: 2 });
    await press(wecom, '/members/user123', 'status', { status: '1' });
    await press(wecom, '/members/user123', 'save', {
      name: '张叁',
      position: '顾问',
      department: '6, 7',
    });
    expect(await userGet(wecom)).toMatchObject({
      name: '张叁',
      position: '顾问',
      status: 1,
      department: [6, 7],
      main_department: 6,
    });
    const left = await press(wecom, '/members/user123', 'leave');
    expect(left.text).toContain('Not in the company.');
    expect(await userGet(wecom)).toMatchObject({ errcode: 60111 });
    await press(wecom, '/members/user123', 'rejoin');
    expect(await userGet(wecom)).toMatchObject({ name: '张叁' });
    const renamed = await press(wecom, '/members/user123', 'rename', { userid: 'zhang.san' });
    expect(renamed.url).toContain('/members/zhang.san?done=1');
    expect(await userGet(wecom)).toMatchObject({ errcode: 60111 });
    expect(await userGet(wecom, 'zhang.san')).toMatchObject({ name: '张叁' });
    await press(wecom, '/members', 'join', { userid: 'new.one', name: '新人', department: '3' });
    expect(await userGet(wecom, 'new.one')).toMatchObject({ name: '新人', department: [3] });
  });

  it('of departments and tags is what their endpoints say next', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const at = '/members?department=6';
    await press(wecom, at, 'department', { name: '网页组', parentid: '7' });
    await press(wecom, at, 'create-department', { id: '60', name: '小组' });
    expect(await wecom.get('department/get', { access_token, id: 6 })).toMatchObject({
      department: { name: '网页组', parentid: 7 },
    });
    expect(await wecom.get('department/get', { access_token, id: 60 })).toMatchObject({
      department: { name: '小组', parentid: 6 },
    });
    const deleted = await press(wecom, '/members?department=60', 'delete-department');
    expect(deleted.url).toContain('department=6&done=1');
    await press(wecom, '/members/user123', 'tag', { tagid: '7' });
    await press(wecom, '/tags/7', 'add', { userid: 'qianer，wujiu' });
    await press(wecom, '/members/lisi', 'untag', { tagid: '7' });
    await press(wecom, '/tags/7', 'remove-department', { id: '12' });
    await press(wecom, '/tags/7', 'add-department', { id: '2 3' });
    expect(await wecom.get('tag/get', { access_token, tagid: 7 })).toMatchObject({
      userlist: [{ userid: 'user123' }, { userid: 'qianer' }, { userid: 'wujiu' }],
      partylist: [2, 3],
    });
  });

  it('of a tag itself makes, renames and deletes it', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const made = await press(wecom, '/tags', 'create', { tagid: '9', name: '新标签' });
    expect(made.url).toContain('/console/tags/9?done=1');
    await press(wecom, '/tags/9', 'rename', { name: '改名' });
    const { taglist } = await wecom.get('tag/list', { access_token });
    expect(taglist).toContainEqual({ tagid: 9, tagname: '改名' });
    const deleted = await press(wecom, '/tags/9', 'delete');
    expect(deleted.url).toContain('/console/tags?done=1');
    expect(deleted.text).not.toContain('改名');
  });

  it('of an app is what its token meets next', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const call = async () =>
      (await wecom.get('user/get', { access_token, userid: 'user123' }))['errcode'];
    const at = `/apps/${MAIN_AGENT}`;
    await press(wecom, at, 'range', { parties: '12', tags: '', users: 'liuzong' });
    expect(await call()).toBe(60011);
    await press(wecom, at, 'range', { parties: '2', tags: '3', users: '' });
    await press(wecom, at, 'addresses', { trusted_ips: '10.0.0.1' });
    expect(await call()).toBe(60020);
    await press(wecom, at, 'addresses', { any: '1', trusted_ips: '10.0.0.1' });
    await press(wecom, at, 'disable');
    expect(await call()).toBe(50003);
    await press(wecom, at, 'enable');
    expect(await call()).toBe(0);
    await press(wecom, at, 'revoke-tokens');
    expect(await call()).toBe(40014);
    await press(wecom, at, 'domains', { trusted_domains: 'a.example b.example:8443' });
    await press(wecom, at, 'fields', { mobile: '1', email: '1' });
    expect(wecom.company.apps[0]).toMatchObject({
      trusted_domains: ['a.example', 'b.example:8443'],
      web_login_domains: [],
      sensitive_fields: ['mobile', 'email'],
    });
  });

  it('that is not possible is explained on the page, in its language, and changes nothing', async () => {
    const wecom = await emulator();
    const before = JSON.stringify(wecom.company);
    for (const [path, action, fields, en, zh] of [
      ['/members/user123', 'rename', { userid: 'lisi' }, 'lisi is a member already', 'lisi 已是'],
      ['/members/user123', 'save', { department: '404' }, 'there is no department 404', '没有部门'],
      ['/members/user123', 'save', { department: 'x' }, 'is not a whole number', '不是整数'],
      ['/members/user123', 'tag', { tagid: '404' }, 'there is no tag 404', '没有标签 404'],
      ['/members', 'find', { userid: 'nobody' }, 'there is no member nobody', '没有成员 nobody'],
      ['/members?department=2', 'delete-department', {}, 'has members or', '还有成员或下级部门'],
      ['/members/nobody', 'rejoin', {}, 'nobody has not left', '没有离开过'],
      [`/apps/${MAIN_AGENT}`, 'range', { users: 'nobody' }, 'no member nobody', '没有成员 nobody'],
      ['/faults', 'add', { kind: 'set-field', value: '{' }, 'must be JSON', '必须是 JSON'],
      ['/faults', 'add', { kind: 'slow', ms: '-1' }, 'ms must be', 'ms 必须是 0 到'],
      ['/switches', 'save', { tokenLength: '-1' }, 'tokenLength must be', 'tokenLength 必须是'],
      ['/callbacks', 'target', { url: 'ftp://x' }, 'url: ', 'url: '],
      ['/callbacks', 'resend', { number: '7' }, 'no delivery 7', '没有可以再次推送的记录 7'],
      ['/callbacks', 'event', NO_RECEIVER, 'no receiver is set', '没有为 delete_user 设置接收地址'],
      ['/tags', 'nonsense', {}, 'cannot do', 'cannot do'],
    ] as const) {
      for (const [language, reason] of [
        ['en', en],
        ['zh', zh],
      ] as const) {
        const { status, text } = await press(wecom, path, action, fields, language);
        const [, said = ''] = /role="alert"[^>]*>(.*?)<\/p>/.exec(text) ?? [];
        expect([path, action, status]).toEqual([path, action, 400]);
        expect(said.replaceAll('&#34;', '"')).toContain(reason);
      }
    }
    expect(JSON.stringify(wecom.company)).toBe(before);
    expect(wecom.behaviour).toEqual(DEFAULT_BEHAVIOUR);
  });

  it('comes from the console alone, not from a page of another site', async () => {
    const wecom = await emulator();
    for (const headers of [{ origin: 'http://evil.example' }, { origin: 'null' }]) {
      const response = await fetch(addressOf(wecom, '/members/user123'), {
        method: 'POST',
        headers,
        body: new URLSearchParams({ do: 'leave' }),
      });
      expect(response.status).toBe(403);
    }
    const rebound = await new Promise((resolve) => {
      const headers = { host: `evil.example:${wecom.port}` };
      request(addressOf(wecom, '/members'), { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(rebound).toBe(403);
    expect(await userGet(wecom)).toMatchObject({ errcode: 0 });
  });
});

describe('a code', () => {
  it('is shown once, works once, and stands in no address and no log', async () => {
    const wecom = await emulator();
    const shown = await press(wecom, '/members/user123', 'code', {
      agentid: String(MAIN_AGENT),
      scope: 'snsapi_privateinfo',
      origin: 'oauth2',
    });
    const [, code = ''] = /readonly value="([\w-]{43})"/.exec(shown.text) ?? [];
    expect(shown.url).not.toContain(code);
    const access_token = await wecom.token();
    expect(await wecom.get('auth/getuserinfo', { access_token, code })).toMatchObject({
      userid: 'user123',
      user_ticket: expect.any(String),
    });
    expect(await open(wecom, '/calls')).not.toContain(code);
    expect(await open(wecom, '/members/user123')).not.toContain(code);
  });
});

describe('the calls', () => {
  it('come newest first with what was wrong, and can be narrowed down', async () => {
    const wecom = await emulator();
    await userGet(wecom);
    await userGet(wecom, 'zhouba');
    await wecom.get('tag/list');
    const numbers = (text: string) => [...text.matchAll(/#(\d+) ·/g)].map(([, at]) => Number(at));
    expect(numbers(await open(wecom, '/calls'))).toEqual([5, 4, 3, 2, 1]);
    const problems = await open(wecom, '/calls?problems=1', 'zh');
    expect(numbers(problems)).toEqual([5, 4]);
    expect(problems).toContain('zhouba 不在应用“云帆门户”的可见范围内');
    expect(problems).toContain('https://developer.work.weixin.qq.com/document/path/90313');
    expect(numbers(await open(wecom, '/calls?path=user%2Fget&problems=1'))).toEqual([4]);
    expect(numbers(await open(wecom, ''))).toEqual([5, 4]);
    for (let at = 0; at < 60; at += 1) await wecom.get('tag/list');
    expect(numbers(await open(wecom, '/calls')).length).toBe(50);
    expect(numbers(await open(wecom, '/calls?page=2'))).toHaveLength(15);
    expect(numbers(await open(wecom, '/calls?page=99'))).toHaveLength(15);
    await press(wecom, '/calls?problems=1', 'clear');
    expect(wecom.calls.list()).toEqual([]);
  });
});

describe('faults and switches', () => {
  it('are all there with their meaning, and are set by a form', async () => {
    const wecom = await emulator();
    const page = await open(wecom, '/faults');
    for (const kind of Object.keys(FAULT_KINDS)) {
      expect(page).toContain(`<input type="hidden" name="kind" value="${kind}">`);
    }
    const optional = { on: '', times: '' };
    await press(wecom, '/faults', 'add', { kind: 'errcode', errcode: '45009', ...optional });
    await press(wecom, '/faults', 'add', {
      kind: 'set-field',
      field: 'department.0',
      value: '"6"',
      on: 'user/get',
      times: '2',
      after: '1',
    });
    await press(wecom, '/faults', 'add', {
      kind: 'control-characters',
      codes: '0, 8',
      ...optional,
    });
    expect(wecom.faults.list()).toMatchObject([
      { id: 1, kind: 'errcode', errcode: 45009 },
      { kind: 'set-field', field: 'department.0', value: '6', on: 'user/get', times: 2 },
      { kind: 'control-characters', codes: [0, 8] },
    ]);
    await press(wecom, '/faults', 'remove', { id: '1' });
    expect(wecom.faults.list()).toHaveLength(2);
    await press(wecom, '/faults', 'clear');
    expect(wecom.faults.list()).toEqual([]);

    const switches = await open(wecom, '/switches');
    for (const name of Object.keys(DEFAULT_BEHAVIOUR)) {
      expect(switches).toContain(`name="${name}"`);
    }
    await press(wecom, '/switches', 'save', {
      repeatGettoken: 'new',
      requireClient: 'true',
      clockOffsetMs: '-5000',
      expiredTokenErrcode: '40014',
    });
    expect(wecom.behaviour).toEqual({
      ...DEFAULT_BEHAVIOUR,
      repeatGettoken: 'new',
      requireClient: true,
      clockOffsetMs: -5000,
      expiredTokenErrcode: 40014,
    });
    expect(await open(wecom, '')).toContain('not at their default: 4');
    await press(wecom, '/switches', 'reset');
    expect(wecom.behaviour).toEqual(DEFAULT_BEHAVIOUR);
  });
});

describe('callbacks', () => {
  it('are set, verified, pushed, seen with each attempt, and pushed again', async () => {
    const wecom = await emulator({ callbackRetryDelayMs: 0 });
    const statuses = [500, 200, 200];
    const { received, target } = await receiver(({ method, message }) =>
      method === 'GET' ? { body: message } : { status: statuses.shift() ?? 200 },
    );
    const { url, token, encodingAESKey } = target;
    const given = { channel: 'contacts', url, token, key: encodingAESKey };
    const set = await press(wecom, '/callbacks', 'target', given);
    expect(set.text).toContain(url);
    expect(set.text).not.toContain(encodingAESKey);
    // An empty key stays as it is.
    await press(wecom, '/callbacks', 'target', { channel: 'contacts', url, token: '', key: '' });
    const verified = await press(wecom, '/callbacks', 'verify', { channel: 'contacts' });
    expect(verified.text).toContain('passed');
    await press(wecom, '/callbacks', 'event', { event: 'delete_user', userid: 'lisi' });
    await wecom.callbacks.settled();
    expect(await open(wecom, '/callbacks')).toMatch(
      /delivered.+<b>delete_user<\/b> lisi.+Attempts: HTTP 500; HTTP 200/s,
    );
    await press(wecom, '/callbacks', 'resend', { number: '1' });
    await wecom.callbacks.settled();
    expect(received.filter(({ method }) => method === 'POST')).toHaveLength(3);
    await press(wecom, '/callbacks', 'hold');
    await press(wecom, '/members/lisi', 'leave');
    expect(await open(wecom, '/callbacks')).toContain('held');
    await press(wecom, '/callbacks', 'release-reversed');
    await wecom.callbacks.settled();
    expect(wecom.callbacks.deliveries(1)).toMatchObject([{ state: 'delivered' }]);
    await press(wecom, '/callbacks', 'clear');
    await press(wecom, '/callbacks', 'remove', { channel: 'contacts' });
    expect(wecom.callbacks.target('contacts')).toBeUndefined();
  });
});

describe('messages', () => {
  it('are seen newest first with their receivers, also those of one member', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const send = (touser: string, content: string) =>
      wecom.post(
        'message/send',
        { access_token },
        { touser, agentid: MAIN_AGENT, msgtype: 'text', text: { content } },
      );
    await send('user123|lisi', '第一条');
    await send('lisi', '<第二条>');
    const page = await open(wecom, '/messages', 'zh');
    expect(page).toMatch(/云帆门户.+&#60;第二条&#62;.+lisi.+第一条.+user123/s);
    const own = await open(wecom, '/messages?userid=user123');
    expect(own).toContain('第一条');
    expect(own).not.toContain('第二条');
    await press(wecom, '/messages', 'clear');
    expect(wecom.messages.list()).toEqual([]);
  });
});

describe('failed sign-ins', () => {
  /** What a member who signs in, and the program, meet at each step. */
  async function signInOf(wecom: Emulator): Promise<unknown[]> {
    const app = wecom.company.apps.find(({ agentid }) => agentid === MAIN_AGENT);
    const query = new URLSearchParams({
      appid: wecom.company.corpid,
      redirect_uri: 'http://localhost:3000/back',
      response_type: 'code',
      scope: 'snsapi_privateinfo',
      agentid: String(MAIN_AGENT),
    });
    const page = await fetch(`${wecom.url}/connect/oauth2/authorize?${query}`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ who: 'user123', decision: 'approve' }),
    });
    const code =
      new URL(page.headers.get('location') ?? '/', wecom.url).searchParams.get('code') ??
      wecom.codes.mint({
        userid: 'lisi',
        scope: 'snsapi_privateinfo',
        redirectHost: 'localhost:3000',
      });
    const step = async (path: string, parameters: Record<string, string>, body?: object) => {
      const called = await fetch(
        `${wecom.url}/cgi-bin/${path}?${new URLSearchParams(parameters)}`,
        {
          ...(body && { method: 'POST', body: JSON.stringify(body) }),
        },
      ).catch(() => undefined);
      const answer = await called?.json().catch(() => undefined);
      return (answer ?? {}) as Record<string, string>;
    };
    const { errcode, access_token = '' } = await step('gettoken', {
      corpid: wecom.company.corpid,
      // What the program knows, whatever the administrator has done since.
      corpsecret: 'EmulatorOnly-MainApp-Secret-000000000000001',
    });
    const info = await step('auth/getuserinfo', { access_token, code });
    const detail = await step('auth/getuserdetail', { access_token }, info);
    const member = await step('user/get', { access_token, userid: 'user123' });
    return [
      app?.enabled,
      page.status,
      page.headers.get('location')?.includes('code='),
      ...[errcode, info['errcode'], detail['errcode'], member['errcode']],
      ...[member['userid'], member['status']],
      ...wecom.calls
        .list()
        .slice(-4)
        .flatMap(({ faults }) => faults),
    ];
  }

  const lasting = Object.keys(SITUATIONS).filter((key) => !['token', 'hang'].includes(key));

  it.each(lasting)('are made and taken back by one click each: %s', async (situation) => {
    const wecom = await emulator({ delay: async () => undefined });
    const company = JSON.stringify(wecom.company);
    const healthy = await signInOf(wecom);
    const at = `/sign-in?userid=user123&agentid=${MAIN_AGENT}`;
    const made = await press(wecom, at, 'make', { situation });
    expect(made.text.match(/in effect/g)).toHaveLength(1);
    expect(await signInOf(wecom)).not.toEqual(healthy);
    expect((await press(wecom, at, 'make', { situation })).status).toBe(400);
    const undone = await press(wecom, at, 'undo', { situation });
    expect(undone.text).not.toContain('in effect');
    expect(await signInOf(wecom)).toEqual(healthy);
    // Somebody who was deleted and came back stands at the end, and has lost their tags.
    if (situation !== 'gone') expect(JSON.stringify(wecom.company)).toBe(company);
  });

  it('revoke the token once, and leave calls without an answer', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    await press(wecom, '/sign-in', 'make', { situation: 'token' });
    expect(await wecom.get('tag/list', { access_token })).toMatchObject({ errcode: 40014 });
    expect(await open(wecom, '/sign-in')).not.toContain('in effect');
    await press(wecom, '/sign-in', 'make', { situation: 'hang' });
    expect(wecom.faults.list()).toMatchObject([{ kind: 'hang' }]);
    await press(wecom, '/sign-in', 'undo', { situation: 'hang' });
    expect(wecom.faults.list()).toEqual([]);
  });
});
