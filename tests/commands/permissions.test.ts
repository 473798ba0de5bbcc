import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../commands/permissions/run.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import { storeMembership } from '../harness/directory.ts';
import { APP, startTables, type Tables } from '../harness/tables.ts';

const NOW = Date.parse('2026-06-01T04:00:00Z');

let tables: Tables;
let directory: string;
let now: number;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  tables = await startTables();
  directory = await mkdtemp(join(tmpdir(), 'permissions-'));
  now = NOW;
  const AWS_ENDPOINT_URL_DYNAMODB = tables.front.url;
  // tests/commands/permissions/events.test.ts has a stage with a bus.
  environment = { AWS_ENDPOINT_URL_DYNAMODB, LANG: 'zh_CN.UTF-8', EVENT_BUS: '' };
  return async () => {
    await tables.close();
    await rm(directory, { recursive: true });
  };
});

interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  readonly asked: string[];
}

/** The command as a terminal has it; without an answer nobody can be asked. */
async function permissions(argv: string[], answer?: boolean): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const asked: string[] = [];
  const confirm = async (question: string) => {
    asked.push(question);
    return answer === true;
  };
  const exit = await run(argv, {
    environment,
    print: (text) => out.push(text),
    warn: (text) => err.push(text),
    confirm: answer === undefined ? undefined : confirm,
    now: () => now,
    serviceTime: async () => now,
  });
  return { exit, out: out.join('\n'), err: err.join('\n'), asked };
}

async function json(...argv: string[]) {
  return JSON.parse((await permissions([...argv, '--json'])).out);
}

async function file(content: string | Buffer): Promise<string> {
  const path = join(directory, 'grants.csv');
  await writeFile(path, content);
  return path;
}

describe('grant', () => {
  it('allows, until the end of a day in China, with a note', async () => {
    const outcome = await permissions([
      'grant',
      'user:ZhangSan',
      'access',
      '--until',
      '2027-01-31',
      '--note',
      '试用',
    ]);
    expect(outcome.exit).toBe(0);
    expect(outcome.out).toBe(
      [
        '┌───────────────┬────────┬──────┬─────────────────────────────┐',
        '│ 授权对象      │ 权限   │ 现在 │ 改为                        │',
        '├───────────────┼────────┼──────┼─────────────────────────────┤',
        '│ user:zhangsan │ access │ 无   │ 允许 · 至 2027-01-31 · 试用 │',
        '└───────────────┴────────┴──────┴─────────────────────────────┘',
        '已改变 1 项。',
      ].join('\n'),
    );
    expect((await json('list')).grants).toEqual([
      {
        subject: 'user:zhangsan',
        permission: 'access',
        effect: 'allow',
        note: '试用',
        by: `local:${userInfo().username}`,
        until: '2027-01-31T16:00:00.000Z',
        expired: false,
        at: '2026-06-01T04:00:00.000Z',
      },
    ]);
  });

  it('that changes nothing says so', async () => {
    await permissions(['grant', 'department:2', 'report:read']);
    const again = await permissions(['grant', 'department:2', 'report:read']);
    expect(again).toMatchObject({ exit: 0, out: '已改变 0 项，1 项无需改变。' });
    expect((await json('history', 'department:2')).history).toHaveLength(1);
  });

  it('takes the wildcard', async () => {
    expect(await permissions(['grant', 'tag:7', '*'])).toMatchObject({ exit: 0 });
  });

  it('replaces a denial, and shows what was there', async () => {
    await permissions(['deny', 'user:lisi', 'access']);
    const { out } = await permissions(['grant', 'user:lisi', 'access']);
    expect(out).toContain('│ user:lisi │ access │ 拒绝 │ 允许 │');
  });
});

