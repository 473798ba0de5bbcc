import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type Emulator, emulator } from './emulator.ts';

async function ask(wecom: Emulator, method: string, path: string, body?: unknown) {
  const response = await fetch(`${wecom.url}/__admin/${path}`, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

describe('the admin endpoints', () => {
  it('do by HTTP what the emulator does in its own process', async () => {
    const wecom = await emulator();
    const fault = await ask(wecom, 'POST', 'faults', { kind: 'errcode', errcode: 45033, times: 2 });
    expect(fault).toEqual({
      status: 200,
      body: { id: 1, hits: 0, kind: 'errcode', errcode: 45033, times: 2 },
    });
    expect(await wecom.get('gettoken')).toMatchObject({ errcode: 45033 });
    expect((await ask(wecom, 'GET', 'faults')).body).toMatchObject([{ hits: 1 }]);
    await ask(wecom, 'DELETE', 'faults/1');
    expect((await ask(wecom, 'POST', 'tickets/revoke', { kind: 'config' })).body).toEqual({
      revoked: 0,
    });
    const access_token = await wecom.token();
    expect((await ask(wecom, 'GET', 'calls?path=gettoken')).body).toMatchObject([
      { faults: ['errcode'], errcode: 45033 },
      { faults: [], errcode: 0 },
    ]);
    expect((await ask(wecom, 'GET', 'calls/peak?path=gettoken')).body).toEqual({ peak: 1 });
    const minted = await ask(wecom, 'POST', 'codes', { userid: 'user123' });
    const { code } = minted.body as { code: string };
    expect(await wecom.get('auth/getuserinfo', { access_token, code })).toMatchObject({
      errcode: 0,
    });

    await ask(wecom, 'POST', 'members', { userid: 'new.one', name: '新人', department: [6] });
    expect(await wecom.get('user/get', { access_token, userid: 'new.one' })).toMatchObject({
      name: '新人',
      status: 1,
      main_department: 6,
    });
    await ask(wecom, 'POST', 'departments', { id: 20, parentid: 2, name: '测试组' });
    await ask(wecom, 'PATCH', 'members/new.one', { department: [20], userid: 'New.Two' });
    expect(await wecom.get('user/get', { access_token, userid: 'new.two' })).toMatchObject({
      userid: 'New.Two',
      department: [20],
      main_department: 20,
    });
    await ask(wecom, 'POST', 'members/New.Two/rename', { userid: 'new.three' });
    await ask(wecom, 'PATCH', 'members/new.three', { status: 2 });
    await ask(wecom, 'DELETE', 'members/new.three');
    await ask(wecom, 'POST', 'members/new.three/rejoin', { position: '经理' });
    expect(await wecom.get('user/get', { access_token, userid: 'new.three' })).toMatchObject({
      name: '新人',
      department: [20],
      position: '经理',
      status: 1,
    });
    await ask(wecom, 'DELETE', 'members/new.three');
    await ask(wecom, 'DELETE', 'departments/20');
    expect(await wecom.get('department/get', { access_token, id: 20 })).toMatchObject({
      errcode: 60123,
    });
    await ask(wecom, 'PATCH', 'apps/1000002', { enabled: false, trusted_ips: ['10.0.0.1'] });
    expect(await wecom.get('tag/list', { access_token })).toMatchObject({ errcode: 60020 });
    await ask(wecom, 'PATCH', 'apps/1000002', { trusted_ips: null });
    expect(await wecom.get('tag/list', { access_token })).toMatchObject({ errcode: 50003 });
    await ask(wecom, 'PATCH', 'apps/1000002', { enabled: true });
    expect((await ask(wecom, 'POST', 'tokens/revoke')).body).toEqual({ revoked: 1 });
    await ask(wecom, 'POST', 'bans', { ip: '127.0.0.1' });
    expect(await wecom.get('gettoken')).toMatchObject({ errcode: 45009 });
    await ask(wecom, 'DELETE', 'bans');
    await ask(wecom, 'DELETE', 'calls');
    expect(wecom.calls.count()).toBe(0);
  });

  it('switch on every alteration of an answer', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    for (const [fault, shown] of [
      [{ kind: 'set-field', field: 'status', value: null }, { status: null }],
      [{ kind: 'remove-field', field: 'department.0' }, { department: [] }],
      [{ kind: 'other-member', userid: 'lisi' }, { userid: 'lisi' }],
      [{ kind: 'padding', bytes: 5 }, { padding: 'xxxxx' }],
    ] as const) {
      expect(await ask(wecom, 'POST', 'faults', { ...fault, times: 1 })).toMatchObject({
        status: 200,
        body: fault,
      });
      expect(await wecom.get('user/get', { access_token, userid: 'user123' })).toMatchObject(shown);
    }
    await ask(wecom, 'POST', 'faults', { kind: 'control-characters', codes: [1], times: 1 });
    await expect(wecom.get('tag/get', { access_token, tagid: 1 })).rejects.toThrow('JSON');
    await ask(wecom, 'POST', 'faults', { kind: 'tag-members', count: 3 });
    const tag = await wecom.get('tag/get', { access_token, tagid: 1 });
    expect(tag['userlist']).toHaveLength(3);
    await ask(wecom, 'PATCH', 'behaviour', { clockOffsetMs: -1000 });
    expect(wecom.behaviour.clockOffsetMs).toBe(-1000);
  });

  it('are neither logged nor touched by faults', async () => {
    const wecom = await emulator();
    wecom.faults.add({ kind: 'reset' });
    expect((await ask(wecom, 'GET', 'behaviour')).status).toBe(200);
    expect(wecom.calls.count()).toBe(0);
  });

  it('say in words what they cannot do', async () => {
    const wecom = await emulator();
    for (const [method, path, body, error] of [
      ['POST', 'faults', { kind: 'nonsense' }, /^kind: /],
      ['POST', 'faults', { kind: 'errcode' }, /whole number/],
      ['POST', 'faults', { kind: 'slow', milliseconds: 3 }, /milliseconds/],
      ['POST', 'faults', '{', /JSON/],
      ['POST', 'faults', { kind: 'set-field', field: 'status' }, /a field and a value/],
      ['POST', 'faults', { kind: 'padding', bytes: 1e12 }, /bytes must be/],
      ['POST', 'members/user123/rejoin', {}, /a member already/],
      ['POST', 'members/nobody/rejoin', {}, /has not left/],
      ['POST', 'members/user123/rename', { userid: 'LISI' }, /a member already/],
      ['POST', 'members/user123/rename', {}, /userid/],
      ['POST', 'callbacks/events', { event: 'delete_user', userid: 'x' }, /no receiver/],
      ['POST', 'callbacks/events', { event: 'nonsense', userid: 'x' }, /^event: /],
      ['PATCH', 'departments/2', { parentid: 3 }, /below itself/],
      ['PATCH', 'behaviour', { callDurationMs: -1 }, /must be a number from 0/],
      ['PATCH', 'behaviour', { tokenLength: 0 }, /must be a number from 1 to 100000/],
      ['PATCH', 'behaviour', { tokenLength: 1e9 }, /must be a number from 1 to 100000/],
      ['PATCH', 'behaviour', { callbackCopies: 1e6 }, /must be a number from 0 to 1000/],
      ['PATCH', 'behaviour', { callbackPadding: 33 }, /must be a number from 0 to 32/],
      ['PATCH', 'behaviour', { clockOffsetMs: 1e15 }, /must be a number from -/],
      ['POST', 'codes', { userid: 'nobody' }, /no member with userid nobody/],
      ['POST', 'codes', {}, /no visitor/],
      ['POST', 'codes', { userid: 'user123', agentid: 404 }, /no app/],
      ['POST', 'members', { userid: 'USER123', name: 'x', department: [2] }, /a member already/],
      ['PATCH', 'members/user123', { department: [404] }, /no department 404/],
      ['PATCH', 'members/user123', { userid: 'LISI' }, /a member already/],
      ['PATCH', 'members/user123', { status: 3 }, /^status: /],
      ['DELETE', 'members/%zz', undefined, /no member %zz/],
      ['DELETE', 'departments/2', undefined, /has members/],
      ['POST', 'departments', { id: 2, parentid: 1 }, /exists/],
      ['PATCH', 'tags/404', {}, /no tag 404/],
      ['PATCH', 'tags/7', { addUsers: ['nobody'] }, /no member nobody/],
      ['PATCH', 'behaviour', { nonsense: 1 }, /no switch named nonsense/],
      ['PATCH', 'behaviour', { callbackTimeoutMs: 2 ** 31 }, /from 0 to 2147483647/],
      ['PATCH', 'behaviour', { repeatGettoken: 'x' }, /one of same, new/],
      ['PATCH', 'behaviour', { tokenLifetimeSeconds: 'x' }, /must be a number/],
      ['PUT', 'callbacks/nonsense', {}, /app or contacts/],
      ['PUT', 'callbacks/app', { url: 'ftp://x', token: 't', encodingAESKey: 'k' }, /url: /],
      ['POST', 'callbacks/app/verify', {}, /no receiver is set for app/],
      ['POST', 'callbacks/xml', { channel: 'app', xml: '<xml/>' }, /no receiver is set for app/],
      ['POST', 'deliveries/1/resend', {}, /no delivery 1/],
      ['POST', 'tickets/revoke', { kind: 'x' }, /kind: /],
    ] as const) {
      const answer = await ask(wecom, method, path, body);
      expect([path, answer.status]).toEqual([path, 400]);
      expect((answer.body as { error: string }).error).toMatch(error);
    }
    expect(await ask(wecom, 'GET', 'nonsense')).toMatchObject({ status: 404 });
  });

  it('refuse pages of other origins', async () => {
    const wecom = await emulator();
    const response = await fetch(`${wecom.url}/__admin/members/user123`, {
      method: 'DELETE',
      headers: { origin: 'http://evil.example' },
    });
    expect(response.status).toBe(403);
  });

  /** The status of a request that was sent to another name. */
  const statusAs = (wecom: Emulator, host: string, origin?: string) =>
    new Promise((resolve) => {
      const headers = { host: `${host}:${wecom.port}`, ...(origin && { origin }) };
      request(`${wecom.url}/__admin/apps`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });

  it('refuse a host name that is not this machine’s, as a rebound name is', async () => {
    const wecom = await emulator();
    expect(await statusAs(wecom, 'localhost')).toBe(200);
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example']) {
      expect([host, await statusAs(wecom, host)]).toEqual([host, 403]);
    }
  });

  it('take a name that the emulator was started with, and no page of another site with it', async () => {
    const wecom = await emulator({ adminHosts: ['WeCom', 'wecom.test'] });
    for (const host of ['wecom', 'WECOM', 'wecom.test', 'localhost', '127.0.0.1']) {
      expect([host, await statusAs(wecom, host)]).toEqual([host, 200]);
    }
    for (const host of ['evil.example', 'a.wecom', 'wecom.evil']) {
      expect([host, await statusAs(wecom, host)]).toEqual([host, 403]);
    }
    expect(await statusAs(wecom, 'wecom', `http://wecom:${wecom.port}`)).toBe(200);
    expect(await statusAs(wecom, 'wecom', 'http://evil.example')).toBe(403);
  });

  it('show the company without secrets, and the secrets to who asks for them', async () => {
    const wecom = await emulator();
    expect(JSON.stringify((await ask(wecom, 'GET', 'company')).body)).not.toContain('EmulatorOnly');
    expect(JSON.stringify((await ask(wecom, 'GET', 'apps')).body)).toContain('EmulatorOnly');
    const page = await fetch(`${wecom.url}/__admin`);
    const text = await page.text();
    expect(text).toContain('云帆科技');
    expect(text).not.toMatch(/EmulatorOnly|13800138000|zhang@company\.com/);
    const forgotten = await fetch(`${wecom.url}/__admin/forget`, {
      method: 'POST',
      redirect: 'manual',
    });
    expect(forgotten.headers.get('set-cookie')).toContain('Max-Age=0');
  });
});
