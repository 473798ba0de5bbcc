import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRMSG } from '../../packages/emulator/source/wire/errcodes.ts';
import type { Rule } from '../../packages/emulator/source/wire/rule.ts';
import { CONTACTS_SYNC, type Emulator, emulator, MAIN_AGENT, OLD_AGENT } from './emulator.ts';

const SECRET = 'EmulatorOnly-MainApp-Secret-000000000000001';

/** What the log says of the latest call. */
function latest(wecom: Emulator): Rule | undefined {
  return wecom.calls.list().at(-1)?.rule;
}

/** What the log says of one call below /cgi-bin/. */
async function ruleOf(
  wecom: Emulator,
  path: string,
  query: Record<string, string | number> = {},
): Promise<Rule | undefined> {
  await wecom.get(path, query);
  return latest(wecom);
}

async function openPage(wecom: Emulator, path: string, query: Record<string, string>) {
  const parameters = new URLSearchParams({ appid: wecom.company.corpid, ...query });
  await fetch(`${wecom.url}${path}?${parameters}`, { redirect: 'manual' });
  return latest(wecom);
}

const OAUTH = {
  redirect_uri: 'http://localhost:3000/back?token=do-not-log',
  response_type: 'code',
  scope: 'snsapi_base',
  agentid: String(MAIN_AGENT),
};

