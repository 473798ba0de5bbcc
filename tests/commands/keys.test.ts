import { execFile } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ssm, startSsm } from '../../local/ssm/start.ts';
import { datedProxy } from '../harness/datedProxy.ts';
import { storedParameter } from '../harness/storedParameter.ts';

const PARAMETER = '/wecom-auth/local/session-keys';

let ssm: Ssm;
let environment: NodeJS.ProcessEnv;

beforeEach(async () => {
  ssm = await startSsm();
  environment = { LC_ALL: 'C' };
});

afterEach(() => ssm.close());

function keys(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['commands/keys.ts', ...args],
      { env: { ...process.env, AWS_ENDPOINT_URL_SSM: ssm.url, ...environment } },
      (error, out, err) => resolve({ exitCode: Number(error?.code ?? 0), out, err }),
    );
  });
}

interface Row {
  kid: string;
  does: string;
  signsFrom: string;
  publishedUntil?: string;
}
const list = async (): Promise<Row[]> => JSON.parse((await keys('list', '--json')).out);
const stored = () => storedParameter(ssm.url, PARAMETER);

describe('npm run keys', () => {
  it('creates the first key, once, as a SecureString', async () => {
    expect((await keys('create')).exitCode).toBe(0);
    const [first] = await list();
    expect(first).toMatchObject({ does: 'signs' });
    expect(await stored()).toMatchObject({ Type: 'SecureString', Version: 1 });
    const again = await keys('create');
    expect(again.exitCode).toBe(0);
    expect(again.out).toContain(first?.kid ?? 'a key');
    expect(await stored()).toMatchObject({ Version: 1 });
  });

  it('rotates: the new key will sign, the old one has an end; again, and nothing changes', async () => {
    await keys('rotate');
    const [first] = await list();
    expect((await keys('rotate')).exitCode).toBe(0);
    const [old, next] = await list();
    expect(old).toMatchObject({ kid: first?.kid, does: 'signs' });
    expect(next).toMatchObject({ does: 'will sign' });
    expect(Date.parse(next?.signsFrom ?? '') - Date.now()).toBeGreaterThan(149 * 60_000);
    // As long as the provider's sessions, whose cookies it signs: they are the longer ones.
    expect(Date.parse(old?.publishedUntil ?? '') - Date.parse(next?.signsFrom ?? '')).toBe(
      43_505_000,
    );
    const before = await stored();
    const again = await keys('rotate');
    expect(again.out).toContain('under way');
    expect(await stored()).toEqual(before);
  });

  it('rotates at once where nobody remembers keys', async () => {
    await keys('create');
    await keys('rotate', '--ahead', '0');
    expect((await list()).map(({ does }) => does)).toEqual(['checks only', 'signs']);
  });

  it('replaces a leaked key only when told that every session ends', async () => {
    await keys('create');
    const [leaked] = await list();
    const hesitant = await keys('replace');
    expect(hesitant.exitCode).toBe(2);
    expect(hesitant.err).toContain('--yes');
    await keys('replace', '--yes');
    const after = await list();
    expect(after).toHaveLength(1);
    expect(after[0]?.kid).not.toBe(leaked?.kid);
  });

  it('keeps as many keys as a parameter can hold, and says when there is room again', async () => {
    await keys('create');
    for (let at = 0; at < 3; at++) await keys('rotate', '--ahead', '0');
    const before = await stored();
    const full = await keys('rotate', '--ahead', '0');
    expect(full.exitCode).toBe(1);
    expect(full.err).toMatch(/Rotate again after \d{4}-/);
    expect(await stored()).toEqual(before);
  });

  it('never shows a private part', async () => {
    const shown = [
      await keys('create'),
      await keys('rotate'),
      await keys('list'),
      await keys('list', '--json'),
    ];
    const { keys: privateKeys } = JSON.parse((await stored()).Value ?? '');
    const all = JSON.stringify(shown);
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi']) {
      expect(privateKeys[0][name]).toMatch(/^[\w-]{100,}$/);
      for (const key of privateKeys) expect(all).not.toContain(key[name]);
    }
  });

  it('says what is wrong, and where help is', async () => {
    expect(await keys('list')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('no keys'),
    });
    for (const args of [
      ['frobnicate'],
      ['list', 'more'],
      ['list', '--stag', 'x'],
      ['rotate', '--ahead', '-1'],
      ['list', '--stage', 'a/b'],
      ['list', '--yes'],
      ['create', '--ahead', '5'],
      ['rotate', '--json'],
      ['help', '--stage'],
    ]) {
      expect(await keys(...args)).toMatchObject({
        exitCode: 2,
        out: '',
        err: expect.stringContaining('--help'),
      });
    }
    expect(await keys('--help')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('rotate   create a new key'),
    });
  });

  it('prints Chinese texts to a Chinese reader', async () => {
    environment = { LC_ALL: 'zh_CN.UTF-8' };
    expect((await keys('--help')).out).toContain('用法：npm run keys');
    expect((await keys('list', '--stage', 'pord')).err).toContain('没有环境 pord');
  });

  it('makes no keys for a stage that has no file', async () => {
    for (const stage of ['pord', 'default', '../stages/prod']) {
      for (const args of [['replace', '--yes'], ['create'], ['rotate'], ['list']]) {
        expect(await keys(...args, '--stage', stage)).toMatchObject({
          exitCode: 2,
          out: '',
          err: expect.stringContaining('Stages: local, prod.'),
        });
      }
    }
    expect(ssm.calls).toEqual([]);
  });

  it('does not touch keys that it cannot read', async () => {
    ssm.put(PARAMETER, '{"keys":"?"}');
    for (const args of [['create'], ['rotate'], ['replace', '--yes']]) {
      const { exitCode, err } = await keys(...args);
      expect(exitCode).toBe(1);
      expect(err).toContain('cannot be read');
    }
    expect(await stored()).toMatchObject({ Version: 1 });
  });

  it.each([
    ['ahead of', 3],
    ['behind', -3],
  ])('dates keys by the clock of AWS where that of this machine is %s it', async (where, hours) => {
    const aheadMs = hours * 3_600_000;
    const { url } = await datedProxy(ssm.url, -aheadMs);
    environment = { LC_ALL: 'C', AWS_ENDPOINT_URL_SSM: url };
    const aws = () => Date.now() - aheadMs;
    const first = await keys('create');
    expect(first.err).toMatch(RegExp(`clock is (10799|1080[01]) s ${where} AWS`));
    await keys('rotate');
    const [old, next] = await list();
    expect(old?.does).toBe('signs');
    expect(Math.abs(Date.parse(old?.signsFrom ?? '') - aws())).toBeLessThan(60_000);
    expect(Math.abs(Date.parse(next?.signsFrom ?? '') - aws() - 9_000_000)).toBeLessThan(60_000);
  });

  it('says so when the local stack does not run', async () => {
    await ssm.close();
    expect(await keys('list')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('npm start'),
    });
  });

  it.each([
    ['without credentials', { AWS_PROFILE: 'nobody' }, 'Sign in to AWS'],
    [
      'without a network',
      {
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_ENDPOINT_URL_SSM: 'http://ssm.invalid',
      },
      'Check the network',
    ],
    [
      'behind a proxy that is down',
      {
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:1',
      },
      'AWS cannot be reached from this machine',
    ],
  ])('says what to do %s', async (_what, more, remedy) => {
    environment = { AWS_EC2_METADATA_DISABLED: 'true', ...more };
    const { exitCode, err } = await keys('list', '--stage', 'prod');
    expect(err).toContain(remedy);
    expect(err).not.toContain('npm start');
    expect(exitCode).toBe(1);
  });
});
