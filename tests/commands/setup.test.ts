import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Ssm, startSsm } from '../../local/ssm/start.ts';
import { type Answers, answering } from '../harness/answering.ts';
import { type Aws, startAws } from '../harness/aws.ts';
import { datedProxy } from '../harness/datedProxy.ts';
import { allowsAction } from '../harness/examplePolicy.ts';
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
  return answering(child, answers);
}

const FIRST: Answers = [
  ['CorpID', 'ww0a1b2c3d4e5f6a7b'],
  ['AgentId', '1000002'],
  ['Redirect URIs', 'https://portal.mycompany.cn/ https://wiki.mycompany.cn/signed-in'],
  ['WW_verify_', 'abcdefgh12345678'],
  ['alarms', 'operator@mycompany.cn'],
  ['KMS key', ''],
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
  ['alarms', ''],
  ['KMS key', ''],
  ['Secret of the app (Enter keeps', ''],
  ['Replace the keys of 接收消息', ''],
  ['Set up 通讯录同步', ''],
];

const parameter = (name: string) => storedParameter(ssm.url, `/wecom-auth/prod/${name}`);
const stageText = (stage = 'prod') => readFileSync(join(directory, `stages/${stage}.yml`), 'utf8');

const KEY_ARN = 'arn:aws:kms:ap-southeast-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';

