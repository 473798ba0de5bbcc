import { spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export type Json = Record<string, unknown>;

export interface Resource {
  readonly Type: string;
  readonly Properties: Json;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Template {
  /** Where it lies, for a linter. */
  readonly file: string;
  /** All of it, as JSON without spaces. */
  readonly text: string;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { Value: unknown }>>;
}

const FILLED_IN = {
  corpId: 'ww0a1b2c3d4e5f6a7b',
  agentId: '1000002',
  redirectUris: 'https://portal.mycompany.cn/',
};

export type Variant = 'fixed' | 'public' | 'china' | 'provider' | 'given';

const WITH_DOMAIN = {
  redirectUris: 'https://signin.mycompany.cn/',
  domainName: 'signin.mycompany.cn',
  certificateArn:
    'arn:aws:acm:ap-southeast-1:123456789012:certificate/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f',
};

/** The stages that are looked at: stages/prod.yml, filled in, with these parameters instead. */
export const VARIANTS: Record<Variant, Readonly<Record<string, string>>> = {
  /** As it is shipped: by one fixed address. */
  fixed: {},
  public: { egress: 'public' },
  /** With an event bus and the OpenID provider, whose front end is on the API's own domain. */
  provider: { ...WITH_DOMAIN, eventBus: 'company' },
  /** With an address and a key that exist, and the provider without events. */
  given: {
    ...WITH_DOMAIN,
    egressAllocationId: 'eipalloc-0a1b2c3d4e5f60718',
    egressIp: '203.0.113.9',
    parameterKeyArn:
      'arn:aws:kms:ap-southeast-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f',
  },
  /** China, with everything that a stage can ask for. */
  china: {
    region: 'cn-north-1',
    domainName: 'signin.mycompany.cn',
    certificateArn:
      'arn:aws-cn:acm:cn-north-1:123456789012:certificate/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f',
    domainProof: 'abcdefgh12345678',
    eventBus: 'company',
    alarmEmail: 'operator@mycompany.cn',
    reservedConcurrency: '20',
    verifyAccess: 'iam',
    openidProvider: 'false',
    xray: 'true',
    deletionProtection: 'false',
    memorySize: '1024',
  },
};

const rendered = new Map<Variant, Promise<Template>>();

/** `serverless package --stage prod`, with no credentials. Once for each variant and process. */
export function render(variant: Variant): Promise<Template> {
  const made = rendered.get(variant) ?? packageStage({ ...FILLED_IN, ...VARIANTS[variant] });
  rendered.set(variant, made);
  return made;
}

const LONGEST = 180_000;
const NOT_LINKED = ['.esbuild', '.git', '.local', '.serverless'];

async function packageStage(parameters: Record<string, string>): Promise<Template> {
  const directory = mkdtempSync(join(tmpdir(), 'wecom-auth-template-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const service = ownService(`.local/template-${process.pid}-${rendered.size}`);
  const overrides = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
  const withoutCredentials = Object.entries(process.env).filter(([name]) => !/^AWS_/.test(name));
  const child = spawn(
    process.execPath,
    [
      'node_modules/serverless/bin/serverless.js',
      ...['package', '--stage', 'prod', '--package', directory],
      ...overrides,
    ],
    {
      cwd: service,
      env: { ...Object.fromEntries(withoutCredentials), AWS_EC2_METADATA_DISABLED: 'true' },
      // It asks nothing; without an input it cannot wait for an answer either.
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST,
    },
  );
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.on('data', (chunk) => {
    printed += chunk;
  });
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  rmSync(service, { recursive: true, force: true });
  if (exitCode !== 0) throw new Error(`serverless package failed:\n${printed}`);

  const file = join(directory, 'cloudformation-template-update-stack.json');
  const template = JSON.parse(readFileSync(file, 'utf8'));
  return { file, text: JSON.stringify(template), ...template };
}

/**
 * A directory with all of the repository in it, by links, and the framework's own files apart: it
 * writes into `.serverless` whatever `--package` says, and empties it, under the feet of another run.
 */
function ownService(directory: string): string {
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync('.')) {
    // A link is no configuration to it.
    if (name === 'serverless.yml') copyFileSync(name, join(directory, name));
    else if (!NOT_LINKED.includes(name)) symlinkSync(resolve(name), join(directory, name));
  }
  return directory;
}

/** The resources of one type, by their logical ids. */
export function ofType({ Resources }: Template, type: string): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(Resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties = {} }]) => [id, Properties]),
  );
}
