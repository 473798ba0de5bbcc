import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixtureCompany } from '../../packages/emulator/source/company.ts';
import { startWecom } from '../../packages/emulator/source/server.ts';
import { CONTACTS_SYNC, emulator, MAIN_AGENT, OLD_AGENT } from './emulator.ts';

function stateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-state-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'state.json');
}

describe('an emulator that keeps its state', () => {
  // A client with a cache in a file may use a token for two hours without another gettoken.
  it('accepts after a restart what it issued before', async () => {
    const keepIn = stateFile();
    const before = await emulator({ keepIn });
    const access_token = await before.token();
    const code = before.codes.mint({ userid: 'user123', scope: 'snsapi_privateinfo' });
    const spent = before.codes.mint({ userid: 'user123', scope: 'snsapi_privateinfo' });
    const { user_ticket } = await before.get('auth/getuserinfo', { access_token, code: spent });
    const { ticket } = await before.get('get_jsapi_ticket', { access_token });
    await before.close();

    const after = await emulator({ keepIn });
    expect(await after.token()).toBe(access_token);
    expect(await after.get('auth/getuserinfo', { access_token, code })).toMatchObject({
      userid: 'user123',
    });
    expect(await after.get('auth/getuserinfo', { access_token, code: spent })).toMatchObject({
      errcode: 40029,
    });
    expect(await after.post('auth/getuserdetail', { access_token }, { user_ticket })).toMatchObject(
      { userid: 'user123' },
    );
    expect(await after.get('get_jsapi_ticket', { access_token })).toMatchObject({ ticket });
  });

  it('has after a restart the members, tags, menus and groups that came by the API, and no messages', async () => {
    const keepIn = stateFile();
    const before = await emulator({ keepIn });
    const sync = { access_token: await before.token(CONTACTS_SYNC) };
    const old = { access_token: await before.token(OLD_AGENT), agentid: OLD_AGENT };
    const member = { userid: 'new.one', name: '新人', mobile: '13900000001', department: [2] };
    await before.post('user/create', sync, member);
    await before.post('tag/create', old, { tagname: '新标签' });
    const button = [{ name: '帮助', type: 'click', key: 'help' }];
    await before.post('menu/create', old, { button });
    await before.post('appchat/create', old, { chatid: 'team', userlist: ['lisi', 'user123'] });
    const text = { msgtype: 'text', text: { content: '开会' } };
    await before.post('appchat/send', old, { chatid: 'team', ...text });
    expect(before.messages.list()).toHaveLength(1);
    await before.close();

    const after = await emulator({ keepIn });
    expect(await after.get('user/get', { ...old, userid: 'new.one' })).toMatchObject({ status: 4 });
    expect(await after.post('tag/update', old, { tagid: 8, tagname: '别的' })).toMatchObject({
      errcode: 0,
    });
    expect(await after.get('menu/get', old)).toMatchObject({ button });
    expect(await after.get('appchat/get', { ...old, chatid: 'team' })).toMatchObject({
      errcode: 0,
    });
    expect(after.messages.list()).toEqual([]);
  });

  it('refuses after a restart what was revoked before, or has expired since', async () => {
    const keepIn = stateFile();
    const before = await emulator({ keepIn });
    const revoked = await before.token();
    before.tokens.revoke(MAIN_AGENT);
    const expired = await before.token();
    await before.close();

    const after = await emulator({ keepIn });
    after.pass(7_201);
    const answers = [revoked, expired].map((access_token) =>
      after.get('tag/list', { access_token }),
    );
    expect(await Promise.all(answers)).toMatchObject([{ errcode: 40014 }, { errcode: 42001 }]);
  });

  it('writes what opens it for its own user alone', async () => {
    const keepIn = stateFile();
    const running = await emulator({ keepIn });
    await running.token();
    await running.close();
    expect(statSync(`${keepIn}.issued`).mode & 0o777).toBe(0o600);
  });

  it('says which file it cannot read', async () => {
    const others = '"codes":[],"userTickets":[],"jsapiTickets":[],"consents":[]';
    for (const issued of [
      '{"tokens": {}}',
      `{"tokens":[["a",{}]],${others}}`,
      `{"tokens":[1],${others}}`,
    ]) {
      const keepIn = stateFile();
      writeFileSync(`${keepIn}.issued`, issued);
      await expect(startWecom({ keepIn })).rejects.toThrow(/state\.json\.issued .*Delete it/);
    }
    for (const member of [null, 1, {}, { userid: 'li' }]) {
      const keepIn = stateFile();
      const company = { ...fixtureCompany(), members: [member] };
      writeFileSync(keepIn, JSON.stringify({ left: [], company }));
      await expect(startWecom({ keepIn })).rejects.toThrow(
        /state\.json is not a company .*Delete it/,
      );
    }
  });

  it('leaves a whole file behind, also if another one keeps its state there', async () => {
    const keepIn = stateFile();
    const [one, other] = [await emulator({ keepIn }), await emulator({ keepIn })];
    for (let change = 0; change < 20; change += 1) {
      one.administrator.update('lisi', { name: `one ${change}` });
      other.administrator.update('lisi', { name: 'x'.repeat(100 * change) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all([one.close(), other.close()]);
    expect(readdirSync(dirname(keepIn)).filter((name) => name.endsWith('.new'))).toEqual([]);
    const after = await emulator({ keepIn });
    expect(after.company.members).toHaveLength(one.company.members.length);
  });
});