/** The KMS keys of the stage's parameters. */
async function keys() {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SSMClient({ endpoint: ssm.url, region: 'local', credentials });
  const { Parameters = [] } = await client.send(new DescribeParametersCommand());
  client.destroy();
  return Object.fromEntries(
    Parameters.map(({ Name = '', KeyId }) => [Name.replace('/wecom-auth/prod/', ''), KeyId]),
  );
}

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
    expect(stageText()).toContain('alarmEmail: operator@mycompany.cn');
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
        ...FIRST.slice(0, 7),
        ['Replace the keys of 接收消息', 'y'],
        ...FIRST.slice(8),
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

  it('refuses while it asks what deploy would refuse', async () => {
    const { exitCode, printed } = await setup([
      ...FIRST.slice(0, 2),
      ['Redirect URIs', 'https://*.mycompany.cn/'],
      ['without *', `${'\x7f'.repeat(24)}${FIRST[2]?.[1]}`],
      ...FIRST.slice(3),
    ]);
    expect(exitCode).toBe(0);
    expect(printed).toContain('redirectUris must be whole addresses, without *');
    expect(parse(stageText())['corsOrigins']).toEqual([
      'https://portal.mycompany.cn',
      'https://wiki.mycompany.cn',
    ]);
  });

  it('mends an origin that it once wrote and deploy refuses', async () => {
    await setup(FIRST);
    const broken = stageText().replace(
      '- https://wiki',
      '- https://*.mycompany.cn\n  - https://wiki',
    );
    writeFileSync(join(directory, 'stages/prod.yml'), broken);
    expect((await setup(KEEP)).exitCode).toBe(0);
    expect(parse(stageText())['corsOrigins']).toEqual([
      'https://portal.mycompany.cn',
      'https://wiki.mycompany.cn',
    ]);
  });

  it('writes nothing if deploy would refuse the result, and says why', async () => {
    const file = join(directory, 'stages/prod.yml');
    writeFileSync(file, `${stageText()}\nlogRetentionDays: 31\n`);
    const before = stageText();
    const { exitCode, printed } = await setup(FIRST.slice(0, 6));
    expect(exitCode).toBe(2);
    expect(printed).toContain('✗ logRetentionDays must be one of');
    expect(printed).toContain('Nothing was changed');
    expect(stageText()).toBe(before);
    await expect(parameter('app-secret')).rejects.toThrow();
  });

  it('says what was written where it fails half way', async () => {
    // SSM takes the app's secret, and refuses what comes after it.
    ssm.put('/wecom-auth/prod/callback-app', 'x'.repeat(10), 'String');
    const half = await setup(
      FIRST.map(([question, answer]) => [question.replace('Set up 接收', 'keys of 接收'), answer]),
    );
    expect(half.exitCode).toBe(1);
    expect(half.printed).toMatch(
      / {2}written {5}stages\/prod\.yml\n {2}written {5}\/wecom-auth\/prod\/app-secret\n/,
    );
    expect(half.printed).toContain('What is listed above is done, and nothing else was written');
    await expect(parameter('session-keys')).rejects.toThrow();
  });

  it("prints what to enter in WeCom's console: what is known now, and the rest later", async () => {
    const before = await setup(FIRST);
    expect(before.printed).toContain('portal.mycompany.cn wiki.mycompany.cn');
    expect(before.printed).toContain('known after npm run deploy');
    expect(before.printed).not.toContain('admin:permissions');
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

  it("says how the console's first administrator is made, where the stage has a console", async () => {
    const command = 'npm run permissions -- grant user:<userid> admin:permissions --stage prod';
    const domain = [
      'domainName: portal.mycompany.cn',
      'certificateArn: arn:aws:acm:ap-southeast-1:123456789012:certificate/0a1b2c3d',
    ];
    writeFileSync(join(directory, 'stages/prod.yml'), [stageText(), ...domain, ''].join('\n'));
    const onOneHost = FIRST.map(([question, answer]) =>
      question === 'Redirect URIs'
        ? ([question, 'https://portal.mycompany.cn/'] as const)
        : ([question, answer] as const),
    );
    const { exitCode, printed } = await setup(onOneHost);
    expect(exitCode).toBe(0);
    expect(printed).toContain(command);
  });

  it('makes the file of a new stage', async () => {
    const { exitCode } = await setup(FIRST, ['--stage', 'staging']);
    expect(exitCode).toBe(0);
    expect(parse(stageText('staging'))).toMatchObject({ corpId: 'ww0a1b2c3d4e5f6a7b' });
    expect(parse(stageText())).toMatchObject({ corpId: '' });
  });

  it('gives a new stage nothing that only one stage can have', async () => {
    const own = {
      domainName: 'portal.mycompany.cn',
      certificateArn: 'arn:aws:acm:ap-southeast-1:123456789012:certificate/0a1b2c3d',
      sessionIssuer: 'https://portal.mycompany.cn',
      domainProof: 'abcdefgh12345678',
      egressAllocationId: 'eipalloc-0a1b2c3d4e5f60718',
      egressIp: '203.0.113.9',
    };
    const lines = Object.entries(own).map(([name, value]) => `${name}: ${value}`);
    const kept = '# A comment.\nthrottleRate: 50\nopenidProvider: true';
    writeFileSync(join(directory, 'stages/prod.yml'), [stageText(), ...lines, kept, ''].join('\n'));
    const withoutProof = FIRST.map(([question, answer]) =>
      question === 'WW_verify_' ? ([question, ''] as const) : ([question, answer] as const),
    );
    const { exitCode, printed } = await setup(withoutProof, ['--stage', 'staging']);
    expect(exitCode).toBe(0);
    const staging = parse(stageText('staging'));
    for (const name of [...Object.keys(own), 'openidProvider']) {
      expect(staging).not.toHaveProperty(name);
    }
    expect(staging).toMatchObject({ egress: 'fixed', throttleRate: 50 });
    expect(stageText('staging')).toContain('# A comment.');
    expect(printed).toContain(
      'Not copied from prod: domainName, certificateArn, sessionIssuer, domainProof, openidProvider, egressAllocationId, egressIp.',
    );
    // An existing stage keeps its own.
    expect(parse(stageText())).toMatchObject(own);
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

  it.each([
    // All at once, as from a file: the first question reads it to its end.
    ['ends too early', 'ww0a1b2c3d4e5f6a7b\n1000002\n'],
    ['is not there', undefined],
  ])('reports an input that %s, and changes nothing', async (_what, input) => {
    const before = stageText();
    const args = [resolve('commands/setup.ts'), '--stage', 'prod'];
    const child = spawn(process.execPath, args, {
      cwd: directory,
      env: { ...process.env, ...environmentOf('en_US.UTF-8') },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe'],
    });
    child.stdin?.end(input);
    let printed = '';
    child.stderr?.on('data', (chunk) => {
      printed += chunk;
    });
    expect(await new Promise((done) => child.once('close', done))).toBe(1);
    expect(printed).toContain('Not every question was answered');
    expect(printed).toContain('Nothing was changed. In a script use --from or --no-input');
    expect(printed).not.toContain('top-level await');
    expect(stageText()).toBe(before);
  });

  it('asks in Chinese where the reader is Chinese', async () => {
    const { printed } = await setup([], ['--stage', 'prod'], 'zh_CN.UTF-8');
    expect(printed).toContain('我的企业 → 企业信息');
    expect(printed).toContain('未做任何修改');
  });

  describe('in a script', () => {
    const ANSWERS = {
      corpId: 'ww0a1b2c3d4e5f6a7b',
      agentId: '1000002',
      redirectUris: ['https://portal.mycompany.cn/', 'https://wiki.mycompany.cn/signed-in'],
      alarmEmail: 'operator@mycompany.cn',
      appSecret: { env: 'SECRET_OF_THE_APP' },
      callbackApp: { token: { file: 'token.txt' }, encodingAesKey: { env: 'AES_KEY' } },
    };
    const SECRETS = { SECRET_OF_THE_APP: SECRET, AES_KEY: KEY };

    async function script(
      answers: object | string | undefined,
      environment: NodeJS.ProcessEnv = SECRETS,
      args: readonly string[] = [],
    ) {
      writeFileSync(join(directory, 'token.txt'), `${TOKEN}\n`);
      const text = typeof answers === 'string' ? answers : JSON.stringify(answers);
      if (answers !== undefined) writeFileSync(join(directory, 'answers.json'), text);
      const from = answers === undefined ? ['--no-input'] : ['--from', 'answers.json'];
      const child = spawn(
        process.execPath,
        [resolve('commands/setup.ts'), '--stage', 'prod', ...from, ...args],
        {
          cwd: directory,
          env: { ...process.env, ...environmentOf('en_US.UTF-8'), ...environment },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      let printed = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          printed += chunk;
        });
      }
      const exitCode = await new Promise((done) => child.once('close', done));
      for (const hidden of [SECRET, TOKEN, KEY]) expect(printed).not.toContain(hidden);
      return { exitCode, printed };
    }

    it('takes the answers from a file, and the secrets from where it says', async () => {
      const { exitCode } = await script(ANSWERS);
      expect(exitCode).toBe(0);
      expect(parse(stageText())).toMatchObject({
        corpId: 'ww0a1b2c3d4e5f6a7b',
        redirectUris: 'https://portal.mycompany.cn/ https://wiki.mycompany.cn/signed-in',
        corsOrigins: ['https://portal.mycompany.cn', 'https://wiki.mycompany.cn'],
        alarmEmail: 'operator@mycompany.cn',
      });
      expect(await parameter('app-secret')).toMatchObject({ Type: 'SecureString', Value: SECRET });
      expect(JSON.parse((await parameter('callback-app')).Value ?? '')).toEqual({
        token: TOKEN,
        encodingAesKey: KEY,
      });
      // Again, without secrets: they are kept.
      const { appSecret: _, callbackApp: __, ...settings } = ANSWERS;
      const again = await script(settings, {});
      expect(again.exitCode).toBe(0);
      expect(again.printed).not.toContain('  written');
    });

    it('sends no request that docs/examples/policies/operator.json does not allow', async () => {
      await script({ ...ANSWERS, parameterKeyArn: KEY_ARN });
      await script({ ...ANSWERS, parameterKeyArn: '' });
      const actions = [
        ...ssm.calls.map(({ operation }) => `ssm:${operation}`),
        ...aws.requests.map((request) => `cloudformation:${request.split(' ')[0]}`),
      ];
      expect(new Set(actions).size).toBe(4);
      for (const action of actions) {
        expect(allowsAction(['operator.json'], action), action).toBe(true);
      }
    });

    it('takes everything from environment variables', async () => {
      const { exitCode } = await script(undefined, {
        WECOM_CORP_ID: 'ww0a1b2c3d4e5f6a7b',
        WECOM_AGENT_ID: '1000002',
        REDIRECT_URIS: 'https://portal.mycompany.cn/',
        CORS_ORIGINS: 'https://portal.mycompany.cn,https://other.mycompany.cn',
        WECOM_APP_SECRET: SECRET,
        WECOM_CALLBACK_CONTACTS_TOKEN: TOKEN,
        WECOM_CALLBACK_CONTACTS_ENCODING_AES_KEY: KEY,
      });
      expect(exitCode).toBe(0);
      expect(parse(stageText())['corsOrigins']).toEqual([
        'https://portal.mycompany.cn',
        'https://other.mycompany.cn',
      ]);
      expect(JSON.parse((await parameter('callback-contacts')).Value ?? '')).toMatchObject({
        token: TOKEN,
      });
    });

    it('sets any parameter of a stage', async () => {
      const { exitCode } = await script({ ...ANSWERS, egress: 'public', throttleRate: 50 });
      expect(exitCode).toBe(0);
      expect(parse(stageText())).toMatchObject({ egress: 'public', throttleRate: 50 });
    });

    it.each([
      ['nothing at all', undefined, {}, 'corpId is empty'],
      ['no secret', { ...ANSWERS, appSecret: undefined }, SECRETS, 'appSecret is missing'],
      ['a secret in the file', { ...ANSWERS, appSecret: SECRET }, SECRETS, 'not the secret itself'],
      [
        'a variable that is not set',
        ANSWERS,
        { AES_KEY: KEY },
        'appSecret (SECRET_OF_THE_APP): its variable',
      ],
      [
        'a secret of another form',
        ANSWERS,
        { ...SECRETS, AES_KEY: 'short' },
        'encodingAesKey (AES_KEY): 43 letters',
      ],
      [
        'a secret where the name of its variable belongs',
        { ...ANSWERS, appSecret: { env: SECRET } },
        SECRETS,
        'appSecret: its variable or file is empty',
      ],
      ['a Token alone', undefined, { WECOM_CALLBACK_APP_TOKEN: TOKEN }, 'must be set together'],
      [
        'a setting that deploy refuses',
        { ...ANSWERS, egress: 'nat' },
        SECRETS,
        'egress must be one',
      ],
      [
        'a local stage',
        { ...ANSWERS, environment: 'local' },
        SECRETS,
        'environment must be deployed',
      ],
      ['an AgentId as CorpID', { ...ANSWERS, corpId: '1000002' }, SECRETS, 'looks like an AgentId'],
      ['an empty CorpID', { ...ANSWERS, corpId: ' ' }, SECRETS, 'corpId is not a CorpID'],
      ['an unknown setting', { ...ANSWERS, corpid: 'x' }, SECRETS, 'corpid is not a parameter'],
      ['a file that is no JSON', '{', SECRETS, 'is not JSON'],
      ['a list', '[]', SECRETS, 'answers.json: must be an object'],
      [
        'an example that was left',
        { ...ANSWERS, redirectUris: 'https://*.example.com/' },
        SECRETS,
        'redirectUris must be whole addresses, without *',
      ],
    ])('refuses %s, and changes nothing', async (_what, answers, environment, problem) => {
      const before = stageText();
      const { exitCode, printed } = await script(answers, environment);
      expect({ exitCode, printed }).toEqual({
        exitCode: 2,
        printed: expect.stringContaining(problem),
      });
      expect(stageText()).toBe(before);
      await expect(parameter('session-keys')).rejects.toThrow();
    });

    it("dates the first session key by AWS's clock", async () => {
      const day = 86_400_000;
      const { url } = await datedProxy(ssm.url, -day);
      const { printed } = await script(ANSWERS, { ...SECRETS, AWS_ENDPOINT_URL_SSM: url });
      expect(printed).toContain("s ahead of AWS's: AWS's time is used");
      const [key] = JSON.parse((await parameter('session-keys')).Value ?? '').keys;
      expect(Math.abs(key.nbf * 1_000 + day - Date.now())).toBeLessThan(60_000);
    });

    it('keeps a stored setting whose variable is empty', async () => {
      await script(ANSWERS);
      await script({ ...ANSWERS, alarmEmail: undefined }, { ...SECRETS, ALARM_EMAIL: '' });
      expect(parse(stageText())).toMatchObject({ alarmEmail: 'operator@mycompany.cn' });
    });

    it('reads a file that begins with a byte order mark', async () => {
      expect(await script(`\uFEFF${JSON.stringify(ANSWERS)}`)).toMatchObject({ exitCode: 0 });
    });

    it("refuses another region than that of the stage's file", async () => {
      const { exitCode, printed } = await script(ANSWERS, SECRETS, ['--region', 'us-east-1']);
      expect({ exitCode, printed }).toEqual({
        exitCode: 2,
        printed: expect.stringContaining(
          'The region of prod is ap-southeast-1, not us-east-1: set region in stages/prod.yml only.',
        ),
      });
    });

    it('says that there is no such file', async () => {
      const result = await script(undefined, SECRETS, ['--from', 'none.json']);
      expect(result).toMatchObject({
        exitCode: 2,
        printed: expect.stringContaining('Cannot read none.json: ENOENT'),
      });
    });

    it('takes no secret from an argument', async () => {
      const result = await script(ANSWERS, SECRETS, ['--app-secret', 'x']);
      expect(result.exitCode).toBe(2);
      expect(result.printed).toContain('There is no option --app-secret');
    });

    it('encrypts with a KMS key: at once on a new stage', async () => {
      await script({ ...ANSWERS, parameterKeyArn: KEY_ARN });
      expect(await keys()).toEqual({
        'app-secret': KEY_ARN,
        'callback-app': KEY_ARN,
        'session-keys': KEY_ARN,
      });
      expect(parse(stageText())['parameterKeyArn']).toBe(KEY_ARN);
    });

    it('encrypts with a KMS key: on a running stage after its deployment, and back at once', async () => {
      await script(ANSWERS);
      const first = await script({ ...ANSWERS, parameterKeyArn: KEY_ARN });
      expect(first.printed).toContain('Run this command again');
      expect(await keys()).toMatchObject({ 'app-secret': 'alias/aws/ssm' });
      const second = await script({ parameterKeyArn: KEY_ARN });
      expect(second.printed).not.toContain('Run this command again');
      expect(await keys()).toEqual({
        'app-secret': KEY_ARN,
        'callback-app': KEY_ARN,
        'session-keys': KEY_ARN,
      });
      expect(await parameter('app-secret')).toMatchObject({ Value: SECRET });
      const third = await script({ parameterKeyArn: KEY_ARN });
      expect(third.printed).not.toContain('  written');
      await script({ parameterKeyArn: '' });
      expect(await keys()).toMatchObject({ 'app-secret': 'alias/aws/ssm' });
    });
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
