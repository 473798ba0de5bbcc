import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { fixtureCompany } from '../../packages/emulator/source/company.ts';
import { readCompany } from '../../packages/emulator/source/companyFile.ts';
import { emulator } from './emulator.ts';

const SMALLEST = {
  corpid: 'ww1',
  apps: [{ agentid: 7, secret: 'the-secret' }],
  members: [{ userid: 'li', name: '李', department: [1] }],
};

/** Reads a company from a file with this content. */
function read(content: unknown, name = 'company.json') {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-company-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, name);
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

  it('may name a member twice in a list, which then has them once', async () => {
    const tags = [{ tagid: 1, tagname: '甲', userlist: ['li', 'LI', 'li'] }];
    const running = await emulator({ company: read({ ...SMALLEST, tags }) });
    expect(running.company.tags).toMatchObject([{ userlist: ['li'] }]);
    running.administrator.leave('li');
    expect(running.company.tags).toMatchObject([{ userlist: [] }]);
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
    [{ ...SMALLEST, departments: [{ id: 1, parentid: 1 }] }, /department 1 is below itself/],
    [
      {
        ...SMALLEST,
        departments: [
          { id: 1, parentid: 0 },
          { id: 2, parentid: 3 },
          { id: 3, parentid: 2 },
        ],
      },
      /department 2 is below itself/,
    ],
    [{ ...SMALLEST, departments: [{ id: -1, parentid: 0 }] }, /departments\.0\.id: /],
    [{ ...SMALLEST, departments: [{ id: 1e300, parentid: 0 }] }, /departments\.0\.id: /],
    // The contacts-sync secret alone signs nobody in.
    [
      { ...SMALLEST, apps: [{ agentid: 0, secret: 's', kind: 'contacts-sync' }] },
      /there must be an app/,
    ],
  ])('is refused with a sentence: %j', (content, sentence) => {
    expect(() => read(content)).toThrow(sentence);
  });

  it('is refused if it is not there', () => {
    expect(() => readCompany('/nowhere/company.json')).toThrow(/cannot be read.*ENOENT/);
  });

  it('begins with a byte order mark if an editor wrote one', () => {
    expect(read(`\uFEFF${JSON.stringify(SMALLEST)}`)).toEqual(read(SMALLEST));
  });
});

describe('a company from a YAML file', () => {
  it('is the same as from JSON', () => {
    const text = stringify(fixtureCompany());
    expect(text).toContain('\nmembers:\n  - userid: user123\n');
    for (const name of ['company.yaml', 'COMPANY.YML']) {
      expect(read(text, name)).toEqual(fixtureCompany());
    }
  });

  it('can name a list once and use it twice, and the two stay apart', async () => {
    const company = `
corpid: ww1
apps: [{ agentid: 7, secret: the-secret }]
members: [{ userid: li, name: 李, department: [1] }]
tags:
  - { tagid: 1, tagname: 甲, userlist: &team [li] }
  - { tagid: 2, tagname: 乙, userlist: *team }
`;
    const running = await emulator({ company: read(company, 'company.yaml') });
    running.administrator.tag(1, { delUsers: ['li'] });
    expect(running.company.tags).toMatchObject([{ userlist: [] }, { userlist: ['li'] }]);
  });

  it.each([
    ['corpid: ww1\napps: [', /company\.yaml: .*line 2, column 8$/],
    ['corpid: ww1\ncorpid: ww2\n', /keys must be unique at line 2, column 1$/],
    ['corpid: ww1\n---\ncorpid: ww2\n', /multiple documents/],
    ['corpid: !made.up ww1', /tag: !made\.up at line 1, column 9$/],
    ['? [corpid]\n: ww1', /keys must be strings at line 1/],
    ['corpid: *unknown', /Unresolved alias.*unknown/],
    [
      [
        'a: &a [x, x]',
        'b: &b [*a, *a, *a, *a, *a, *a]',
        'c: &c [*b, *b, *b, *b, *b, *b]',
        'd: [*c, *c, *c]',
      ].join('\n'),
      /Excessive alias count/,
    ],
    ['', /Expected Object/],
    // A number is no text, as in JSON.
    [
      'corpid: ww1\napps: [{ agentid: 7, secret: s }]\nmembers: [{ userid: li, name: 李, department: [1], mobile: 13800138000 }]',
      /members\.0\.mobile: .*Expected string/,
    ],
    [
      'corpid: ww1\napps: [{ agentid: 7, secret: s }]\nmembers: [{ userid: li, name: 李, department: [9] }]',
      /no department 9, which member li names/,
    ],
  ])('is refused with a sentence: %j', (content, sentence) => {
    expect(() => read(content, 'company.yaml')).toThrow(sentence);
  });

  it('quotes nothing of the file in its refusal', () => {
    const refused = () => read('apps: [{ secret: the-secret, secret: the-other }]', 'company.yaml');
    expect(refused).toThrow(/keys must be unique/);
    expect(refused).not.toThrow(/the-/);
  });
});
