import { describe, expect, it } from 'vitest';
import { emulator } from './emulator.ts';

describe('faults', () => {
  it('answer any errcode, on one path, for a number of calls', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    wecom.faults.add(45009, { on: 'user/get', times: 2 });
    const ask = async () =>
      (await wecom.get('user/get', { access_token, userid: 'user123' }))['errcode'];
    expect(await wecom.get('tag/list', { access_token })).toMatchObject({ errcode: 0 });
    expect([await ask(), await ask(), await ask()]).toEqual([45009, 45009, 0]);
    expect(wecom.faults.list()).toEqual([]);
    wecom.faults.add(-1);
    expect(await wecom.get('user/get', { access_token })).toMatchObject({
      errcode: -1,
      errmsg: expect.stringMatching(/^system busy, hint/),
      department: [],
    });
    wecom.faults.clear();
    expect(await ask()).toBe(0);
  });

  it('let wrong secrets lead to the ban', async () => {
    const wecom = await emulator({ badSecretLimit: 2 });
    wecom.faults.add({ kind: 'wrong-secret' });
    const query = { corpid: wecom.company.corpid, corpsecret: wecom.company.apps[0]?.secret ?? '' };
    const codes = [];
    for (let i = 0; i < 3; i += 1) codes.push((await wecom.get('gettoken', query))['errcode']);
    expect(codes).toEqual([40001, 40001, 45009]);
    wecom.faults.clear();
    wecom.bans.clear();
    expect(await wecom.get('gettoken', query)).toMatchObject({ errcode: 0 });
    wecom.faults.add({ kind: 'ip-ban' });
    expect(await wecom.get('gettoken', query)).toMatchObject({ errcode: 45009 });
  });

  it('make answers slow, by the delay passed in', async () => {
    const waits: number[] = [];
    const wecom = await emulator({
      delay: async (ms) => {
        waits.push(ms);
      },
    });
    wecom.faults.add({ kind: 'slow', ms: 1234 });
    wecom.faults.add({ kind: 'errcode', errcode: 45033 });
    expect(await wecom.get('gettoken')).toMatchObject({ errcode: 45033 });
    expect(waits).toEqual([1234]);
  });

  it('close at once while an answer is being slow', async () => {
    const wecom = await emulator();
    wecom.faults.add({ kind: 'slow', ms: 600_000 });
    const waiting = fetch(`${wecom.url}/cgi-bin/gettoken`).catch(() => 'closed');
    while (wecom.calls.count() === 0) await new Promise(setImmediate);
    await wecom.close();
    expect(await waiting).toBe('closed');
  });

  it('break the answer in each way', async () => {
    const wecom = await emulator();
    const ask = () => fetch(`${wecom.url}/cgi-bin/gettoken?corpid=a`, { redirect: 'manual' });
    const once = (fault: Parameters<typeof wecom.faults.add>[0]) => {
      wecom.faults.clear();
      wecom.faults.add(fault);
      return ask();
    };
    const html = await once({ kind: 'html', status: 503 });
    expect([html.status, html.headers.get('content-type')]).toEqual([503, 'text/html']);
    expect(await html.text()).toContain('503 Service Temporarily Unavailable');
    const empty = await once({ kind: 'empty' });
    expect([empty.status, await empty.text()]).toEqual([200, '']);
    const redirect = await once({ kind: 'redirect' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([
      301,
      `${wecom.url.replace('http:', 'https:')}/cgi-bin/gettoken?corpid=a`,
    ]);
    expect(await (await once({ kind: 'errcode-as-string' })).json()).toMatchObject({
      errcode: '41004',
    });
    expect((await (await once({ kind: 'huge', bytes: 100_000 })).text()).length).toBe(100_000);
    await expect(once({ kind: 'truncated' }).then((response) => response.text())).rejects.toThrow();
    await expect(once({ kind: 'reset' })).rejects.toThrow();
  });

  it('can let the call take effect and lose only its answer', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const code = wecom.codes.mint({ userid: 'user123' });
    const url = `${wecom.url}/cgi-bin/auth/getuserinfo?access_token=${access_token}&code=${code}`;
    wecom.faults.add({ kind: 'reset', times: 1 });
    await expect(fetch(url)).rejects.toThrow();
    wecom.faults.add({ kind: 'reset', times: 1, after: true });
    await expect(fetch(url)).rejects.toThrow();
    expect(await (await fetch(url)).json()).toMatchObject({ errcode: 40029 });
  });

  it('refuse nonsense', async () => {
    const wecom = await emulator();
    expect(() => wecom.faults.add({ kind: 'nonsense' as 'reset' })).toThrow(
      'no fault named nonsense',
    );
    expect(() => wecom.faults.add({ kind: 'errcode' })).toThrow('whole number');
  });
});

describe('the call log', () => {
  it('records calls without their secrets', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    await wecom.get('user/get', { access_token, userid: 'user123' });
    await wecom.get('auth/getuserinfo', { access_token, code: 'your_auth_code' });
    const text = JSON.stringify(wecom.calls.list());
    for (const secret of [access_token, wecom.company.apps[0]?.secret ?? '', 'your_auth_code']) {
      expect(text).not.toContain(secret);
    }
    const [gettoken, get, info] = wecom.calls.list();
    expect(gettoken).toMatchObject({
      number: 1,
      method: 'GET',
      path: '/cgi-bin/gettoken',
      query: { corpid: wecom.company.corpid, corpsecret: expect.stringMatching(/^sha256:/) },
      status: 200,
      errcode: 0,
      ip: '127.0.0.1',
      time: wecom.now(),
      faults: [],
    });
    expect(get?.query['access_token']).toBe(info?.query['access_token']);
    expect(wecom.calls.list('user/get')).toHaveLength(1);
    wecom.calls.clear();
    expect(wecom.calls.count()).toBe(0);
  });

  it('knows how many calls of a path were under way at once', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const wecom = await emulator({ delay: () => held });
    wecom.faults.add({ kind: 'slow', on: 'gettoken' });
    const calls = Array.from({ length: 5 }, () => wecom.get('gettoken'));
    while (wecom.calls.count('gettoken') < 5) await new Promise(setImmediate);
    release();
    await Promise.all(calls);
    await wecom.get('gettoken');
    expect(wecom.calls.peak('gettoken')).toBe(5);
    expect(wecom.calls.peak('user/get')).toBe(0);
  });
});
