import { describe, expect, it } from 'vitest';
import { emulator, OLD_AGENT } from './emulator.ts';

describe('a userid', () => {
  it('is found by the mobile, however it is written', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const ask = (mobile: unknown) => wecom.post('user/getuserid', { access_token }, { mobile });
    for (const mobile of ['13800138000', '+8613800138000', '+86 13800138000']) {
      expect(await ask(mobile)).toEqual({ errcode: 0, errmsg: 'ok', userid: 'user123' });
    }
    expect(await ask('13900000000')).toMatchObject({ errcode: 46004 });
    // zhouba's, who is outside the visible range.
    expect(await ask('13800138005')).toMatchObject({ errcode: 46004 });
    expect(await ask(undefined)).toMatchObject({ errcode: 40063 });
    expect(await ask('1234')).toMatchObject({ errcode: 40058 });
  });

  it('is found by the company e-mail, or by the own one', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const ask = (body: object) => wecom.post('user/get_userid_by_email', { access_token }, body);
    expect(await ask({ email: 'ZhangSan@yunfan.example' })).toMatchObject({ userid: 'user123' });
    expect(await ask({ email: 'zhang@company.com' })).toMatchObject({ errcode: 46004 });
    expect(await ask({ email: 'zhang@company.com', email_type: 2 })).toMatchObject({
      userid: 'user123',
    });
    expect(await ask({ email: 'zhang@company.com', email_type: 3 })).toMatchObject({
      errcode: 40058,
    });
    expect(await ask({})).toMatchObject({ errcode: 40063 });
  });

  it('becomes an openid, and an openid a userid', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const there = (userid: string) =>
      wecom.post('user/convert_to_openid', { access_token }, { userid });
    const back = (openid: unknown, token = access_token) =>
      wecom.post('user/convert_to_userid', { access_token: token }, { openid });
    const { openid } = await there('USER123');
    expect(openid).toMatch(/^o[\w-]{27}$/);
    expect(await back(openid)).toEqual({ errcode: 0, errmsg: 'ok', userid: 'user123' });
    expect(await there('lisi')).not.toMatchObject({ openid });
    expect(await there('zhouba')).toMatchObject({ errcode: 60011 });
    expect(await there('nobody')).toMatchObject({ errcode: 60111 });
    expect(await there('')).toMatchObject({ errcode: 41009 });
    // Who never logged in by WeChat has no openid.
    expect(await there('zhaoliu')).toMatchObject({ errcode: 43004 });
    expect(await back('oEmulatorCustomer0000000000001')).toMatchObject({ errcode: 40073 });
    const old = await wecom.token(OLD_AGENT);
    const unseen = await wecom.post(
      'user/convert_to_openid',
      { access_token: old },
      { userid: 'zhouba' },
    );
    expect(await back(unseen['openid'])).toMatchObject({ errcode: 60011 });
    expect(await back(unseen['openid'], old)).toMatchObject({ userid: 'zhouba' });
  });
});

describe('externalcontact/get', () => {
  const external_userid = 'wmEmulatorCustomer00000000000001';

  it('tells who a customer is, and who follows them', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const ask = (query: Record<string, string>) =>
      wecom.get('externalcontact/get', { access_token, ...query });
    expect(await ask({ external_userid })).toMatchObject({
      errcode: 0,
      external_contact: { external_userid, name: '客户小陈', type: 1, gender: 0 },
      follow_user: [{ userid: 'huangxiaoshou', tags: [] }],
    });
    expect(await ask({})).toMatchObject({ errcode: 41035 });
    expect(await ask({ external_userid: 'wm' })).toMatchObject({ errcode: 40096 });
    wecom.administrator.update('huangxiaoshou', { department: [10] });
    expect(await ask({ external_userid })).toMatchObject({ errcode: 40096 });
    wecom.administrator.leave('huangxiaoshou');
    expect(await ask({ external_userid })).toMatchObject({ errcode: 84061 });
  });

  it('is for apps that may call the API of customers', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token(OLD_AGENT);
    expect(await wecom.get('externalcontact/get', { access_token, external_userid })).toMatchObject(
      {
        errcode: 48002,
      },
    );
  });
});
