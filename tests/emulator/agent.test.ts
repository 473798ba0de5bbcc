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

  it('tells a stopped app nothing', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    wecom.administrator.updateApp(MAIN_AGENT, { enabled: false });
    expect(await wecom.get('agent/get', { access_token, agentid: MAIN_AGENT })).toMatchObject({
      errcode: 50003,
    });
  });
});