describe('revoke', () => {
  it('takes a grant back', async () => {
    await permissions(['grant', 'user:lisi', 'access']);
    expect(await permissions(['revoke', 'user:LISI', 'access'])).toMatchObject({ exit: 0 });
    expect(await permissions(['list'])).toMatchObject({ out: '没有授权。' });
  });

  it('says when there is nothing to take back', async () => {
    const outcome = await permissions(['revoke', 'user:lisi', 'access']);
    expect(outcome).toMatchObject({ exit: 3, err: '没有这条授权：user:lisi access' });
  });
});

describe('what gives everyone more', () => {
  it.each(['everyone', 'department:1'])('(%s) is shown and asked about', async (subject) => {
    const refused = await permissions(['grant', subject, 'access'], false);
    expect(refused).toMatchObject({ exit: 4, err: '什么都没有改变。' });
    expect(refused.asked).toEqual(['这会放宽全体成员的权限。确定吗？']);
    expect(refused.out).toContain('│ 无   │ 允许 │');
    expect((await json('list')).grants).toEqual([]);

    expect(await permissions(['grant', subject, 'access'], true)).toMatchObject({ exit: 0 });
    expect((await json('list')).grants).toHaveLength(1);
  });

  it('is refused where nobody can be asked, unless --yes says so', async () => {
    const outcome = await permissions(['grant', 'everyone', 'access']);
    expect(outcome).toMatchObject({ exit: 4, err: expect.stringContaining('--yes') });
    expect((await json('list')).grants).toEqual([]);
    expect(await permissions(['grant', 'everyone', 'access', '-y'])).toMatchObject({ exit: 0 });
  });

  it('is also a denial lifted', async () => {
    await permissions(['deny', 'everyone', 'access']);
    expect(await permissions(['revoke', 'everyone', 'access'])).toMatchObject({ exit: 4 });
  });

  it('is looked for in a file, of which then nothing is done', async () => {
    const path = await file('subject,permission\nuser:lisi,access\neveryone,*\n');
    expect(await permissions(['import', path])).toMatchObject({ exit: 4 });
    expect((await json('list')).grants).toEqual([]);
  });
});

describe('--dry-run', () => {
  it('shows what would change, and changes nothing', async () => {
    const outcome = await permissions(['grant', 'everyone', 'access', '--dry-run']);
    expect(outcome).toMatchObject({ exit: 0, out: expect.stringContaining('将改变 1 项。') });
    expect(await json('grant', 'user:lisi', 'access', '--dry-run')).toEqual({
      planned: [
        { subject: 'user:lisi', permission: 'access', before: null, after: { effect: 'allow' } },
      ],
      unchanged: 0,
    });
    expect((await json('list')).grants).toEqual([]);
    expect((await json('history', 'user:lisi')).history).toEqual([]);
  });

  it('shows no table where nothing would change', async () => {
    await permissions(['grant', 'user:lisi', 'access']);
    const { out } = await permissions(['grant', 'user:lisi', 'access', '--dry-run']);
    expect(out).toBe('将改变 0 项，1 项无需改变。');
  });
});

describe('list', () => {
  it('shows every grant, numbers in order, expired ones as such', async () => {
    for (const subject of ['user:lisi', 'department:10', 'department:2', 'tag:7']) {
      await permissions(['grant', subject, 'access', '--until', '2026-06-01T18:30+08:00']);
    }
    now = Date.parse('2026-06-02T00:00:00Z');
    const { out } = await permissions(['list']);
    const subjects = out
      .split('\n')
      .slice(3, -1)
      .map((line) => line.split('│')[1]?.trim());
    expect(subjects).toEqual(['department:2', 'department:10', 'tag:7', 'user:lisi']);
    expect(out).toContain('2026-06-01T18:30+08:00 已过期');
    expect((await json('list', 'tag:7')).grants).toMatchObject([{ expired: true }]);
  });

  it('reads a table of many pages, and leaves memberships and audit lines out', async () => {
    const key = (at: number) => ({ pk: `${APP.corpId}#member#m${at}`, sk: 'membership#1000002' });
    for (let at = 0; at < 30; at++) {
      await tables.permissions.put({ ...key(at), padding: 'x'.repeat(100_000) });
    }
    await permissions(['grant', 'user:lisi', 'access']);
    expect((await json('list')).grants).toHaveLength(1);
  });

  it("shortens an AWS caller's name, and shows all of it with --json", async () => {
    const by = 'arn:aws:sts::123456789012:assumed-role/Admin/zhangsan';
    const grant = { subject: 'tag#7', permission: 'access', effect: 'allow', by, at: NOW } as const;
    await tables.permissions.put(grantItem(APP.corpId, grant));
    expect((await permissions(['list'])).out).toContain('│ assumed-role/Admin/zhangsan │');
    expect((await json('list')).grants).toMatchObject([{ by }]);
  });
});

