import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ROUTES } from '../../packages/emulator/source/api/routes.ts';
import { PAGES } from '../../packages/emulator/source/pages/authorizeRequest.ts';
import { emulator } from './emulator.ts';

describe('the wire', () => {
  it('answers a business error with HTTP 200, compact JSON and the errcode in two headers', async () => {
    const wecom = await emulator();
    const response = await fetch(`${wecom.url}/cgi-bin/gettoken?corpid=x&corpsecret=y`);
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8');
    expect(response.headers.get('server')).toBe('nginx');
    expect(response.headers.get('error-code')).toBe('40013');
    expect(response.headers.get('error-msg')).toBe(JSON.parse(text).errmsg);
    expect(response.headers.get('x-w-no')).toMatch(/^\d+$/);
    expect(response.headers.get('date')).toBe(new Date(wecom.now()).toUTCString());
    expect(text).toMatch(
      /^\{"errcode":40013,"errmsg":"invalid corpid, hint: \[1772413200\d{15}\], from ip: 127\.0\.0\.1, more info at https:\/\/open\.work\.weixin\.qq\.com\/devtool\/query\?e=40013"\}$/,
    );
  });

  it('knows nothing but its paths: 404 with an empty body', async () => {
    const wecom = await emulator();
    for (const path of [
      '/',
      '/cgi-bin/',
      '/cgi-bin/this_api_does_not_exist',
      '/cgi-bin/gettoken/',
    ]) {
      const response = await fetch(`${wecom.url}${path}?access_token=x`);
      expect([path, response.status, await response.text()]).toEqual([path, 404, '']);
    }
  });

  it('reads the token from the query alone', async () => {
    const wecom = await emulator();
    const token = await wecom.token();
    const inHeader = await fetch(`${wecom.url}/cgi-bin/user/get?userid=user123`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await inHeader.json()).toMatchObject({ errcode: 41001 });
    expect(await wecom.post('user/list_id', {}, { access_token: token })).toMatchObject({
      errcode: 41001,
      dept_user: [],
    });
  });

  it('keeps the empty collections in error answers', async () => {
    const wecom = await emulator();
    expect(await wecom.get('user/get', { userid: 'zhangsan' })).toEqual({
      errcode: 41001,
      errmsg: expect.stringMatching(/^access_token missing, hint: /),
      department: [],
      order: [],
      is_leader_in_dept: [],
      direct_leader: [],
    });
    expect(await wecom.get('department/simplelist')).toMatchObject({ department_id: [] });
    const response = await fetch(`${wecom.url}/cgi-bin/getcallbackip?access_token=FAKE`);
    expect(await response.text()).toMatch(
      /^\{"ip_list":\[\],"errcode":40014,"errmsg":"invalid acc/,
    );
  });

  it('gives 40014 without the hint on contact endpoints, with it elsewhere', async () => {
    const wecom = await emulator();
    const fake = { access_token: 'FAKE_TOKEN' };
    for (const path of ['user/get', 'user/list', 'department/simplelist', 'tag/get']) {
      expect((await wecom.get(path, fake))['errmsg']).toBe('invalid access_token');
    }
    for (const path of ['getcallbackip', 'auth/getuserinfo', 'get_jsapi_ticket']) {
      expect((await wecom.get(path, fake))['errmsg']).toMatch(
        /^invalid access_token, hint: \[\d{25}\]/,
      );
    }
  });

  it('warns of a body that is no JSON, and does without its parameters', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    for (const body of ['{"user_ticket":', '[]', '"x"', 'user_ticket=x']) {
      const answer = await wecom.post('auth/getuserdetail', { access_token }, body);
      expect(answer['errcode']).toBe(84090);
      expect(answer['errmsg']).toMatch(/^Warning: wrong json format\. /);
    }
  });

  it('refuses a wrong method only after the token', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    expect(await wecom.get('auth/getuserdetail')).toMatchObject({ errcode: 41001 });
    expect(await wecom.get('auth/getuserdetail', { access_token })).toMatchObject({
      errcode: 40058,
    });
  });

  // socialite sends user/get by POST, PowerWeChat agent/get.
  it('answers a POST where GET is meant, unless told otherwise', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const post = () => wecom.post('user/get', { access_token, userid: 'user123' }, {});
    expect(await post()).toMatchObject({ errcode: 0, name: '张三' });
    wecom.behaviour.postToGetErrcode = 43001;
    expect(await post()).toMatchObject({ errcode: 43001 });
    expect(await wecom.post('user/get', {}, {})).toMatchObject({ errcode: 41001 });
  });

  it('says loudly that it does not have an endpoint of WeCom', async () => {
    const wecom = await emulator();
    const lines: unknown[] = [];
    const spy = vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(line));
    onTestFinished(() => spy.mockRestore());
    for (const path of [
      'message/update_template_card',
      'user/list_member_auth',
      'externalcontact/list',
      'oa/schedule/add',
    ]) {
      const response = await fetch(`${wecom.url}/cgi-bin/${path}?access_token=secret`, {
        method: 'POST',
        body: '{}',
      });
      expect([path, response.status, response.headers.get('x-emulator-missing')]).toEqual([
        path,
        200,
        path,
      ]);
      expect(await response.json()).toEqual({
        errcode: 990_501,
        errmsg: expect.stringContaining(`wecom-emulator does not have ${path}`),
      });
      expect(lines.at(-1)).toContain(path);
    }
    // Once for each endpoint: a client may repeat the call.
    await wecom.post('oa/schedule/add', { access_token: 'secret' }, {});
    expect(lines).toHaveLength(4);
    expect(String(lines)).not.toContain('secret');
  });

  it('answers HEAD with 405, on pages too', async () => {
    const wecom = await emulator();
    for (const path of [...ROUTES.keys(), ...Object.keys(PAGES), '/wwopen/uriconfirm']) {
      const { status } = await fetch(wecom.url + path, { method: 'HEAD' });
      expect([path, status]).toEqual([path, 405]);
    }
  });

  it('says what is wrong in the words of real answers', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    for (const [path, query, text] of [
      ['agent/get', { agentid: 'x' }, 'invalid agentid'],
      ['agent/get', {}, 'missing agentid'],
      ['tag/get', { tagid: 'x' }, 'invalid tagid'],
      ['tag/get', {}, 'missing tagid'],
      ['user/get', {}, 'missing userid'],
      ['auth/getuserinfo', {}, 'missing code'],
      ['department/get', {}, 'invalid Request Parameter'],
    ] as const) {
      const { errmsg } = await wecom.get(path, { access_token, ...query });
      expect(errmsg).toMatch(new RegExp(`^${text}, hint: `));
    }
    wecom.faults.add(45033);
    expect(await wecom.get('user/get')).toMatchObject({
      errmsg: expect.stringMatching(/^api concurrent out of limit, hint: /),
    });
  });

  it('survives a body larger than three megabytes', async () => {
    const wecom = await emulator();
    const big = 'x'.repeat(3 * 1024 * 1024 + 1);
    const outcome = await fetch(`${wecom.url}/cgi-bin/auth/getuserdetail`, {
      method: 'POST',
      body: big,
    }).then(
      (response) => response.status,
      () => 'connection closed',
    );
    expect([413, 'connection closed']).toContain(outcome);
    expect(await wecom.get('gettoken')).toMatchObject({ errcode: 41004 });
  });

  it('has an answer for whatever is asked', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const names =
      'userid id department_id tagid code type corpid corpsecret appid agentid redirect_uri scope state'.split(
        ' ',
      );
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('1', '7', '__proto__', '%00'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ROUTES.keys(), ...Object.keys(PAGES)),
        fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 6 }),
        fc.option(fc.oneof(fc.string(), fc.json()), { nil: undefined }),
        async (path, parameters, body) => {
          const query = new URLSearchParams([['access_token', access_token], ...parameters]);
          const response = await fetch(`${wecom.url}${path}?${query}`, {
            method: body === undefined ? 'GET' : 'POST',
            redirect: 'manual',
            ...(body !== undefined && { body }),
          });
          const text = await response.text();
          expect([200, 302]).toContain(response.status);
          if (ROUTES.has(path)) expect(JSON.parse(text)).toHaveProperty('errcode');
        },
      ),
      { numRuns: 200 },
    );
  });
});
