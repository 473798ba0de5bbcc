import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { localIssuer } from '../../../commands/administration/stage.ts';
import { type Aws, CALLER, startAws } from '../../harness/aws.ts';
import { APP, PERMISSION_TABLE, startTables, type Tables } from '../../harness/tables.ts';

let tables: Tables;
/** Where the commands run: with the stages of the project, `prod` filled in. */
let directory: string;
let aws: Aws;

beforeEach(async () => {
  tables = await startTables();
  directory = await mkdtemp(join(tmpdir(), 'stage-'));
  await cp('stages', join(directory, 'stages'), { recursive: true });
  const prod = join(directory, 'stages/prod.yml');
  const text = await readFile(prod, 'utf8');
  await writeFile(
    prod,
    text.replace('corpId: ""', `corpId: ${APP.corpId}`).replace('agentId: ""', 'agentId: 1000002'),
  );
  aws = await startAws();
  aws.outputs = { PermissionTableName: PERMISSION_TABLE };
  return () => Promise.all([tables.close(), aws.close(), rm(directory, { recursive: true })]);
});

/** The command in a process of its own, with AWS where this test says. */
function permissions(...argv: string[]): Promise<{ exit: number; out: string; err: string }> {
  const env = {
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url,
    AWS_ENDPOINT_URL_STS: aws.url,
    AWS_ENDPOINT_URL_DYNAMODB: tables.front.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_MAX_ATTEMPTS: '1',
  };
  return permissionsWith(env, ...argv);
}

function permissionsWith(env: NodeJS.ProcessEnv, ...argv: string[]) {
  return start(env, directory, ...argv);
}

function start(
  env: NodeJS.ProcessEnv,
  cwd: string,
  ...argv: string[]
): Promise<{ exit: number; out: string; err: string }> {
  const command = [resolve('commands/permissions.ts'), ...argv];
  return new Promise((settle) => {
    execFile(process.execPath, command, { env, cwd }, (error, out, err) =>
      settle({ exit: Number(error?.code ?? 0), out, err }),
    );
  });
}

describe('the local stage', () => {
  it('is found where npm start has moved it', async () => {
    const { port } = new URL(tables.front.url);
    const PORT = String(Number(port) - 503);
    const env = { PATH: process.env['PATH'], PORT, EVENT_BUS: '' };
    const outcome = await permissionsWith(env, 'grant', 'user:lisi', 'access', '--json');
    expect(outcome.exit).toBe(0);
    expect(
      await tables.permissions.get({ pk: `${APP.corpId}#member#lisi`, sk: 'grant#access' }),
    ).toBeDefined();
  });

  it.each([
    ['is found where .env has moved it', ''],
    ['is found where a .env with a byte order mark has moved it', '\uFEFF'],
  ])('%s', async (_what, mark) => {
    const { port } = new URL(tables.front.url);
    await writeFile(join(directory, '.env'), `${mark}PORT=${Number(port) - 503}\n`);
    const env = { PATH: process.env['PATH'] };
    const outcome = await start(env, directory, 'list', '--json');
    expect(outcome.exit).toBe(0);
  });

  it.each([
    [{}, 'http://localhost:4000'],
    [{ PUBLIC_URL: 'https://dev.example.com/' }, 'https://dev.example.com'],
  ])('has the issuer of npm start: %j', (settings, issuer) => {
    expect(localIssuer(settings, 4000)).toBe(issuer);
  });

  it.each(['x', '0', '70000'])('is not looked for at PORT=%s', async (PORT) => {
    const outcome = await permissionsWith({ PATH: process.env['PATH'], PORT }, 'list');
    expect(outcome).toMatchObject({ exit: 2, err: expect.stringContaining('PORT') });
  });
});

