import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Ssm, startSsm } from '../../local/ssm/start.ts';
import { type Aws, startAws } from '../harness/aws.ts';
import { storedParameter } from '../harness/storedParameter.ts';

const SECRET = 'a-Secret-of-43-letters-that-opens-nothing-0';
const TOKEN = 'TokenOfTheTest';
const KEY = 'abcdefghijABCDEFGHIJ0123456789abcdefghij012';

let ssm: Ssm;
let aws: Aws;
let directory: string;

beforeEach(async () => {
  ssm = await startSsm();
  aws = await startAws();
  // The command edits a stage's file: it gets a copy.
  directory = mkdtempSync(join(tmpdir(), 'wecom-auth-setup-'));
  cpSync('stages', join(directory, 'stages'), { recursive: true });
  cpSync('resources', join(directory, 'resources'), { recursive: true });
  cpSync('serverless.yml', join(directory, 'serverless.yml'));
});

afterEach(async () => {
  rmSync(directory, { recursive: true });
  await Promise.all([ssm.close(), aws.close()]);
});

/** An answer to each question, by a word of it; `''` is Enter. */
type Answers = readonly (readonly [question: string, answer: string])[];

const environmentOf = (language: string) => ({
  LANG: language,
  LC_ALL: '',
  AWS_ENDPOINT_URL_SSM: ssm.url,
  AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});

