import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'install-scripts-'));
afterAll(() => rmSync(directory, { recursive: true }));

function npm(cwd: string, ...args: string[]): Promise<{ exitCode: number; printed: string }> {
  // Without the settings of the npm that runs these tests.
  const environment = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  return new Promise((resolve) => {
    execFile('npm', args, { cwd, env: Object.fromEntries(environment) }, (error, out, err) =>
      resolve({ exitCode: Number(error?.code ?? 0), printed: out + err }),
    );
  });
}

/** A project with this repository's .npmrc and one dependency, which has an install script. */
async function projectWith(listed?: boolean): Promise<string> {
  const dependency = mkdtempSync(join(directory, 'dependency-'));
  const scripts = { install: "node -e \"fs.writeFileSync('script-ran', '')\"" };
  writeManifest(dependency, { name: 'with-script', version: '1.0.0', scripts });
  await npm(dependency, 'pack', '--ignore-scripts');
  const project = join(dependency, 'project');
  mkdirSync(project);
  copyFileSync('.npmrc', join(project, '.npmrc'));
  const dependencies = { 'with-script': 'file:../with-script-1.0.0.tgz' };
  // npm lists a package that comes from a file by its path.
  const allowScripts = { [`file:${dependency}/with-script-1.0.0.tgz`]: listed };
  writeManifest(project, { name: 'project', version: '1.0.0', dependencies, allowScripts });
  return project;
}

function writeManifest(folder: string, content: object): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(content));
}

/** npm before 11 ignores the setting, as docs/security.md says. */
const isKnown = (await npm(directory, 'config', 'ls', '-l')).printed.includes(
  'strict-allow-scripts',
);

const ran = (project: string) => existsSync(join(project, 'node_modules/with-script/script-ran'));

describe.skipIf(!isKnown)('an install script', () => {
  it('that is not listed stops the installation before it runs', async () => {
    const project = await projectWith();
    const { exitCode, printed } = await npm(project, 'install', '--offline', '--no-audit');
    expect(exitCode).not.toBe(0);
    expect(printed).toContain('with-script@');
    expect(printed).toContain('allowScripts');
    expect(ran(project)).toBe(false);
  });

  it.each([
    ['runs', true],
    ['does not run', false],
  ])('that is listed %s as it is listed', async (_what, listed) => {
    const project = await projectWith(listed);
    const { exitCode } = await npm(project, 'install', '--offline', '--no-audit');
    expect(exitCode).toBe(0);
    expect(ran(project)).toBe(listed);
  });
});
