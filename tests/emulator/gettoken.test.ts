import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { emulator, MAIN_AGENT, OLD_AGENT } from './emulator.ts';

describe('gettoken', () => {
  it('asks for the secret before the corpid, and knows its corp', async () => {
    const wecom = await emulator();
    const corpid = wecom.company.corpid;
    expect(await wecom.get('gettoken')).toMatchObject({ errcode: 41004 });
    expect(await wecom.get('gettoken', { corpid })).toMatchObject({ errcode: 41004 });
    expect(await wecom.get('gettoken', { corpsecret: 'x' })).toMatchObject({ errcode: 41002 });
    expect(await wecom.get('gettoken', { corpid: 'ww1', corpsecret: 'x' })).toMatchObject({
      errcode: 40013,
    });
    expect(await wecom.get('gettoken', { corpid, corpsecret: 'x' })).toMatchObject({
      errcode: 40001,
      errmsg: expect.stringMatching(/^invalid credential, hint: .*\?e=40001$/),
    });
  });

  it('gives the same token until it expires, with the time that remains', async () => {
    const wecom = await emulator();
    const query = { corpid: wecom.company.corpid, corpsecret: wecom.company.apps[0]?.secret ?? '' };
    const first = await wecom.get('gettoken', query);
    expect(first).toEqual({
      errcode: 0,
      errmsg: 'ok',
      access_token: expect.stringMatching(/^[\w-]{1,512}$/),
      expires_in: 7200,
    });
    wecom.pass(7000);
    const second = await wecom.get('gettoken', query);
    expect(second).toEqual({ ...first, expires_in: 200 });
    wecom.pass(200);
    const third = await wecom.get('gettoken', query);
    expect(third['access_token']).not.toBe(first['access_token']);
  });

  it('gives a new token each call if so told, both valid', async () => {
    const wecom = await emulator({ repeatGettoken: 'new' });
    const [one, two] = [await wecom.token(), await wecom.token()];
    expect(one).not.toBe(two);
    for (const access_token of [one, two]) {
      expect(await wecom.get('tag/list', { access_token })).toMatchObject({ errcode: 0 });
    }
  });

  it('says 42001 of an expired token, or 40014 if so told', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    wecom.pass(7200);
    expect(await wecom.get('tag/list', { access_token })).toMatchObject({ errcode: 42001 });
    wecom.behaviour.expiredTokenErrcode = 40014;
    expect(await wecom.get('tag/list', { access_token })).toMatchObject({ errcode: 40014 });
  });

  it('withdraws a token early: 40014, and another one the next time', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const other = await wecom.token(OLD_AGENT);
    expect(wecom.tokens.revoke(MAIN_AGENT)).toBe(1);
    expect(await wecom.get('tag/list', { access_token })).toMatchObject({ errcode: 40014 });
    expect(await wecom.get('tag/list', { access_token: other })).toMatchObject({ errcode: 0 });
    expect(await wecom.token()).not.toBe(access_token);
  });

  it('bans the address for an hour after too many wrong secrets, and nobody else', async () => {
    const wecom = await emulator({ badSecretLimit: 3 });
    const token = await wecom.token();
    const corpid = wecom.company.corpid;
    for (let i = 0; i < 3; i += 1) {
      expect(await wecom.get('gettoken', { corpid, corpsecret: 'no' })).toMatchObject({
        errcode: 40001,
      });
    }
    const right = { corpid, corpsecret: wecom.company.apps[0]?.secret ?? '' };
    expect(await wecom.get('gettoken', right)).toMatchObject({ errcode: 45009 });
    expect(await wecom.get('tag/list', { access_token: token })).toMatchObject({ errcode: 45009 });
    expect(
      await from('127.0.0.2', `${wecom.url}/cgi-bin/gettoken?${new URLSearchParams(right)}`),
    ).toMatchObject({
      errcode: 0,
    });
    wecom.pass(3600);
    expect(await wecom.get('gettoken', right)).toMatchObject({ errcode: 0 });
  });

  it("treats a disabled app's secret as wrong and its tokens as 50003", async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const [app] = wecom.company.apps;
    if (app !== undefined) app.enabled = false;
    expect(await wecom.get('tag/list', { access_token })).toMatchObject({ errcode: 50003 });
    expect(
      await wecom.get('gettoken', { corpid: wecom.company.corpid, corpsecret: app?.secret ?? '' }),
    ).toMatchObject({ errcode: 40001 });
  });

  it('checks trusted addresses on every call but gettoken', async () => {
    const wecom = await emulator();
    const [app] = wecom.company.apps;
    if (app !== undefined) app.trusted_ips = ['127.0.0.2'];
    const access_token = await wecom.token();
    expect(await wecom.get('tag/list', { access_token })).toMatchObject({
      errcode: 60020,
      errmsg: expect.stringMatching(
        /^not allow to access from your ip, hint: .*from ip: 127\.0\.0\.1,/,
      ),
    });
    // Before the parameters, of which each of these calls lacks one, and before the method.
    for (const path of [
      'auth/getuserinfo',
      'auth/getuserdetail',
      'user/getuserinfo',
      'user/get',
      'department/get',
      'tag/get',
      'agent/get',
      'getcallbackip',
    ]) {
      expect([path, (await wecom.get(path, { access_token }))['errcode']]).toEqual([path, 60020]);
    }
    const list = await fetch(`${wecom.url}/cgi-bin/getcallbackip?access_token=${access_token}`);
    expect(await list.text()).toMatch(/^\{"ip_list":\[\],"errcode":60020,/);
    expect(
      await from('127.0.0.2', `${wecom.url}/cgi-bin/tag/list?access_token=${access_token}`),
    ).toMatchObject({
      errcode: 0,
    });
  });
});

/** GET from another address of this machine. */
function from(localAddress: string, url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request(url, { localAddress, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    })
      .on('error', reject)
      .end();
  });
}