describe('history', () => {
  it('shows who changed what', async () => {
    await permissions(['grant', 'user:lisi', 'access']);
    now += 60_000;
    await permissions(['deny', 'user:lisi', 'access', '--note', '调查']);
    now += 60_000;
    await permissions(['revoke', 'user:lisi', 'access']);
    const { out } = await permissions(['history', 'user:lisi']);
    const rows = out.split('\n').slice(3, -1);
    expect(
      rows.map((row) =>
        row
          .split('│')
          .slice(3, 6)
          .map((cell) => cell.trim()),
      ),
    ).toEqual([
      ['access', '无', '允许'],
      ['access', '允许', '拒绝 · 调查'],
      ['access', '拒绝 · 调查', '无'],
    ]);
    expect(out).toContain('2026-06-01 12:01');
    expect(await permissions(['history', 'user:nobody'])).toMatchObject({ out: '没有记录。' });
  });
});

describe('explain', () => {
  async function member(userid: string, state: 'active' | 'gone' = 'active') {
    await storeMembership(tables, APP, userid, {
      state,
      why: state === 'active' ? 'status 1' : 'status 5',
      departments: [6, 2, 1],
      tags: [7],
      at: NOW,
    });
  }

  it('says which grant decided, and what became of the others', async () => {
    await member('lisi');
    await permissions(['grant', 'department:2', 'report:read', '--note', '技术部']);
    await permissions(['deny', 'department:6', '*']);
    await permissions(['deny', 'tag:7', 'report:read']);
    await permissions(['grant', 'user:lisi', 'report:read', '--until', '2026-06-01T12:30+08:00']);
    await permissions(['grant', 'user:lisi', 'other']);
    now += 3_600_000;
    const outcome = await permissions(['explain', 'LiSi', 'report:read']);
    expect(outcome.exit).toBe(3);
    expect(outcome.out).toBe(
      [
        'user:lisi 不可以使用 report:read',
        '  原因  department:6 的拒绝优先于任何允许',
        '  成员  在职（status 1），2026-06-01 12:00 读自企业微信，verify 会重新读取',
        '  部门  department:6（上级 department:2、department:1）',
        '  标签  tag:7',
        '',
        '┌──────────┬──────────────┬─────────────┬──────┬───────────────────────────────┬────────┐',
        '│          │ 授权对象     │ 权限        │ 效果 │ 有效期                        │ 备注   │',
        '├──────────┼──────────────┼─────────────┼──────┼───────────────────────────────┼────────┤',
        '│ 已过期   │ user:lisi    │ report:read │ 允许 │ 2026-06-01T12:30+08:00 已过期 │        │',
        '│ 决定     │ department:6 │ *           │ 拒绝 │ 长期                          │        │',
        '│ 被否决   │ department:2 │ report:read │ 允许 │ 长期                          │ 技术部 │',
        '│ 结果相同 │ tag:7        │ report:read │ 拒绝 │ 长期                          │        │',
        '└──────────┴──────────────┴─────────────┴──────┴───────────────────────────────┴────────┘',
      ].join('\n'),
    );
  });

  it('exits with 0 where the member may, and asks about access by default', async () => {
    await member('lisi');
    await permissions(['grant', 'everyone', 'access', '--yes']);
    const outcome = await permissions(['explain', 'user:lisi']);
    expect(outcome.exit).toBe(0);
    expect(outcome.out).toContain('user:lisi 可以使用 access');
    expect(outcome.out).toContain('everyone 的允许，且没有拒绝');
  });

  it('says that a member is gone, and why', async () => {
    await member('lisi', 'gone');
    await permissions(['grant', 'user:lisi', 'access']);
    const outcome = await permissions(['explain', 'lisi']);
    expect(outcome.exit).toBe(3);
    expect(outcome.out).toContain('成员已离职、被禁用、未激活，或应用看不到该成员');
    expect(outcome.out).toContain('不可用（status 5）');
    expect(outcome.out).toContain('│ 未用到 │');
  });

  it('says that nothing is known of a member yet, or that nothing is granted', async () => {
    expect((await permissions(['explain', 'lisi'])).out).toContain('verify 会先向企业微信读取');
    await member('lisi');
    expect((await permissions(['explain', 'lisi'])).out).toContain('没有适用的授权');
  });

  it('names the groups that could not be read, and says what that leads to', async () => {
    await permissions(['deny', 'tag:8', 'report:read']);
    await permissions(['grant', 'everyone', '*', '--yes']);
    await storeMembership(tables, APP, 'lisi', {
      departments: [6],
      at: NOW,
      groups: { ancestorsKnown: false, unknownTags: [8] },
    });
    const { exit, out } = await permissions(['explain', 'lisi', 'report:read']);
    expect(exit).toBe(3);
    expect(out).toContain('无法读取的拒绝按拒绝处理');
    expect(out).toContain('  无法读取  tag:8、上级部门');
    expect(await json('explain', 'lisi', 'report:read')).toMatchObject({
      reason: 'group-unreadable',
      unreadable: ['tag:8'],
      grants: [{ verdict: 'overruled' }, { verdict: 'decides', subject: 'tag:8' }],
    });
    expect((await permissions(['explain', 'lisi', 'other'])).exit).toBe(0);
  });

  it('says of a tag that was named only now that verify asks about it first', async () => {
    await member('lisi');
    await permissions(['deny', 'tag:8', 'report:read']);
    const { out } = await permissions(['explain', 'lisi', 'report:read']);
    expect(out).toContain('tag:8 有拒绝，而该成员是否属于它尚未读取，verify 会先向企业微信读取');
  });

  it('tells programs the same', async () => {
    await member('lisi');
    await permissions(['grant', 'tag:7', 'access']);
    expect(await json('explain', 'lisi')).toEqual({
      userid: 'lisi',
      permission: 'access',
      authorized: true,
      reason: 'allowed',
      member: 'active',
      why: 'status 1',
      readAt: '2026-06-01T04:00:00.000Z',
      subjects: ['user:lisi', 'department:6', 'department:2', 'department:1', 'tag:7', 'everyone'],
      unreadable: [],
      grants: [
        {
          verdict: 'decides',
          subject: 'tag:7',
          permission: 'access',
          effect: 'allow',
          by: `local:${userInfo().username}`,
          at: '2026-06-01T04:00:00.000Z',
        },
      ],
    });
  });
});

