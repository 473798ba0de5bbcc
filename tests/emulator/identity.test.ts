import { describe, expect, it } from 'vitest';
import { CONTACTS_SYNC, emulator, OLD_AGENT, REPORT_AGENT, signIn } from './emulator.ts';

const privateinfo = { scope: 'snsapi_privateinfo' } as const;

describe('auth/getuserinfo', () => {
  it('gives the userid alone for snsapi_base, a ticket as well for snsapi_privateinfo', async () => {
    const wecom = await emulator();
    expect((await signIn(wecom, { userid: 'user123' })).info).toEqual({
      errcode: 0,
      errmsg: 'ok',
      userid: 'user123',
    });
    expect((await signIn(wecom, { userid: 'user123', ...privateinfo })).info).toEqual({
      errcode: 0,
      errmsg: 'ok',
      userid: 'user123',
      user_ticket: expect.stringMatching(/^[\w-]{1,512}$/),
    });
  });

  it('gives no ticket to a web login, nor for a member out of range', async () => {
    const wecom = await emulator();
    for (const request of [
      { userid: 'user123', origin: 'wwlogin' as const, ...privateinfo },
      { userid: 'user123', origin: 'qrConnect' as const, ...privateinfo },
      { userid: 'zhouba', ...privateinfo },
    ]) {
      const { info } = await signIn(wecom, request);
      expect(info).toEqual({ errcode: 0, errmsg: 'ok', userid: request.userid });
    }
  });

  it('takes each code once, for five minutes: 40029 otherwise', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const exchange = (code: string) => wecom.get('auth/getuserinfo', { access_token, code });
    const code = wecom.codes.mint({ userid: 'user123' });
    expect(code).toMatch(/^[\w-]{43}$/);
    expect(await exchange(code)).toMatchObject({ errcode: 0 });
    expect(await exchange(code)).toMatchObject({
      errcode: 40029,
      errmsg: expect.stringMatching(/^invalid code, hint: /),
    });
    const late = wecom.codes.mint({ userid: 'user123' });
    wecom.pass(300);
    expect(await exchange(late)).toMatchObject({ errcode: 40029 });
    expect(await exchange('nonsense')).toMatchObject({ errcode: 40029 });
    expect(await exchange('')).toMatchObject({ errcode: 41008 });
  });

  it('lets one of many simultaneous exchanges win', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const code = wecom.codes.mint({ userid: 'user123' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => wecom.get('auth/getuserinfo', { access_token, code })),
    );
    expect(answers.filter(({ errcode }) => errcode === 0)).toHaveLength(1);
    expect(wecom.calls.count('auth/getuserinfo')).toBe(20);
  });

  it("says 50001 to another app's token, to contacts-sync, and for a host no longer trusted", async () => {
    const wecom = await emulator();
    const code = wecom.codes.mint({ userid: 'user123' });
    for (const agentid of [OLD_AGENT, CONTACTS_SYNC]) {
      const access_token = await wecom.token(agentid);
      expect(await wecom.get('auth/getuserinfo', { access_token, code })).toMatchObject({
        errcode: 50001,
        errmsg: expect.stringMatching(/^redirect_uri unauthorized, hint/),
      });
    }
    const access_token = await wecom.token();
    const untrusted = wecom.codes.mint({ userid: 'user123', redirectHost: 'evil.example' });
    expect(await wecom.get('auth/getuserinfo', { access_token, code: untrusted })).toMatchObject({
      errcode: 50001,
    });
    expect(await wecom.get('auth/getuserinfo', { access_token, code })).toMatchObject({
      errcode: 0,
    });
  });

  it('names visitors by openid, customers also by external_userid, linked members by corp', async () => {
    const wecom = await emulator();
    const infoOf = async (visitor: string) => (await signIn(wecom, { visitor })).info;
    expect(await infoOf('stranger')).toEqual({
      errcode: 0,
      errmsg: 'ok',
      openid: 'oEmulatorStranger0000000000001',
    });
    expect(await infoOf('customer')).toMatchObject({
      openid: 'oEmulatorCustomer0000000000001',
      external_userid: 'wmEmulatorCustomer00000000000001',
    });
    expect(await infoOf('linked')).toEqual({
      errcode: 0,
      errmsg: 'ok',
      userid: 'ww00linked00partner/linhulian',
    });
    const report = await signIn(wecom, { visitor: 'customer', agentid: REPORT_AGENT });
    expect(report.info).not.toHaveProperty('external_userid');
  });

  it('spells differently at its old address', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const exchange = (code: string) => wecom.get('user/getuserinfo', { access_token, code });
    expect(await exchange(wecom.codes.mint({ userid: 'user123', ...privateinfo }))).toEqual({
      errcode: 0,
      errmsg: 'ok',
      UserId: 'user123',
      DeviceId: expect.stringMatching(/./),
      user_ticket: expect.any(String),
      expires_in: 1800,
    });
    expect(await exchange(wecom.codes.mint({ visitor: 'stranger' }))).toMatchObject({
      OpenId: 'oEmulatorStranger0000000000001',
    });
  });

  it('accepts the demonstration code again and again, with everything', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    for (let i = 0; i < 3; i += 1) {
      const info = await wecom.get('auth/getuserinfo', { access_token, code: 'your_auth_code' });
      expect(info).toMatchObject({ errcode: 0, userid: 'user123' });
      const { user_ticket } = info;
      const detail = await wecom.post('auth/getuserdetail', { access_token }, { user_ticket });
      expect(detail).toMatchObject({ mobile: '13800138000', email: 'zhang@company.com' });
    }
  });
});

