import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ExitError } from '../../commands/administration/exit.ts';
import { parseOptions } from '../../commands/administration/options.ts';

const OPTIONS = {
  stage: { type: 'string', default: 'local' },
  region: { type: 'string' },
  until: { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true },
  yes: { type: 'boolean', short: 'y', default: false },
} as const;

function refusal(argv: readonly string[]) {
  try {
    return parseOptions(argv, {}, OPTIONS).values;
  } catch (error) {
    return error instanceof ExitError ? { exit: error.exitCode, ...error.text } : error;
  }
}

describe('an option', () => {
  it.each([
    ['is unknown', ['--stag', 'x'], '没有选项 --stag', 'There is no option --stag'],
    ['is unknown and short', ['-x'], '没有选项 -x', 'There is no option -x'],
    [
      'has the name of a method',
      ['--constructor'],
      '没有选项 --constructor',
      'There is no option --constructor',
    ],
    ['has no value', ['grant', '--until'], '--until 缺少值', '--until needs a value'],
    ['is followed by another', ['--until', '--yes'], '--until 缺少值', '--until needs a value'],
    ['has an empty value', ['--until', ''], '--until 的值为空', '--until is empty'],
    ['has an empty value after =', ['--until='], '--until 的值为空', '--until is empty'],
    ['is given twice', ['--stage', 'a', '--stage=b'], '--stage 重复', '--stage is given twice'],
    ['takes no value and has one', ['--yes=no'], '--yes 不带值', '--yes takes no value'],
    [
      'names no region',
      ['--region', 'Frankfurt am Main'],
      '--region 不是 AWS 区域：Frankfurt am Main',
      '--region is not an AWS region: Frankfurt am Main',
    ],
  ])('is refused that %s', (_what, argv, zh, en) => {
    expect(refusal(argv)).toEqual({ exit: 2, zh, en });
  });

  it('may be repeated if it takes several values, or none', () => {
    const argv = ['--redirect-uri=https://a/', '--redirect-uri', 'https://b/', '-y', '--yes'];
    expect(parseOptions(argv, {}, OPTIONS).values).toMatchObject({
      'redirect-uri': ['https://a/', 'https://b/'],
      yes: true,
    });
  });
});

function command(name: string, argv: readonly string[], PORT = '1') {
  return new Promise<{ exit: number; out: string; err: string }>((settle) => {
    execFile(
      process.execPath,
      [`commands/${name}.ts`, ...argv],
      // Nothing answers there: a command that goes on fails.
      { env: { PATH: process.env['PATH'], LC_ALL: 'zh_CN.UTF-8', PORT } },
      (error, out, err) => settle({ exit: Number(error?.code ?? 0), out, err }),
    );
  });
}

const usage = (name: string) => `用法：npm run ${name} -- --help\n`;

describe.each([
  ['permissions', ['list']],
  ['clients', ['list']],
  ['sessions', ['list']],
  ['keys', ['list']],
  ['why', ['user:lisi']],
])('npm run %s', (name, argv) => {
  it('refuses an odd option in a sentence', async () => {
    const err = `--region 的值为空\n${usage(name)}`;
    expect(await command(name, [...argv, '--region='])).toEqual({ exit: 2, out: '', err });
  });

  it('refuses options without anything to do', async () => {
    const err = `只有选项，没有说明要做什么\n${usage(name)}`;
    expect(await command(name, ['--stage', 'prod'])).toEqual({ exit: 2, out: '', err });
  });

  it('refuses a port that is none', async () => {
    const err = `PORT 应为 1 到 65000 的端口，而不是 3000x\n${usage(name)}`;
    expect(await command(name, argv, '3000x')).toEqual({ exit: 2, out: '', err });
  });

  it('prints its help without arguments', async () => {
    const out = expect.stringContaining(`npm run ${name} -- `);
    expect(await command(name, [])).toEqual({ exit: 0, out, err: '' });
  });
});

describe.each(['setup', 'doctor'])('npm run %s', (name) => {
  it.each([
    [['--region='], '--region 的值为空'],
    [['prod'], '多余的参数：prod'],
  ])('refuses %j in a sentence', async (argv, text) => {
    const err = `${text}\n${usage(name)}`;
    expect(await command(name, argv)).toEqual({ exit: 2, out: '', err });
  });
});