describe('import and export', () => {
  it('are each the inverse of the other', async () => {
    const csv = [
      'subject,permission,effect,until,note',
      'department:2,report:read,allow,,"技术部, 含下级"',
      'department:10,*,deny,2026-06-30,',
      'tag:7,access,allow,2026-06-01T18:30:15+08:00,"他说""可以"""',
      'user:lisi,access,allow,2027-01-31,',
    ].join('\n');
    expect(await permissions(['import', await file(csv)])).toMatchObject({ exit: 0 });
    expect((await permissions(['export'])).out).toBe(csv);
    const again = await permissions(['import', await file(csv)]);
    expect(again.out).toBe('已改变 0 项，4 项无需改变。');
    expect((await json('export')).grants).toHaveLength(4);
  });

  it('leave out expired grants, which an import refuses', async () => {
    await permissions(['grant', 'user:lisi', 'access', '--until', '2026-06-02']);
    await permissions(['grant', 'user:lisi', 'report:read']);
    now += 3 * 24 * 3_600_000;
    const { out } = await permissions(['export']);
    expect(out).not.toContain('access');
    expect(await permissions(['import', await file(out)])).toMatchObject({ exit: 0 });
    expect((await json('export')).grants).toHaveLength(2);
  });

  it('keep a note that a spreadsheet would take for a formula, and its spaces', async () => {
    for (const note of ['=cmd|calc!A1', " '-2 ", '＝1', '"@x",']) {
      await permissions(['grant', 'user:lisi', 'access', '--note', note]);
      const { out } = await permissions(['export']);
      expect(out).not.toMatch(/(^|,)"?[=+\-@＝]/m);
      await permissions(['revoke', 'user:lisi', 'access']);
      expect(await permissions(['import', await file(`${out}\n`)])).toMatchObject({ exit: 0 });
      expect((await json('list', 'user:lisi')).grants).toMatchObject([{ note }]);
    }
  });

  it('take what `npm run` without -s puts before an export', async () => {
    const csv = [
      '\n> wecom-auth@0.1.0 permissions',
      '> node commands/permissions.ts export\n',
      'subject,permission',
      'user:lisi,access',
    ].join('\n');
    expect(await permissions(['import', await file(csv)])).toMatchObject({ exit: 0 });
    expect((await permissions(['export'])).out).toContain('user:lisi,access,allow');
  });

  it('take what Excel writes: a byte order mark, CRLF, columns in another order', async () => {
    const csv = '\uFEFFnote,permission,subject\r\n"a\r\nb",access,user:lisi\r\n\r\n';
    const outcome = await permissions(['import', await file(csv)]);
    expect(outcome).toMatchObject({ exit: 2, err: expect.stringContaining('第 2 行') });
    const right = '\uFEFFnote,permission,subject\r\n你好,access,user:lisi\r\n\r\n';
    expect(await permissions(['import', await file(right)])).toMatchObject({ exit: 0 });
    expect((await json('list')).grants).toMatchObject([{ effect: 'allow', note: '你好' }]);
  });

  it('change only what differs, and nothing that is not in the file', async () => {
    await permissions(['grant', 'user:a', 'access']);
    await permissions(['grant', 'user:b', 'access']);
    const path = await file('subject,permission,effect\nuser:b,access,deny\nuser:c,access,\n');
    expect((await permissions(['import', path])).out).toContain('已改变 2 项。');
    const { grants } = await json('list');
    expect(grants).toMatchObject([
      { subject: 'user:a', effect: 'allow' },
      { subject: 'user:b', effect: 'deny' },
      { subject: 'user:c', effect: 'allow' },
    ]);
  });

  it('take hundreds of lines, and show the first twenty changes', async () => {
    const lines = Array.from({ length: 345 }, (_, at) => `user:u${at},access`);
    const path = await file(['subject,permission', ...lines].join('\n'));
    const { out } = await permissions(['import', path]);
    expect(out).toContain('……另有 325 项');
    expect(out).toContain('已改变 345 项。');
    expect((await json('list')).grants).toHaveLength(345);
  });

  it('refuse a file with all that is wrong in it, and change nothing', async () => {
    const path = await file(
      [
        'subject,permission,effect,until,note',
        'user:lisi,access,allow,,',
        'user:,access,,,',
        'user:lisi,Access,,,',
        'user:lisi,other,maybe,,',
        'user:lisi,other,,2026-02-30,',
        `user:lisi,other,,,${'x'.repeat(201)}`,
        'user:LISI,access,deny,,',
        'user:lisi,other,allow,,,more',
        'user:lisi',
      ].join('\n'),
    );
    const { exit, err } = await permissions(['import', path]);
    expect(exit).toBe(2);
    const problems = err.split('\n');
    expect(problems[0]).toBe('8 行有误，什么都没有改变：');
    for (let line = 3; line <= 10; line++) expect(problems[line - 2]).toContain(`第 ${line} 行`);
    expect((await json('list')).grants).toEqual([]);
  });

  it('stop reading a file after 5000 wrong lines', async () => {
    const path = await file(`subject,permission\n${'lisi,access\n'.repeat(20_000)}`);
    const { exit, err } = await permissions(['import', path]);
    expect([exit, err.split('\n')[0]]).toEqual([2, '至少 5000 行有误，什么都没有改变：']);
  });

  it('name the lines of a file as an editor counts them, empty ones too', async () => {
    const path = await file(
      'subject,permission,note\n\nuser:lisi,access,ok\r\n\r\n,,\nlisi,access\n\n',
    );
    const { exit, err } = await permissions(['import', path]);
    expect(exit).toBe(2);
    expect(err).toContain('第 5 行  无法识别的授权对象：（');
    expect(err).toContain('第 6 行  无法识别的授权对象：lisi（');
  });

  it.each([
    ['', '第一行应为列名'],
    ['user:lisi,access', '第一行应为列名'],
    ['subject,permission,role\nuser:lisi,access,x', '第一行应为列名'],
    ['subject,subject,permission\na,b,c', '第一行应为列名'],
    [
      'subject,permission\n"user:lisi,access',
      '第 2 行  文件不是合法的 CSV：这里开始的引号没有结束',
    ],
    ['subject,permission\nuser:"lisi",access', '第 2 行  文件不是合法的 CSV：引号只能在'],
    ['subject,permission\n"user:lisi"x,access', '第 2 行  文件不是合法的 CSV：引号只能在'],
    ['\n> npm\n> node\n\nsubject,permission\nuser:lisi,"', '第 6 行  文件不是合法的 CSV'],
    ['subject,permission,until\nuser:lisi,access,2020-01-01', '第 2 行  until 已经过去'],
    ['subject,permission,until\nuser:a,b,\nuser:a,access,2026-06-01T12:00+08:00', '第 3 行  until'],
    [Buffer.from('subject,permission\nuser:\xb1\xb8\xd7\xa2', 'latin1'), '“CSV UTF-8（逗号分隔）'],
    [Buffer.from('subject,permission,note\nuser:lisi,access,\xb1\xb8\xd7\xa2', 'latin1'), 'UTF-8'],
  ])('refuse what is no such file (%#)', async (content, message) => {
    const outcome = await permissions(['import', await file(content)]);
    expect(outcome).toMatchObject({ exit: 2, err: expect.stringContaining(message) });
  });

  it('refuse a file that is not there', async () => {
    const outcome = await permissions(['import', join(directory, 'nothing.csv')]);
    expect(outcome).toMatchObject({ exit: 2, err: expect.stringContaining('ENOENT') });
  });
});

describe('a command that is not understood', () => {
  it.each([
    ['grand', 'user:lisi', 'access'],
    ['constructor'],
    ['__proto__'],
    ['grant', 'user:lisi'],
    ['grant', 'user:lisi', 'access', 'more'],
    ['grant', 'lisi', 'access'],
    ['grant', 'user:lisi', 'ACCESS'],
    ['grant', 'user:lisi', 'access', '--until', 'tomorrow'],
    ['grant', 'user:lisi', 'access', '--until', '2026-02-30'],
    ['grant', 'user:lisi', 'access', '--until', '2026-13-01'],
    ['grant', 'user:lisi', 'access', '--until', '2026-06-30T25:00+08:00'],
    ['grant', 'user:lisi', 'access', '--until', '2020-01-01'],
    ['grant', 'user:lisi', 'access', '--note', 'a\nb'],
    ['grant', 'user:lisi', 'access', '--forever'],
    ['revoke', 'user:lisi', 'access', '--note', 'x'],
    ['list', 'nobody'],
    ['explain'],
    ['explain', 'user:-x'],
    ['explain', 'lisi', '*'],
    ['history'],
    ['import'],
    ['export', 'file'],
    ['list', '--stage', 'a b'],
  ])('%s %s %s %s %s: exit code 2, and nothing is changed', async (...argv) => {
    const outcome = await permissions(argv.filter((part) => part !== undefined));
    expect(outcome.exit).toBe(2);
    expect(outcome.err).toContain('npm run permissions -- --help');
    expect((await json('list')).grants).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it('with the table is told in a sentence', async () => {
    tables.front.fail('throttled');
    const outcome = await permissions(['list']);
    tables.front.fail(undefined);
    expect(outcome).toMatchObject({ exit: 1, out: '' });
    expect(outcome.err).toContain('ProvisionedThroughputExceededException');
    expect(outcome.err).toContain('npm start');
  });

  it('because somebody else changed the grant meanwhile is exit code 5', async () => {
    const both = await Promise.all([
      permissions(['grant', 'user:lisi', 'access']),
      permissions(['deny', 'user:lisi', 'access']),
    ]);
    const exits = both.map(({ exit }) => exit);
    expect([...exits].sort()).toEqual([0, 5]);
    expect(both.find(({ exit }) => exit === 5)?.err).toContain('有人同时改了这条授权');
  });

  it('because grants name too many tags is told', async () => {
    const lines = Array.from({ length: 101 }, (_, at) => `tag:${at + 1},access`);
    const path = await file(['subject,permission', ...lines].join('\n'));
    const outcome = await permissions(['import', path]);
    expect(outcome).toMatchObject({ exit: 1, err: expect.stringContaining('100') });
    expect((await json('list')).grants.length).toBeLessThanOrEqual(100);
  });
});

describe('the language', () => {
  it.each([
    [{ LANG: 'zh_CN.UTF-8' }, '没有授权。'],
    [{ LANG: 'zh_TW' }, '没有授权。'],
    [{ LANG: 'en_GB.UTF-8' }, 'There are no grants.'],
    [{ LANG: 'C' }, 'There are no grants.'],
    [{}, 'There are no grants.'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, 'There are no grants.'],
    [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'zh_CN.UTF-8' }, '没有授权。'],
  ])('with %j says %s', async (locale, text) => {
    environment = { AWS_ENDPOINT_URL_DYNAMODB: tables.front.url, ...locale };
    expect((await permissions(['list'])).out).toBe(text);
  });

  it('of the help is both, and every command and exit code is in each', async () => {
    const chinese = (await permissions(['--help'])).out;
    environment = {};
    const english = (await permissions([])).out;
    for (const help of [chinese, english]) {
      for (const command of 'grant deny revoke list explain history import export'.split(' ')) {
        expect(help).toContain(`npm run permissions -- ${command} `.trimEnd());
      }
      for (const option of 'stage region table until note dry-run yes json help'.split(' ')) {
        expect(help).toContain(`--${option}`);
      }
    }
    expect(chinese).not.toBe(english);
  });
});

describe('node commands/permissions.ts', () => {
  it('is the command, and asks nobody when it has no terminal', async () => {
    const outcome = await new Promise<{ code: unknown; stdout: string; stderr: string }>(
      (resolve) => {
        const argv = ['commands/permissions.ts', 'grant', 'everyone', 'access', '--json'];
        const env = { ...process.env, ...environment };
        execFile(process.execPath, argv, { env }, (error, stdout, stderr) =>
          resolve({ code: error?.code, stdout, stderr }),
        );
      },
    );
    expect(outcome).toEqual({ code: 4, stdout: '', stderr: expect.stringContaining('--yes') });
  });
});
