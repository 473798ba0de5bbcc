import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixtureCompany } from '../../packages/emulator/source/company.ts';
import { readCompany } from '../../packages/emulator/source/companyFile.ts';
import { emulator } from './emulator.ts';

const SMALLEST = {
  corpid: 'ww1',
  apps: [{ agentid: 7, secret: 'the-secret' }],
  members: [{ userid: 'li', name: '李', department: [1] }],
};

/** Reads a company from a file with this content. */
function read(content: unknown) {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-company-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'company.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readCompany(file);
}

describe('a company from a file', () => {
  it('needs a corpid, an app and its secret, and members', async () => {
    const running = await emulator({ company: read(SMALLEST) });
    const access_token = await running.token(7);
    const code = running.codes.mint({ userid: 'li', redirectHost: '' });
    expect(await running.get('user/get', { access_token, userid: 'li' })).toMatchObject({
      name: '李',
      status: 1,
      main_department: 1,
    });
    expect(await running.get('department/list', { access_token })).toMatchObject({
      department: [{ id: 1, name: 'ww1', parentid: 0 }],
    });
    // No domain is trusted until the file says so.
    expect(await running.get('auth/getuserinfo', { access_token, code })).toMatchObject({
      errcode: 50001,
    });
  });

  it('can be everything that the fixture company is', () => {
    expect(read(fixtureCompany())).toEqual(fixtureCompany());
  });

  it.each([
    ['{', /company\.json: .*JSON/],
    [{ ...SMALLEST, corpid: undefined }, /corpid/],
    [{ ...SMALLEST, member: [] }, /member/],
    [{ ...SMALLEST, apps: [] }, /there must be an app/],
    [
      { ...SMALLEST, members: [{ userid: '_x', name: 'x', department: [1] }] },
      /members\.0\.userid/,
    ],
    [{ ...SMALLEST, members: [{ userid: 'x', name: 'x', department: [9] }] }, /no department 9/],
    [
      { ...SMALLEST, members: [...SMALLEST.members, { ...SMALLEST.members[0], userid: 'LI' }] },
      /two of member li/,
    ],
    [
      { ...SMALLEST, tags: [{ tagid: 1, tagname: 'x', userlist: ['wang'] }] },
      /no member wang.*tag 1/,
    ],
    [{ ...SMALLEST, departments: [{ id: 1, parentid: 5 }] }, /no department 5.*department 1/],
  ])('is refused with a sentence: %j', (content, sentence) => {
    expect(() => read(content)).toThrow(sentence);
  });

  it('is refused if it is not there', () => {
    expect(() => readCompany('/nowhere/company.json')).toThrow(/cannot be read.*ENOENT/);
  });
});