/** Runs the command; types each answer when its question is asked. */
function setup(answers: Answers, args = ['--stage', 'prod'], language = 'en_US.UTF-8') {
  const child = spawn(process.execPath, [resolve('commands/setup.ts'), ...args], {
    cwd: directory,
    env: { ...process.env, ...environmentOf(language) },
  });
  let printed = '';
  let seen = 0;
  const waiting = [...answers];
  const read = (chunk: Buffer) => {
    printed += stripVTControlCharacters(String(chunk));
    const [next] = waiting;
    if (next === undefined) return;
    const at = printed.indexOf(next[0], seen);
    if (at < 0) return;
    seen = at + next[0].length;
    waiting.shift();
    child.stdin.write(`${next[1]}\n`);
    if (waiting.length === 0) child.stdin.end();
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  if (answers.length === 0) child.stdin.end();
  return new Promise<{ exitCode: number | null; printed: string; unasked: number }>((done) =>
    child.once('close', (exitCode) => done({ exitCode, printed, unasked: waiting.length })),
  );
}

const FIRST: Answers = [
  ['CorpID', 'ww0a1b2c3d4e5f6a7b'],
  ['AgentId', '1000002'],
  ['Redirect URIs', 'https://portal.mycompany.cn/ https://wiki.mycompany.cn/signed-in'],
  ['WW_verify_', 'abcdefgh12345678'],
  ['Secret of the app', SECRET],
  ['Set up 接收消息', 'y'],
  ['Token', TOKEN],
  ['EncodingAESKey', KEY],
  ['Set up 通讯录同步', 'n'],
];

/** Enter to everything. */
const KEEP: Answers = [
  ['CorpID', ''],
  ['AgentId', ''],
  ['Redirect URIs', ''],
  ['WW_verify_', ''],
  ['Secret of the app (Enter keeps', ''],
  ['Replace the keys of 接收消息', ''],
  ['Set up 通讯录同步', ''],
];

const parameter = (name: string) => storedParameter(ssm.url, `/wecom-auth/prod/${name}`);
const stageText = (stage = 'prod') => readFileSync(join(directory, `stages/${stage}.yml`), 'utf8');

describe('npm run setup', () => {
  it('puts each answer where it belongs', async () => {
    const { exitCode, unasked } = await setup(FIRST);
    expect({ exitCode, unasked }).toEqual({ exitCode: 0, unasked: 0 });
    expect(await parameter('app-secret')).toMatchObject({ Type: 'SecureString', Value: SECRET });
    expect(JSON.parse((await parameter('callback-app')).Value ?? '')).toEqual({
      token: TOKEN,
      encodingAesKey: KEY,
    });
    expect(JSON.parse((await parameter('session-keys')).Value ?? '').keys).toHaveLength(1);
    await expect(parameter('callback-contacts')).rejects.toThrow();
    expect(parse(stageText())).toMatchObject({
      corpId: 'ww0a1b2c3d4e5f6a7b',
      agentId: '1000002',
      corsOrigins: ['https://portal.mycompany.cn', 'https://wiki.mycompany.cn'],
      egress: 'fixed',
    });
    expect(stageText()).toContain('https://wiki.mycompany.cn');
    expect(stageText()).toContain('domainProof: abcdefgh12345678');
    expect(stageText()).toContain('# 应用管理 → the app → AgentId');
    expect(stageText()).not.toContain('example.com');
  });

  it('leaves a stage that can be deployed', async () => {
    await setup(FIRST);
    const check = spawn(process.execPath, [resolve('commands/checkStage.ts'), '--stage', 'prod'], {
      cwd: directory,
    });
    expect(await new Promise((done) => check.once('close', done))).toBe(0);
  });

  it('run twice changes nothing, whether answered with Enter or with the same again', async () => {
    await setup(FIRST);
    const names = ['app-secret', 'callback-app', 'session-keys'];
    const before = [stageText(), ...(await Promise.all(names.map(parameter)))];
    for (const answers of [
      KEEP,
      [
        ...FIRST.slice(0, 5),
        ['Replace the keys of 接收消息', 'y'],
        ...FIRST.slice(6),
      ] satisfies Answers,
    ]) {
      const { exitCode, unasked, printed } = await setup(answers);
      expect({ exitCode, unasked }).toEqual({ exitCode: 0, unasked: 0 });
      expect(printed).not.toContain('  written');
      expect([stageText(), ...(await Promise.all(names.map(parameter)))]).toEqual(before);
    }
  });

  it('never shows a secret', async () => {
    const { printed } = await setup(FIRST);
    for (const hidden of [SECRET, TOKEN, KEY]) expect(printed).not.toContain(hidden);
    expect(printed).not.toContain('"d":');
  });

  it('asks again until an answer can be right', async () => {
    const { exitCode, printed } = await setup([
      ['CorpID', '?'],
      ['is not a CorpID', '\x7fww0a1b2c3d4e5f6a7b'],
      ...FIRST.slice(1),
    ]);
    expect(printed).toContain('corpId is not a CorpID');
    expect(exitCode).toBe(0);
  });

  it("prints what to enter in WeCom's console: what is known now, and the rest later", async () => {
    const before = await setup(FIRST);
    expect(before.printed).toContain('portal.mycompany.cn wiki.mycompany.cn');
    expect(before.printed).toContain('known after npm run deploy');
    aws.outputs = { ApiUrl: 'https://abc.execute-api.example', EgressIp: '203.0.113.9' };
    const { printed } = await setup(KEEP);
    for (const entry of [
      '203.0.113.9',
      'https://abc.execute-api.example/api/wecom/callback/app',
      'https://abc.execute-api.example/api/wecom/callback/contacts',
      'https://abc.execute-api.example/WW_verify_abcdefgh12345678.txt',
    ]) {
      expect(printed).toContain(entry);
    }
  });

  it('makes the file of a new stage', async () => {
    const { exitCode } = await setup(FIRST, ['--stage', 'staging']);
    expect(exitCode).toBe(0);
    expect(parse(stageText('staging'))).toMatchObject({ corpId: 'ww0a1b2c3d4e5f6a7b' });
    expect(parse(stageText())).toMatchObject({ corpId: '' });
  });

  it('changes nothing when it is left', async () => {
    const before = stageText();
    const { exitCode, printed } = await setup(FIRST.slice(0, 2));
    expect(exitCode).toBe(1);
    expect(printed).toContain('Nothing was changed');
    expect(stageText()).toBe(before);
    await setup([], ['--stage', 'staging']);
    expect(existsSync(join(directory, 'stages/staging.yml'))).toBe(false);
  });

  it('reports an input that ends too early, and changes nothing', async () => {
    const before = stageText();
    const args = [resolve('commands/setup.ts'), '--stage', 'prod'];
    const env = { ...process.env, ...environmentOf('en_US.UTF-8') };
    const child = spawn(process.execPath, args, {
      cwd: directory,
      env,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    // All at once, as from a file: the first question reads it to its end.
    child.stdin?.end('ww0a1b2c3d4e5f6a7b\n1000002\n');
    let printed = '';
    child.stderr.on('data', (chunk) => {
      printed += chunk;
    });
    expect(await new Promise((done) => child.once('close', done))).toBe(1);
    expect(printed.trim()).toBe('Not every question was answered. Nothing was changed.');
    expect(stageText()).toBe(before);
  });

  it('asks in Chinese where the reader is Chinese', async () => {
    const { printed } = await setup([], ['--stage', 'prod'], 'zh_CN.UTF-8');
    expect(printed).toContain('我的企业 → 企业信息');
    expect(printed).toContain('未做任何修改');
  });

  it('says which stage it needs', async () => {
    expect(await setup([], [])).toMatchObject({
      exitCode: 2,
      printed: expect.stringContaining('--stage prod'),
    });
    expect(await setup([], ['--stage', 'local'])).toMatchObject({
      exitCode: 2,
      printed: expect.stringContaining('npm start'),
    });
    for (const stage of ['default', 'Prod', '../x']) {
      expect((await setup([], ['--stage', stage])).exitCode).toBe(2);
    }
  });
});