describe('a deployed stage', () => {
  it("is found by its stack's outputs, and changed in the AWS caller's name", async () => {
    const outcome = await permissions('grant', 'user:lisi', 'access', '--stage', 'prod', '--json');
    expect(outcome.exit).toBe(0);
    expect(aws.requests).toEqual([
      'DescribeStacks wecom-auth-prod ap-southeast-1',
      'GetCallerIdentity ap-southeast-1',
    ]);
    const item = await tables.permissions.get({
      pk: `${APP.corpId}#member#lisi`,
      sk: 'grant#access',
    });
    expect(item).toMatchObject({ effect: 'allow', by: CALLER });
  });

  it('is read without asking AWS who is reading', async () => {
    expect(await permissions('history', 'user:lisi', '--stage', 'prod')).toMatchObject({ exit: 0 });
    expect(aws.requests).toEqual(['DescribeStacks wecom-auth-prod ap-southeast-1']);
  });

  it('may be in another region, and its table named', async () => {
    const argv = ['list', '--stage', 'prod', '--region', 'cn-north-1', '--table', PERMISSION_TABLE];
    expect(await permissions(...argv, '--json')).toMatchObject({ exit: 0 });
    expect(aws.requests).toEqual([]);
  });

  it('that has no file is refused before anything is asked', async () => {
    for (const more of [[], ['--table', PERMISSION_TABLE, '--region', 'ap-southeast-1']]) {
      for (const command of [['list'], ['grant', 'user:lisi', 'access']]) {
        const outcome = await permissions(...command, '--stage', 'pord', ...more);
        expect(outcome).toMatchObject({ exit: 2, out: '' });
        expect(outcome.err).toContain('There is no stage pord');
      }
    }
    expect(aws.requests).toEqual([]);
    expect(await tables.permissions.get({ pk: 'member#lisi', sk: 'grant#access' })).toBeUndefined();
  });

  it('without credentials says how to sign in to AWS', async () => {
    const env = { PATH: process.env['PATH'], HOME: tmpdir(), AWS_EC2_METADATA_DISABLED: 'true' };
    const argv = ['list', '--stage', 'prod', '--table', PERMISSION_TABLE];
    const outcome = await permissionsWith(env, ...argv);
    expect(outcome).toMatchObject({ exit: 1, err: expect.stringContaining('aws sso login') });
    expect(outcome.err).not.toContain('at ');
  });

  it('that is not there is told from one without the output', async () => {
    aws.outputs = undefined;
    const missing = await permissions('list', '--stage', 'prod');
    expect(missing).toMatchObject({ exit: 1, err: expect.stringContaining('does not exist') });
    aws.outputs = {};
    const older = await permissions('list', '--stage', 'prod');
    expect(older).toMatchObject({ exit: 1, err: expect.stringContaining('PermissionTableName') });
  });

  it('whose file names no corp is refused, and says what to do', async () => {
    await cp('stages/prod.yml', join(directory, 'stages/prod.yml'));
    const outcome = await permissions('list', '--stage', 'prod');
    expect(outcome).toMatchObject({ exit: 1, err: expect.stringContaining('npm run setup') });
  });

  it('is not changed by somebody whom AWS does not name', async () => {
    aws.refusal = { code: 'ExpiredToken', message: 'The security token is expired' };
    const outcome = await permissions('grant', 'user:lisi', 'access', '--stage', 'prod');
    expect(outcome).toMatchObject({ exit: 1, err: expect.stringContaining('token is expired') });
    expect(
      await tables.permissions.get({ pk: `${APP.corpId}#member#lisi`, sk: 'grant#access' }),
    ).toBeUndefined();
  });

  it('whose table does not answer is told so, without a word of npm start', async () => {
    tables.front.fail('throttled');
    const outcome = await permissions('list', '--stage', 'prod');
    tables.front.fail(undefined);
    expect(outcome.exit).toBe(1);
    expect(outcome.err).toContain('ProvisionedThroughputExceededException');
    expect(outcome.err).not.toContain('npm start');
  });
});
