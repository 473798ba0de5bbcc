import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hasProvider } from '../../commands/deployment/openidProvider.ts';
import { environmentBytes, problemsOf } from '../../commands/deployment/problems.ts';
import { readStage, stages } from '../../commands/deployment/stageFile.ts';

/** What `npm run setup` would make of stages/prod.yml, beside which each test puts one thing. */
const FILLED = {
  corpId: 'ww0a1b2c3d4e5f6a7b',
  agentId: '1000002',
  redirectUris: 'https://portal.mycompany.cn/\nhttps://wiki.mycompany.cn/signed-in',
  corsOrigins: ['https://portal.mycompany.cn', 'https://wiki.mycompany.cn'],
};
/** For a front end on another host than the API. */
const NEITHER = { openidProvider: false, adminConsole: false };
const problems = (change: Record<string, unknown> = {}) =>
  problemsOf('prod', { ...readStage('prod'), ...FILLED, ...change });

function checkStage(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['commands/checkStage.ts', ...args], (error, out, err) =>
      resolve({ exitCode: Number(error?.code ?? 0), out, err }),
    );
  });
}

describe('a stage', () => {
  it('is right when filled in', () => {
    expect(problems()).toEqual([]);
  });

  it.each(['ops@mycompany.cn', "o'ps+prod.1@mail-2.mycompany.com.cn", 'OPS@MyCompany.cn', ''])(
    'is right with the e-mail address %s',
    (alarmEmail) => {
      expect(problems({ alarmEmail })).toEqual([]);
    },
  );

  it('is right with an event bus', () => {
    for (const eventBus of ['company', 'default', 'a.b-c_D9']) {
      expect(problems({ eventBus })).toEqual([]);
    }
  });

  it('is right with an address, a key and a memory of its own', () => {
    const own = {
      egressAllocationId: 'eipalloc-0a1b2c3d4e5f60718',
      egressIp: '203.0.113.9',
      parameterKeyArn:
        'arn:aws:kms:ap-southeast-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d',
    };
    for (const memorySize of [128, '1769', 10_240]) {
      expect(problems({ ...own, memorySize })).toEqual([]);
    }
  });

  it.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['eu-central-1', 'aws'],
  ])('is right in %s with ARNs of %s', (region, partition) => {
    const own = {
      region,
      ...NEITHER,
      domainName: 'api.mycompany.cn',
      certificateArn: `arn:${partition}:acm:${region}:123456789012:certificate/0a1b2c3d`,
      parameterKeyArn: `arn:${partition}:kms:${region}:123456789012:key/0a1b2c3d`,
    };
    expect(problems(own)).toEqual([]);
  });

  it('is right on this machine', () => {
    expect(problemsOf('local', readStage('local', [], {}) ?? {})).toEqual([]);
  });

  it.each([
    [{ corpId: '' }, 'corpId is empty'],
    [{ corpId: undefined }, 'corpId is missing'],
    [{ corpId: '我的企业' }, 'corpId is not a CorpID'],
    [{ corpId: 'ww0a1b2c 3d4e5f6a7b' }, 'corpId is not a CorpID'],
    [{ corpId: '1000002' }, 'corpId is not a CorpID, but looks like an AgentId'],
    [{ corpId: 1000002 }, 'corpId is not a CorpID, but looks like an AgentId'],
    [
      { environment: 'local' },
      'environment must be deployed. Only the stage local, which npm start runs, is local',
    ],
    [{ agentId: 'main' }, 'agentId is not an AgentId: digits only'],
    [{ egress: 'nat' }, 'egress must be one of public, fixed'],
    [{ region: 'Singapore' }, 'region is not an AWS region'],
    [{ runtime: 'nodejs22.x' }, 'runtime must be nodejs24.x or later'],
    [{ architecture: 'arm' }, 'architecture must be one of arm64, x86_64'],
    [{ memorySize: 127 }, 'memorySize must be a whole number from 128 to 10240'],
    [{ memorySize: '10241' }, 'memorySize must be a whole number from 128 to 10240'],
    [
      { egressAllocationId: 'eip-1', egressIp: '203.0.113.9' },
      /^egressAllocationId must be the allocation id/,
    ],
    [
      { egressAllocationId: 'eipalloc-0a1b2c3d4e5f60718', egressIp: 'portal.mycompany.cn' },
      'egressIp must be an IPv4 address',
    ],
    [
      { egressAllocationId: 'eipalloc-0a1b2c3d4e5f60718' },
      'egressAllocationId and egressIp must be set together',
    ],
    [{ parameterKeyArn: 'alias/wecom-auth' }, /^parameterKeyArn is not the ARN of a KMS key/],
    [
      { parameterKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d' },
      "parameterKeyArn must be in the stage's region, ap-southeast-1",
    ],
    [
      {
        region: 'cn-north-1',
        parameterKeyArn: 'arn:aws:kms:cn-north-1:123456789012:key/0a1b2c3d',
      },
      'parameterKeyArn must begin with arn:aws-cn: in cn-north-1',
    ],
    [
      {
        region: 'us-east-1',
        parameterKeyArn: 'arn:aws-cn:kms:us-east-1:123456789012:key/0a1b2c3d',
      },
      'parameterKeyArn must begin with arn:aws: in us-east-1',
    ],
    [
      {
        ...NEITHER,
        region: 'cn-northwest-1',
        domainName: 'api.mycompany.cn',
        certificateArn: 'arn:aws:acm:cn-northwest-1:123456789012:certificate/0a1b2c3d',
      },
      'certificateArn must begin with arn:aws-cn: in cn-northwest-1',
    ],
    [{ corsOrigins: [] }, 'corsOrigins needs the origin of your front end'],
    [{ redirectUris: 'http://portal.mycompany.cn/' }, /^redirectUris must be whole https/],
    [{ redirectUris: 'https://portal.example.com/' }, /^redirectUris is still the example/],
    [{ redirectUris: 'https://*.mycompany.cn/' }, /^redirectUris must be whole addresses, without/],
    [{ parameterKeyArn: 'alias/company' }, /^parameterKeyArn is not the ARN of a KMS key/],
    [{ requireState: 'yes' }, /^requireState must be/],
    [{ verifyAccess: 'all' }, /^verifyAccess must be one of/],
    [{ wecomApiBaseUrl: 'http://proxy.mycompany.cn' }, /^wecomApiBaseUrl must be https/],
    [{ domainProof: 'WW_verify_abcdefgh12345678.txt' }, /^domainProof must be the 16/],
    [
      { eventBus: 'arn:aws:events:us-east-1:123456789012:event-bus/a' },
      /^eventBus must be the name/,
    ],
    [{ eventBus: 'aws.partner/example' }, /^eventBus must be the name/],
    [{ throttleRate: 0 }, 'throttleRate must be a whole number from 1 to 10000'],
    [{ throttleBurst: 1.5 }, 'throttleBurst must be a whole number from 1 to 5000'],
    [{ reservedConcurrency: -1 }, /^reservedConcurrency must be/],
    [{ logRetentionDays: 31 }, /^logRetentionDays must be one of 1, 3,/],
    [{ alarmEmail: 'me' }, 'alarmEmail is not an e-mail address'],
    // SNS refuses it in the middle of a deployment.
    [{ alarmEmail: '运维@mycompany.cn' }, 'alarmEmail is not an e-mail address'],
    // The framework would put another value in its place.
    [{ alarmEmail: `me$\{env:HOME}@mycompany.cn` }, 'alarmEmail is not an e-mail address'],
    [{ xray: 'on' }, 'xray must be true or false'],
    [{ deletionProtection: 1 }, 'deletionProtection must be true or false'],
    [
      { ...NEITHER, domainName: 'api.mycompany.cn' },
      /^domainName and certificateArn must be set together/,
    ],
    [{ openidProvider: 'on' }, 'openidProvider must be auto, true or false'],
    [
      { providerSessionSeconds: 60 },
      'providerSessionSeconds must be whole seconds from 300 to 2592000',
    ],
    [{ logoutReach: 'all' }, 'logoutReach must be public or private'],
    [{ logoutReach: 'loopback' }, 'logoutReach must be public or private'],
    [{ egres: 'fixed' }, 'egres is not a parameter. See stages/default.yml'],
  ])('says what is wrong with %j', (change, problem) => {
    const found = problems(change);
    expect(found).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });

  it('is open to anyone only if its own file says so twice', () => {
    expect(problems({ verifyAccess: 'open' })).toEqual([
      expect.stringContaining('also set verifyOpenToAnyone: true in stages/prod.yml'),
    ]);
    expect(problems({ verifyAccess: 'open', verifyOpenToAnyone: 'no' })).toHaveLength(2);
    expect(problems({ verifyAccess: 'open', verifyOpenToAnyone: true })).toEqual([]);
    // Neither the command line nor the defaults can say it.
    const overridden = readStage('prod', ['verifyAccess=open', 'verifyOpenToAnyone=true']);
    expect(problemsOf('prod', { ...overridden, ...FILLED })).toHaveLength(1);
  });

  it('is not open to anyone by default', () => {
    const defaults = parse(readFileSync('stages/default.yml', 'utf8'));
    expect(defaults).toMatchObject({ verifyAccess: 'session', verifyOpenToAnyone: false });
    for (const stage of stages().filter((each) => each !== 'local')) {
      expect(readStage(stage)).toMatchObject({ verifyAccess: 'session' });
    }
  });

  it('has an environment that Lambda takes', () => {
    const redirectUris = (bytes: number) =>
      `https://portal.mycompany.cn/${'a'.repeat(bytes - 'https://portal.mycompany.cn/'.length)}`;
    const bytes = environmentBytes('prod', { ...readStage('prod'), ...FILLED, redirectUris: '' });
    const room = 4_096 - bytes;
    expect(problems({ redirectUris: redirectUris(room) })).toEqual([]);
    expect(problems({ redirectUris: redirectUris(room + 1) })).toEqual([
      expect.stringMatching(/^redirectUris is too long: .* 4097 bytes/),
    ]);
  });

  it.each([
    '*',
    'https://*.mycompany.cn',
    'https://portal.mycompany.cn/',
    'http://portal.cn',
    'portal.cn',
  ])('lets no script of %s call the API', (origin) => {
    expect(problems({ corsOrigins: [origin] })).toEqual([
      expect.stringMatching(/^corsOrigins must be https origins/),
    ]);
  });

  it("needs a certificate in the API's region", () => {
    const arn = (region: string) => `arn:aws:acm:${region}:123456789012:certificate/1-2`;
    const domainName = 'api.mycompany.cn';
    const own = { ...NEITHER, domainName };
    expect(problems({ ...own, certificateArn: arn('ap-southeast-1') })).toEqual([]);
    expect(problems({ ...own, certificateArn: arn('us-east-1') })).toEqual([
      expect.stringContaining("the API's region, ap-southeast-1"),
    ]);
  });

  it.each(['Prod', 'p/q', '', 'a-name-that-is-longer-than-aws-takes'])(
    'is not called %j',
    (stage) => {
      expect(problemsOf(stage, { ...readStage('prod'), ...FILLED })).toEqual([
        expect.stringMatching(/^the stage must be/),
      ]);
    },
  );
});

