import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBin } from '../harness/emulatorPackage.ts';
import { type InstalledPackage, installPackage, problemsOf } from '../harness/publishedPackage.ts';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'emulator-package-'));
/** The path of a Node.js 20, the oldest that the package promises to run on. */
const NODE_20 = process.env['NODE_20'];
let installed: InstalledPackage;

beforeAll(async () => {
  installed = await installPackage('emulator', directory);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Signs a member in as a client does that knows nothing of the emulator but its address. */
async function signIn(base: string): Promise<unknown> {
  const query = new URLSearchParams({
    appid: 'ww0a1b2c3d4e5f6a7b',
    redirect_uri: 'http://localhost:3000/back',
    response_type: 'code',
    scope: 'snsapi_base',
    state: 'the-state',
  });
  const page = await fetch(`${base}/connect/oauth2/authorize?${query}`, {
    method: 'POST',
    body: new URLSearchParams({ who: 'user123' }),
    redirect: 'manual',
  });
  const code = new URL(page.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const get = async (path: string, parameters: Record<string, string>) =>
    (await (await fetch(`${base}/cgi-bin/${path}?${new URLSearchParams(parameters)}`)).json()) as {
      access_token: string;
    };
  const { access_token } = await get('gettoken', {
    corpid: 'ww0a1b2c3d4e5f6a7b',
    corpsecret: 'EmulatorOnly-MainApp-Secret-000000000000001',
  });
  return await get('auth/getuserinfo', { access_token, code });
}

async function signsInOn(node: string): Promise<void> {
  const running = await startBin(installed.folder, node);
  onTestFinished(async () => void (await running.stop()));
  expect(await signIn(running.url)).toEqual({ errcode: 0, errmsg: 'ok', userid: 'user123' });
  // What it says to try is typed by someone who has no repository.
  expect(running.printed()).toContain('npx wecom-emulator code user123');
  expect(running.printed()).not.toContain('npm run');
  expect(await running.stop()).toBe(0);
}

describe('the published package', () => {
  it('installs nothing but itself, in a few files', () => {
    expect(installed.files).toBeLessThan(45);
    // 44 kB of these are the reader of YAML.
    expect(installed.packedBytes).toBeLessThan(200_000);
  });

  it('has nothing that publint or arethetypeswrong object to', async () => {
    expect(await problemsOf(installed)).toEqual([]);
  });

  it('signs a member in, started by its bin', () => signsInOn(process.execPath));

  it('speaks of no command of the repository when a member returns', async () => {
    const running = await startBin(installed.folder, process.execPath);
    onTestFinished(async () => void (await running.stop()));
    const steer = async (...words: string[]) => {
      const args = ['--no', 'wecom-emulator', ...words, '--at', running.url];
      const env = { ...process.env, LC_ALL: 'C' };
      return (await run('npx', args, { cwd: installed.folder, env })).stdout.trim();
    };
    await steer('leave', 'user123');
    expect(await steer('join', 'user123')).toBe('user123 joined the company');
  });

  it.skipIf(NODE_20 === undefined)(
    'does so on Node.js 20 (skipped unless NODE_20 is the path of one)',
    () => signsInOn(NODE_20 ?? ''),
  );

  it('is a library with types', async () => {
    const program = join(installed.folder, 'program.ts');
    writeFileSync(
      program,
      `import { type Company, companyOfSize, startWecom, type Wecom } from 'wecom-emulator';
const company: Company = companyOfSize({ members: 3 });
const wecom: Wecom = await startWecom({ company, tokenLifetimeSeconds: 60 });
const code: string = wecom.codes.mint({ userid: 'member000001' });
wecom.faults.add(45009, { on: 'user/get', times: 3 });
console.log(code.length, wecom.company.members.length);
// @ts-expect-error There is no such switch.
wecom.behaviour.noSuchSwitch = 1;
await wecom.close();
`,
    );
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--noEmit'];
    const types = ['--typeRoots', resolve('node_modules/@types'), '--types', 'node'];
    const at = { cwd: installed.folder };
    await run(process.execPath, [tsc, ...options, ...types, program], at);
    const { stdout } = await run(process.execPath, [program], at);
    expect(stdout).toBe('43 3\n');
  });
});
