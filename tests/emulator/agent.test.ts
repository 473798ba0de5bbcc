import { describe, expect, it } from 'vitest';
import { emulator, MAIN_AGENT, OLD_AGENT } from './emulator.ts';

describe('agent/get', () => {
  it('tells an app its visible range and its trusted domain', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    expect(await wecom.get('agent/get', { access_token, agentid: MAIN_AGENT })).toMatchObject({
      errcode: 0,
      agentid: MAIN_AGENT,
      name: '云帆门户',
      allow_userinfos: { user: [{ userid: 'liuzong' }] },
      allow_partys: { partyid: [2, 7, 12] },
      allow_tags: { tagid: [3] },
      close: 0,
      redirect_domain: 'localhost:3000',
    });
  });

  it('tells no app about another one, nor about one that does not exist', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    for (const [agentid, errcode] of [
      [OLD_AGENT, 301002],
      [9999999, 40056],
      ['x', 40056],
      ['', 41011],
    ] as const) {
      expect(await wecom.get('agent/get', { access_token, agentid })).toMatchObject({ errcode });
    }
  });

  it('is the one entry of agent/list', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    expect(await wecom.get('agent/list', { access_token })).toEqual({
      errcode: 0,
      errmsg: 'ok',
      agentlist: [{ agentid: MAIN_AGENT, name: '云帆门户', square_logo_url: '' }],
    });
  });

  it('tells a stopped app nothing', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    wecom.administrator.updateApp(MAIN_AGENT, { enabled: false });
    expect(await wecom.get('agent/get', { access_token, agentid: MAIN_AGENT })).toMatchObject({
      errcode: 50003,
    });
  });
});

describe('agent/set', () => {
  it('changes what is given', async () => {
    const wecom = await emulator();
    const query = { access_token: await wecom.token(), agentid: MAIN_AGENT };
    const changes = {
      name: '新门户',
      description: '员工自助平台',
      home_url: 'https://portal.example.com',
      redirect_domain: 'new.example.com',
      report_location_flag: 1,
      isreportenter: 1,
    };
    expect(await wecom.post('agent/set', query, { agentid: MAIN_AGENT, ...changes })).toEqual({
      errcode: 0,
      errmsg: 'ok',
    });
    expect(await wecom.get('agent/get', query)).toMatchObject(changes);
    await wecom.post('agent/set', query, { agentid: MAIN_AGENT, isreportenter: 0 });
    expect(await wecom.get('agent/get', query)).toMatchObject({ ...changes, isreportenter: 0 });
  });

  it.each([
    ['no agentid', { agentid: undefined }, 41011],
    ['the agentid of another app', { agentid: OLD_AGENT }, 301002],
    ['a name of 33 characters', { name: '汉'.repeat(33) }, 45022],
    ['a description of three characters', { description: '三个字' }, 45004],
    ['a domain with a port', { redirect_domain: 'localhost:3000' }, 80001],
    ['an address for a domain', { redirect_domain: '10.0.0.1' }, 80001],
    ['a home page without http', { home_url: 'example.com' }, 40094],
    ['a flag that is none', { report_location_flag: 2 }, 40059],
    ['a logo that was not uploaded', { logo_mediaid: 'x' }, 40007],
  ])('refuses %s', async (_what, fields, errcode) => {
    const wecom = await emulator();
    const query = { access_token: await wecom.token() };
    expect(await wecom.post('agent/set', query, { agentid: MAIN_AGENT, ...fields })).toMatchObject({
      errcode,
    });
  });
});