describe('a stage with the OpenID provider', () => {
  const PROVIDER = {
    domainName: 'signin.mycompany.cn',
    certificateArn: 'arn:aws:acm:ap-southeast-1:123456789012:certificate/1-2',
    redirectUris: 'https://signin.mycompany.cn/portal',
  };

  it('has it by default where it has a domain of its own, and not elsewhere', () => {
    expect(problems(PROVIDER)).toEqual([]);
    expect(hasProvider({ ...readStage('prod'), ...PROVIDER })).toBe(true);
    expect(hasProvider(readStage('prod') ?? {})).toBe(false);
    expect(hasProvider({ ...readStage('prod'), ...PROVIDER, ...NEITHER })).toBe(false);
  });

  it.each([true, 'true'])('needs a domain of its own where it asks for it with %j', (on) => {
    expect(problems({ openidProvider: on })).toEqual([
      expect.stringMatching(/^domainName is needed by the OpenID provider/),
    ]);
  });

  it('has its front end on the same host, or gives the provider a second app', () => {
    const redirectUris = 'https://portal.mycompany.cn/ https://signin.mycompany.cn/';
    expect(problems({ ...PROVIDER, redirectUris })).toEqual([
      expect.stringMatching(
        /^redirectUris must all be on signin\.mycompany\.cn, not on portal\.mycompany\.cn: .*second app/,
      ),
    ]);
    expect(problems({ ...PROVIDER, redirectUris, ...NEITHER })).toEqual([]);
    expect(problems({ ...PROVIDER, redirectUris: '' })).toEqual([]);
  });

  it('has its issuer there too', () => {
    const at = (sessionIssuer: string) => problems({ ...PROVIDER, sessionIssuer });
    expect(at('https://signin.mycompany.cn')).toEqual([]);
    for (const other of ['https://id.mycompany.cn', 'https://signin.mycompany.cn/wecom']) {
      expect(at(other)).toEqual([
        expect.stringMatching(/^sessionIssuer must be https:\/\/signin\.mycompany\.cn or left out/),
      ]);
    }
  });
});