describe('auth/getuserdetail', () => {
  it('gives what is ticked and consented to, and never a name', async () => {
    const wecom = await emulator();
    const { detail } = await signIn(wecom, { userid: 'user123', ...privateinfo });
    expect(detail).toEqual({
      errcode: 0,
      errmsg: 'ok',
      userid: 'user123',
      gender: '1',
      avatar: expect.stringContaining('emulator_user123'),
      qr_code: expect.any(String),
      mobile: '13800138000',
      email: 'zhang@company.com',
      biz_mail: 'zhangsan@yunfan.example',
      address: expect.any(String),
    });
  });

  it('leaves out what the administrator or the member withholds', async () => {
    const wecom = await emulator();
    const none = await signIn(wecom, { userid: 'wujiu', ...privateinfo });
    expect(none.detail).toEqual({
      errcode: 0,
      errmsg: 'ok',
      userid: 'wujiu',
      gender: '0',
      avatar: expect.stringContaining('default'),
    });
    const some = await signIn(wecom, {
      userid: 'chenshiyi',
      agentid: REPORT_AGENT,
      ...privateinfo,
    });
    expect(some.detail).not.toHaveProperty('mobile');
    expect(some.detail).not.toHaveProperty('email');
    const noEmail = await signIn(wecom, { userid: 'zhengshi', ...privateinfo });
    expect(noEmail.detail).not.toHaveProperty('email');
    expect(noEmail.detail).toMatchObject({ biz_mail: 'zhengshi@yunfan.example' });
    wecom.behaviour.withheldField = 'empty';
    wecom.behaviour.withheldAvatar = 'absent';
    const empty = await signIn(wecom, { userid: 'wujiu', ...privateinfo });
    expect(empty.detail).toMatchObject({ mobile: '', email: '', avatar: '' });
  });

  it('knows missing, invalid and expired tickets apart', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const { info } = await signIn(wecom, { userid: 'user123', ...privateinfo });
    const ask = async (body: unknown, token = access_token) =>
      (await wecom.post('auth/getuserdetail', { access_token: token }, body))['errcode'];
    const { user_ticket } = info;
    expect(await ask({})).toBe(84090);
    expect(await ask({ user_ticket: 'nonsense' })).toBe(84015);
    expect(await ask({ user_ticket: 7 })).toBe(84015);
    expect(await ask({ user_ticket }, await wecom.token(OLD_AGENT))).toBe(84015);
    expect(await ask({ user_ticket }, await wecom.token(CONTACTS_SYNC))).toBe(48002);
    wecom.pass(1799);
    expect(await ask({ user_ticket })).toBe(0);
    wecom.pass(1);
    expect(await ask({ user_ticket })).toBe(84014);
  });

  it('uses a ticket up if so told, and works at its old address', async () => {
    const wecom = await emulator({ userTicketReuse: false });
    const access_token = await wecom.token();
    const code = wecom.codes.mint({ userid: 'user123', ...privateinfo });
    const { user_ticket } = await wecom.get('auth/getuserinfo', { access_token, code });
    const ask = () => wecom.post('user/getuserdetail', { access_token }, { user_ticket });
    expect(await ask()).toMatchObject({ errcode: 0, userid: 'user123' });
    expect(await ask()).toMatchObject({ errcode: 84015 });
  });

  it('leaves out a field that is no longer ticked', async () => {
    const wecom = await emulator();
    const [app] = wecom.company.apps;
    if (app !== undefined) app.sensitive_fields = ['mobile'];
    const { detail } = await signIn(wecom, { userid: 'user123', ...privateinfo });
    expect(detail).toMatchObject({ mobile: '13800138000', gender: '0' });
    expect(detail).not.toHaveProperty('email');
  });
});
