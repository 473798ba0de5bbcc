import { describe, expect, it } from 'vitest';
import { CONTACTS_SYNC, emulator, MAIN_AGENT, OLD_AGENT, REPORT_AGENT } from './emulator.ts';

describe('miniprogram/jscode2session', () => {
  const grant_type = 'authorization_code';

  it('tells who opened the mini-program, once for each code', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const js_code = wecom.codes.mint({ userid: 'USER123', origin: 'miniprogram' });
    const ask = (query: Record<string, string> = {}) =>
      wecom.get('miniprogram/jscode2session', { access_token, js_code, grant_type, ...query });
    expect(await ask({ grant_type: '' })).toMatchObject({ errcode: 40058 });
    expect(await ask()).toEqual({
      errcode: 0,
      errmsg: 'ok',
      corpid: wecom.company.corpid,
      userid: 'user123',
      session_key: expect.stringMatching(/^[\w+/]{22}==$/),
    });
    expect(await ask()).toMatchObject({ errcode: 40029 });
    expect(await ask({ js_code: '' })).toMatchObject({ errcode: 41008 });
  });

  it('is for the token of the app that has the mini-program', async () => {
    const wecom = await emulator();
    const js_code = wecom.codes.mint({ userid: 'user123', origin: 'miniprogram' });
    const ask = async (agentid: number) =>
      wecom.get('miniprogram/jscode2session', {
        access_token: await wecom.token(agentid),
        js_code,
        grant_type,
      });
    expect(await ask(OLD_AGENT)).toMatchObject({ errcode: 40014 });
    wecom.administrator.updateApp(OLD_AGENT, { miniprogram_appid: 'wx00' });
    expect(await ask(OLD_AGENT)).toMatchObject({ errcode: 40029 });
    expect(await ask(CONTACTS_SYNC)).toMatchObject({ errcode: 48002 });
    expect(await ask(MAIN_AGENT)).toMatchObject({ errcode: 0 });
  });

  it('takes no code of a page, and a page none of it', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const js_code = wecom.codes.mint({ userid: 'user123' });
    expect(
      await wecom.get('miniprogram/jscode2session', { access_token, js_code, grant_type }),
    ).toMatchObject({ errcode: 40029 });
    for (const origin of ['miniprogram', 'tfa'] as const) {
      const code = wecom.codes.mint({ userid: 'user123', origin });
      expect(await wecom.get('auth/getuserinfo', { access_token, code })).toMatchObject({
        errcode: 40029,
      });
    }
  });

  it('has a code by the admin endpoint too, for members only', async () => {
    const wecom = await emulator();
    const mint = async (body: unknown) => {
      const response = await fetch(`${wecom.url}/__admin/codes`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      return (await response.json()) as { code?: string; error?: string };
    };
    const { code = '' } = await mint({ userid: 'user123', origin: 'miniprogram' });
    const access_token = await wecom.token();
    const query = { access_token, js_code: code, grant_type };
    expect(await wecom.get('miniprogram/jscode2session', query)).toMatchObject({ errcode: 0 });
    const { error } = await mint({ visitor: 'customer', origin: 'miniprogram' });
    expect(error).toContain('needs a userid');
  });
});

describe('second verification', () => {
  it('gives the member and a tfa_code for the code of the page, which works once', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const code = wecom.codes.mint({ userid: 'user123', origin: 'tfa' });
    const info = await wecom.post('auth/get_tfa_info', { access_token }, { code });
    expect(info).toEqual({
      errcode: 0,
      errmsg: 'ok',
      userid: 'user123',
      tfa_code: expect.any(String),
    });
    expect(await wecom.post('auth/get_tfa_info', { access_token }, { code })).toMatchObject({
      errcode: 40029,
    });
    const { tfa_code } = info;
    const succeed = (userid: string) =>
      wecom.post('user/tfa_succ', { access_token }, { userid, tfa_code });
    expect(await succeed('lisi')).toMatchObject({ errcode: 40207 });
    expect(await succeed('nobody')).toMatchObject({ errcode: 60111 });
    expect(await succeed('')).toMatchObject({ errcode: 41009 });
    expect(await succeed('user123')).toEqual({ errcode: 0, errmsg: 'ok' });
    expect(await succeed('user123')).toMatchObject({ errcode: 40207 });
  });

  it('is over after five minutes', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const mint = () => wecom.codes.mint({ userid: 'user123', origin: 'tfa' });
    const late = mint();
    wecom.pass(300);
    expect(await wecom.post('auth/get_tfa_info', { access_token }, { code: late })).toMatchObject({
      errcode: 40029,
    });
    const { tfa_code } = await wecom.post('auth/get_tfa_info', { access_token }, { code: mint() });
    wecom.pass(300);
    expect(
      await wecom.post('user/tfa_succ', { access_token }, { userid: 'user123', tfa_code }),
    ).toMatchObject({ errcode: 40207 });
  });

  it('is for an app with the domain of the page and the member in its range, or contacts-sync', async () => {
    const wecom = await emulator();
    const ask = async (agentid: number, code: string) => {
      const access_token = await wecom.token(agentid);
      return (await wecom.post('auth/get_tfa_info', { access_token }, { code }))['errcode'];
    };
    const code = wecom.codes.mint({ userid: 'user123', origin: 'tfa' });
    expect(await ask(OLD_AGENT, code)).toBe(40209);
    expect(await ask(REPORT_AGENT, code)).toBe(40208);
    expect(await ask(MAIN_AGENT, '')).toBe(41008);
    expect(await ask(CONTACTS_SYNC, code)).toBe(0);
    const elsewhere = { redirectHost: 'other.example.com', origin: 'tfa' } as const;
    expect(await ask(MAIN_AGENT, wecom.codes.mint({ userid: 'user123', ...elsewhere }))).toBe(
      40209,
    );
  });

  it('lets a member in who logs in for the first time', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token(CONTACTS_SYNC);
    const ask = (userid: string) => wecom.get('user/authsucc', { access_token, userid });
    const statusOf = (userid: string) =>
      wecom.company.members.find((member) => member.userid === userid)?.status;
    expect(await ask('zhaoliu')).toEqual({ errcode: 0, errmsg: 'ok' });
    expect(statusOf('zhaoliu')).toBe(1);
    expect(await ask('wangwu')).toMatchObject({ errcode: 0 });
    expect(statusOf('wangwu')).toBe(2);
    expect(await ask('nobody')).toMatchObject({ errcode: 60111 });
    expect(await ask('')).toMatchObject({ errcode: 41009 });
  });
});