describe('the call log', () => {
  it('has a rule in both languages for every errcode that the emulator answers', async () => {
    const wecom = await emulator();
    const readme = readFileSync('packages/emulator/README.md', 'utf8');
    for (const errcode of Object.keys(ERRMSG).map(Number)) {
      wecom.faults.clear();
      wecom.faults.add(errcode, { on: 'user/get' });
      const rule = await ruleOf(wecom, 'user/get');
      expect([errcode, rule?.en], String(errcode)).toEqual([
        errcode,
        expect.stringMatching(
          /^Fault \d+ \(errcode=-?\d+\): HTTP 200 with the given `errcode`\. \S/,
        ),
      ]);
      expect(rule?.zh).toMatch(/^故障 \d+ \(errcode=-?\d+\)：.+。\S/);
      // A document of the tables in the README, or one of the rules for all endpoints.
      expect(`${readme} 90195 90454`).toContain(String(rule?.document));
    }
  });

  it('says nothing where all was well', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    expect(await ruleOf(wecom, 'user/get', { access_token, userid: 'user123' })).toBeUndefined();
    expect(await openPage(wecom, '/connect/oauth2/authorize', OAUTH)).toBeUndefined();
  });

  it('names what was compared', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const named = async (path: string, query: Record<string, string | number>) =>
      ruleOf(wecom, path, { access_token, ...query });
    expect(await named('user/get', { userid: 'zhouba' })).toEqual({
      en: 'zhouba is not in the visible range of the app 云帆门户: neither by department, nor by name, nor by tag',
      zh: 'zhouba 不在应用“云帆门户”的可见范围内：部门、成员和标签都不包含',
      document: 90313,
    });
    expect(await named('user/get', { userid: 'nobody' })).toMatchObject({
      en: expect.stringContaining('There is no member nobody'),
    });
    expect(await named('agent/get', { agentid: OLD_AGENT })).toMatchObject({
      en: 'The token is that of the app 1000002, and the agentid is 1000001',
    });
    expect(await named('department/get', { id: 10 })).toMatchObject({
      zh: '部门 10 不在应用“云帆门户”的可见范围内',
    });
    expect(await ruleOf(wecom, 'gettoken', { corpid: 'ww0', corpsecret: 'x' })).toMatchObject({
      en: 'The corpid of this company is ww0a1b2c3d4e5f6a7b',
    });
    wecom.administrator.updateApp(MAIN_AGENT, { trusted_ips: ['10.1.1.1'] });
    expect(await named('user/get', { userid: 'user123' })).toMatchObject({
      en: '127.0.0.1 is not a trusted IP of the app 云帆门户: 10.1.1.1',
    });
    wecom.administrator.updateApp(MAIN_AGENT, { enabled: false, trusted_ips: ['127.0.0.1'] });
    expect(await named('user/get', { userid: 'user123' })).toMatchObject({
      en: 'The app 云帆门户 is disabled',
    });
    const { corpid } = wecom.company;
    expect(await ruleOf(wecom, 'gettoken', { corpid, corpsecret: SECRET })).toMatchObject({
      en: 'The secret is that of a disabled app',
    });
  });

  it('tells a used code from an expired and an invented one', async () => {
    const wecom = await emulator();
    const redeem = async (code: string) =>
      (await ruleOf(wecom, 'auth/getuserinfo', { access_token: await wecom.token(), code }))?.en;
    const code = wecom.codes.mint({ userid: 'user123' });
    expect(await redeem(code)).toBeUndefined();
    expect(await redeem(code)).toMatch(/was used before/);
    expect(await redeem('invented')).toMatch(/No authorize page gave/);
    const tfa = wecom.codes.mint({ userid: 'user123', origin: 'tfa' });
    expect(await redeem(tfa)).toMatch(/of second verification/);
    const late = wecom.codes.mint({ userid: 'user123' });
    wecom.pass(301);
    expect(await redeem(late)).toBe('The code is older than 300 s');
    wecom.codes.mint({ userid: 'user123' });
    expect(await redeem(late)).toBe('The code is older than 300 s');
  });

  it('tells the three reasons of 50001 apart', async () => {
    const wecom = await emulator();
    const redeem = async (request: Parameters<Emulator['codes']['mint']>[0], agentid: number) =>
      ruleOf(wecom, 'auth/getuserinfo', {
        access_token: await wecom.token(agentid),
        code: wecom.codes.mint(request),
      });
    expect(await redeem({ userid: 'user123' }, CONTACTS_SYNC)).toMatchObject({
      en: expect.stringContaining('contacts-sync secret cannot redeem'),
    });
    expect(await redeem({ userid: 'user123', agentid: OLD_AGENT }, MAIN_AGENT)).toMatchObject({
      en: 'The code was given for the app 1000001, and the token is that of 1000002',
    });
    const elsewhere = { userid: 'user123', redirectHost: 'evil.example' };
    expect(await redeem(elsewhere, MAIN_AGENT)).toEqual({
      en: 'The host of redirect_uri, evil.example, is not a trusted domain of 云帆门户: localhost:3000, 127.0.0.1:3000, localhost, portal.example.com. Host and port must match exactly',
      zh: 'redirect_uri 的域名 evil.example 不是云帆门户的可信域名：localhost:3000, 127.0.0.1:3000, localhost, portal.example.com。主机名和端口须完全一致',
      document: 91335,
    });
  });

  it('says what is wrong with a path, a method and a body', async () => {
    const wecom = await emulator();
    await fetch(`${wecom.url}/cgi-bin/nothing`);
    expect(latest(wecom)?.en).toBe('WeCom has nothing at this path');
    await fetch(`${wecom.url}/cgi-bin/wedoc/create_doc`);
    expect(latest(wecom)?.en).toBe('WeCom has wedoc/create_doc, and the emulator does not');
    await fetch(`${wecom.url}/cgi-bin/gettoken`, { method: 'PUT' });
    expect(latest(wecom)?.en).toMatch(/^WeCom takes GET and POST only/);
    const access_token = await wecom.token();
    await wecom.get('auth/getuserdetail', { access_token });
    expect(latest(wecom)?.en).toBe('The endpoint takes POST');
    await wecom.post('auth/getuserdetail', { access_token }, '{oops');
    expect(latest(wecom)).toMatchObject({
      en: expect.stringMatching(/not a JSON object.+user_ticket is missing/),
      document: 90313,
    });
  });

  it('says that a fault changed the answer, and how', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    wecom.faults.add({ kind: 'set-field', on: 'user/get', field: 'status', value: '2' });
    wecom.faults.add({ kind: 'truncated', on: 'user/get' });
    await wecom.get('user/get', { access_token, userid: 'user123' }).catch(() => undefined);
    expect(latest(wecom)).toEqual({
      en: expect.stringMatching(
        /^Fault 1 \(field=status\): .+ replaced by the JSON `value`\. Fault 2: half/,
      ),
      zh: expect.stringMatching(/^故障 1 \(field=status\)：.+。故障 2：/),
    });
  });

  it('says why a page stopped: which parameter, which host, which domains', async () => {
    const wecom = await emulator();
    const oauth = (changes: Record<string, string>) =>
      openPage(wecom, '/connect/oauth2/authorize', { ...OAUTH, ...changes });
    expect(await oauth({ appid: 'ww0' })).toMatchObject({
      en: 'The parameter appid must be ww0a1b2c3d4e5f6a7b',
      document: 91022,
    });
    expect(await oauth({ response_type: 'token' })).toMatchObject({
      zh: '参数 response_type 必须为 code',
    });
    expect(await oauth({ agentid: '404' })).toMatchObject({
      en: 'There is no app with the agentid 404',
    });
    const evil = { redirect_uri: 'https://evil.example/x?code=do-not-log' };
    const untrusted = {
      en: expect.stringMatching(
        /^The host of redirect_uri, evil\.example, is not .+localhost:3000/,
      ),
      document: 91335,
    };
    expect(await oauth(evil)).toMatchObject(untrusted);
    expect(await oauth({ redirect_uri: 'https%3A%2F%2Fevil.example' })).toMatchObject({
      en: expect.stringContaining('percent-encoded once'),
    });
    await fetch(`${wecom.url}/wwopen/uriconfirm?uri=${encodeURIComponent(evil.redirect_uri)}`);
    expect(latest(wecom)).toMatchObject(untrusted);
    const login = { login_type: 'CorpApp', agentid: String(MAIN_AGENT), state: 'x' };
    const scan = async (who: string, decision: string, redirect_uri = OAUTH.redirect_uri) => {
      const query = new URLSearchParams({
        ...login,
        appid: wecom.company.corpid,
        redirect_uri,
      });
      await fetch(`${wecom.url}/wwlogin/sso/login?${query}`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ who, decision }),
      });
      return latest(wecom);
    };
    expect(await scan('user123', 'approve')).toBeUndefined();
    expect(await scan('user123', 'approve', evil.redirect_uri)).toMatchObject(untrusted);
    expect(await scan('wangwu', 'approve')).toMatchObject({ zh: '账号已禁用' });
    expect(await scan('zhouba', 'approve')).toMatchObject({
      en: 'zhouba is not in the visible range of the app 云帆门户',
      document: 98152,
    });
    expect(await scan('visitor:stranger', 'approve')).toMatchObject({
      en: 'Only members of the company can scan',
    });
    expect(await scan('user123', 'refuse')).toMatchObject({
      en: 'The person refused: no code is given',
    });
  });

  it('never holds a secret, a token, a code or a query of the caller', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const code = wecom.codes.mint({ userid: 'user123', redirectHost: 'evil.example' });
    await wecom.get('auth/getuserinfo', { access_token, code });
    await wecom.get('gettoken', { corpid: 'ww0', corpsecret: SECRET });
    await wecom.get('user/get', { access_token: `${access_token}x`, userid: 'user123' });
    await fetch(`${wecom.url}/cgi-bin/user/get&access_token=${access_token}`);
    await openPage(wecom, '/connect/oauth2/authorize', OAUTH);
    const evil = { ...OAUTH, redirect_uri: 'https://evil.example/?code=do-not-log' };
    await openPage(wecom, '/connect/oauth2/authorize', evil);
    const log = JSON.stringify(wecom.calls.list());
    for (const secret of [access_token, code, SECRET, 'do-not-log']) {
      expect(log).not.toContain(secret);
    }
  });
});
