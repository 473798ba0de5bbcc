import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { missingChromium } from '../harness/chromium.ts';
import { installOnce } from '../harness/installOnce.ts';
import { build, missingProgram } from '../relyingParties/processes.ts';
import type { CallName } from './calls.ts';
import type { DriverProgram } from './driver.ts';

const KEPT_IN = '.local/wecom-clients';

/** The clients of one language: their pinned versions and drivers are in one folder. */
interface Kit {
  /** The folder beside this file. */
  readonly folder: string;
  /** @returns why this machine cannot run them; undefined if it can */
  missing(): string | undefined;
  /** Installs and builds them in a copy of the folder. */
  install(directory: string): Promise<void>;
}

export interface Client {
  readonly name: string;
  readonly kit: Kit;
  /** The file of the folder, and what finds the version in it. */
  readonly version: readonly [file: string, pattern: RegExp];
  /** The call that shows whether it replaces a revoked token. Default: `user`. */
  readonly refreshedBy?: CallName;
  /** Calls that fail by a fault of its own, and why. */
  readonly faults?: Partial<Record<CallName, { readonly en: string; readonly zh: string }>>;
  driver(directory: string): Omit<DriverProgram, 'directory'>;
}

const python: Kit = {
  folder: 'python',
  missing: () => missingProgram('python3'),
  async install(directory) {
    await build('python3', ['-m', 'venv', join(directory, 'venv')]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    const requirements = join(directory, 'requirements.txt');
    await build(join(directory, 'venv/bin/python'), [...pip, '--requirement', requirements]);
  },
};

const node: Kit = {
  folder: 'node',
  missing: () => undefined,
  async install(directory) {
    await build('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory });
  },
};

const chromium: Kit = { ...node, missing: () => missingChromium || undefined };

const go: Kit = {
  folder: 'go',
  missing: () => missingProgram('go'),
  async install(directory) {
    await build('go', ['build', '-o', join(directory, 'bin/'), './...'], { cwd: directory });
  },
};

const java: Kit = {
  folder: 'java',
  missing: () => missingProgram('java') ?? missingProgram('mvn'),
  async install(directory) {
    const maven = ['--batch-mode', '--quiet', 'package', 'dependency:copy-dependencies'];
    await build('mvn', [...maven, '-DoutputDirectory=lib'], { cwd: directory });
  },
};

const php: Kit = {
  folder: 'php',
  missing: () => missingProgram('php') ?? missingProgram('composer'),
  async install(directory) {
    await build('composer', ['install', '--no-interaction', '--quiet'], {
      cwd: directory,
      environment: { COMPOSER_ALLOW_SUPERUSER: '1' },
    });
  },
};

const pythonDriver = (file: string) => (directory: string) => ({
  command: join(directory, 'venv/bin/python'),
  parameters: [file],
});
const nodeDriver = (file: string) => () => ({ command: process.execPath, parameters: [file] });
const npmVersion = (name: string) => ['package.json', new RegExp(`"${name}": "(.+)"`)] as const;

const KEEPS_TOKEN = {
  en: 'It keeps a token until the time it was given for it, and does not fetch another one after 40014.',
  zh: '它在 token 到期之前一直使用缓存，收到 40014 也不重新获取。',
};

export const CLIENTS: readonly Client[] = [
  {
    name: 'wechatpy',
    kit: python,
    version: ['requirements.txt', /^wechatpy==(.+)$/m],
    driver: pythonDriver('wechatpy_client.py'),
  },
  {
    name: 'corpwechatbot',
    kit: python,
    version: ['requirements.txt', /^corpwechatbot==(.+)$/m],
    refreshedBy: 'message',
    faults: { refresh: KEEPS_TOKEN },
    driver: pythonDriver('corpwechatbot_client.py'),
  },
  {
    name: 'silenceper/wechat',
    kit: go,
    version: ['go.mod', /silenceper\/wechat\/v2 (v\S+)/],
    faults: { refresh: KEEPS_TOKEN },
    driver: (directory) => ({ command: join(directory, 'bin/silenceper'), parameters: [] }),
  },
  {
    name: 'go-workwx',
    kit: go,
    version: ['go.mod', /xen0n\/go-workwx (v\S+)/],
    faults: { refresh: KEEPS_TOKEN },
    driver: (directory) => ({ command: join(directory, 'bin/workwx'), parameters: [] }),
  },
  {
    name: 'WxJava (weixin-java-cp)',
    kit: java,
    version: ['pom.xml', /weixin-java-cp<\/artifactId>\s*<version>(.+)<\/version>/],
    driver: () => ({
      command: 'java',
      parameters: ['-cp', 'lib/*:target/wecom-clients-1.jar', 'WxJava'],
    }),
  },
  {
    name: 'EasyWeChat',
    kit: php,
    version: ['composer.json', /"w7corp\/easywechat": "(.+)"/],
    faults: { refresh: KEEPS_TOKEN },
    driver: () => ({ command: 'php', parameters: ['easywechat.php'] }),
  },
  {
    name: '@logto/connector-wecom',
    kit: node,
    version: npmVersion('@logto/connector-wecom'),
    driver: nodeDriver('logto.mjs'),
  },
  {
    name: 'passport-wechat-enterprise',
    kit: node,
    version: npmVersion('passport-wechat-enterprise'),
    refreshedBy: 'code',
    faults: { refresh: KEEPS_TOKEN },
    driver: nodeDriver('passportWechatEnterprise.mjs'),
  },
  {
    name: 'node-easywechat',
    kit: node,
    version: npmVersion('node-easywechat'),
    faults: {
      code: {
        en: 'Its dependency node-socialite 1.4.1 reads `base_url` only when it is not set, and calls a host named "undefined".',
        zh: '它依赖的 node-socialite 1.4.1 在未设置 `base_url` 时反而去读取它，请求的主机名成为 undefined。',
      },
      refresh: KEEPS_TOKEN,
    },
    driver: nodeDriver('nodeEasywechat.mjs'),
  },
  {
    name: '@wecom/jssdk (Chromium)',
    kit: chromium,
    version: npmVersion('@wecom/jssdk'),
    driver: (directory) => ({
      command: process.execPath,
      parameters: [resolve(import.meta.dirname, 'chromium/jssdk.ts'), directory],
    }),
  },
];

/** Installs the clients of a kit unless an earlier run did. @returns their folder */
export async function prepare({ folder, install }: Kit): Promise<string> {
  return installOnce(join(import.meta.dirname, folder), KEPT_IN, install);
}

export function versionOf({ kit, version: [file, pattern] }: Client): string {
  const found = pattern.exec(readFileSync(join(import.meta.dirname, kit.folder, file), 'utf8'));
  return found?.[1] ?? 'unknown';
}
