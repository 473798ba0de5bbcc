import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledPackage, installPackage, problemsOf } from '../harness/publishedPackage.ts';

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'client-package-'));
let installed: InstalledPackage;

beforeAll(async () => {
  installed = await installPackage('client', directory);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** @returns the gzipped bytes of the minified bundle of this program */
async function bundledBytes(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: installed.folder },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    charset: 'utf8',
  });
  return gzipSync(outputFiles[0]?.contents ?? '').length;
}

describe('the published helper', () => {
  it('has nothing that publint or arethetypeswrong object to', async () => {
    expect(await problemsOf(installed)).toEqual([]);
  });

  it('installs one file of code, its types, and nothing else', () => {
    expect(readFileSync('packages/client/source/wecomAuth.ts', 'utf8')).not.toMatch(/^import /m);
    const modules = join(installed.folder, 'node_modules');
    expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual([
      'wecom-auth-client',
    ]);
    const files = readdirSync(join(modules, 'wecom-auth-client'), { recursive: true }).sort();
    expect(files).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'README.zh-CN.md',
      'dist',
      'dist/wecomAuth.d.ts',
      'dist/wecomAuth.js',
      'package.json',
    ]);
  });

  it('has the version that its README installs', () => {
    const { version } = JSON.parse(readFileSync('packages/client/package.json', 'utf8'));
    for (const name of ['README.md', 'README.zh-CN.md']) {
      const text = readFileSync(`packages/client/${name}`, 'utf8');
      expect(text).toContain(`npm install ./wecom-auth-client-${version}.tgz`);
    }
  });

  it('is at most 3 kB in a bundle, and less where only its parts are used', async () => {
    const whole = await bundledBytes("export * from 'wecom-auth-client'");
    expect(whole).toBeLessThanOrEqual(3_072);
    const parts = await bundledBytes("export { beginSignIn } from 'wecom-auth-client'");
    expect(parts).toBeLessThan(whole - 500);
  });

  it('has types that fit those of @wecom/jssdk', async () => {
    const program = join(installed.folder, 'program.ts');
    writeFileSync(
      program,
      `import { createWWLoginPanel } from '@wecom/jssdk';
import { createWecomAuth, finishSignIn, type Outcome, type Refusal } from 'wecom-auth-client';
const auth = createWecomAuth({ api: '', keepInTab: true });
const stop: () => void = auth.on('ending', (event) => event.preventDefault());
const outcome: Outcome = await auth.panel(createWWLoginPanel, { el: '#wecom', params: { lang: 'en' } });
const name: string | undefined = auth.session?.member.name;
const isCancel = (refusal: Refusal) => refusal.reason === 'cancelled';
await finishSignIn({ api: '' }, { code: 'c', state: 's' });
// @ts-expect-error There is no such reason.
const isOther = (refusal: Refusal) => refusal.reason === 'other';
// @ts-expect-error The session is not the program's to change.
auth.session = undefined;
`,
    );
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const jssdk = resolve('node_modules/@wecom/jssdk/types/index.d.ts');
    writeFileSync(
      join(installed.folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          module: 'esnext',
          moduleResolution: 'bundler',
          target: 'es2022',
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          types: [],
          paths: { '@wecom/jssdk': [jssdk] },
        },
        files: [program],
      }),
    );
    await run(process.execPath, [tsc, '--project', installed.folder]).catch(({ stdout }) => {
      throw new Error(stdout);
    });
  });
});