describe('npm run deploy', () => {
  it('lists every problem, and does nothing, while the stage is not filled in', async () => {
    const { exitCode, out, err } = await checkStage('deploy', '--stage', 'prod');
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    for (const name of ['corpId', 'agentId', 'redirectUris', 'corsOrigins']) {
      expect(err).toContain(`✗ ${name} `);
    }
  });

  it('takes what the command line says instead of the file', async () => {
    const { err } = await checkStage('deploy', '--stage', 'prod', '--param=egress=nat');
    expect(err).toContain('✗ egress must be one of');
  });

  it('refuses a stage without a file, and the local stage', async () => {
    expect((await checkStage('deploy', '--stage', 'staging')).err).toContain(
      'Stages: local, prod.',
    );
    expect((await checkStage('deploy', '--stage', 'default')).exitCode).toBe(1);
    expect((await checkStage('deploy')).err).toContain('on this machine only');
  });

  it('takes the region from the file alone', async () => {
    for (const other of [
      ['--region', 'us-east-1'],
      ['--param', 'region=us-east-1'],
    ]) {
      const { exitCode, err } = await checkStage('deploy', '--stage', 'prod', ...other);
      expect(exitCode).toBe(1);
      expect(err).toContain(
        '✗ The region of prod is ap-southeast-1, not us-east-1: set region in stages/prod.yml only.',
      );
    }
    const { err } = await checkStage('deploy', '--stage', 'prod', '--region', 'ap-southeast-1');
    expect(err).not.toContain('region of prod');
  });

  it('prints the region, for a workflow', async () => {
    expect(await checkStage('region')).toEqual({ exitCode: 0, out: 'ap-southeast-1\n', err: '' });
    expect(await checkStage('region', '--stage', 'prod')).toMatchObject({ exitCode: 1, out: '' });
  });

  it('only checks when there is nothing else to do', async () => {
    expect(await checkStage()).toEqual({ exitCode: 0, out: '✓ stages/local.yml\n', err: '' });
  });
});

describe('a stage with the console', () => {
  const CONSOLE = {
    openidProvider: false,
    domainName: 'signin.mycompany.cn',
    certificateArn: 'arn:aws:acm:ap-southeast-1:123456789012:certificate/1-2',
    redirectUris: 'https://signin.mycompany.cn/portal',
  };
  const ELSEWHERE =
    /^redirectUris must all be on signin\.mycompany\.cn, not on portal\.mycompany\.cn: .*adminConsole: false/;

  it('has its front end on the same host, for WeCom returns to one', () => {
    const redirectUris = 'https://portal.mycompany.cn/ https://signin.mycompany.cn/';
    expect(problems(CONSOLE)).toEqual([]);
    expect(problems({ ...CONSOLE, redirectUris })).toEqual([expect.stringMatching(ELSEWHERE)]);
    expect(problems({ ...CONSOLE, redirectUris, adminConsole: false })).toEqual([]);
  });

  it('may be where its issuer is, behind a proxy', () => {
    const own = { ...CONSOLE, sessionIssuer: 'https://portal.mycompany.cn/auth' };
    const redirectUris = 'https://portal.mycompany.cn/';
    expect(problems({ ...own, redirectUris })).toEqual([]);
  });

  it.each([true, 'true'])('needs an address to return to where it asks for it with %j', (on) => {
    expect(problems({ adminConsole: on })).toEqual([
      expect.stringMatching(/^domainName is needed by the administrators' console/),
    ]);
  });
});
