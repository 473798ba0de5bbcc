import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';

const run = promisify(execFile);

/** Without the settings of the npm that runs this. */
export const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)),
);

export interface InstalledPackage {
  /** The folder it is installed in. */
  folder: string;
  /** The file that `npm pack` wrote. */
  tarball: string;
  /** Of that file, in bytes. */
  packedBytes: number;
  /** Of everything installed, in bytes. */
  installedBytes: number;
  /** How many files are installed. */
  files: number;
}

/**
 * Packs a package as `npm publish` does, and installs it into an empty folder, without a registry.
 *
 * @param name its folder in `packages/`
 */
export async function installPackage(name: string, directory: string): Promise<InstalledPackage> {
  const folder = join(directory, 'project');
  mkdirSync(folder, { recursive: true });
  const pack = ['pack', `./packages/${name}`, '--json', '--pack-destination', directory];
  const { stdout } = await run('npm', pack, { env: environment });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
  const tarball = join(directory, packed.filename);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const install = ['install', '--offline', '--ignore-scripts', tarball];
  await run('npm', install, { cwd: folder, env: environment });
  return {
    folder,
    tarball,
    packedBytes: packed.size,
    installedBytes: packed.unpackedSize,
    files: packed.entryCount,
  };
}

/**
 * What publint and arethetypeswrong find. `require` of the package is not looked at: both packages
 * are ES modules only.
 */
export async function problemsOf({ tarball }: InstalledPackage): Promise<string[]> {
  const data = readFileSync(tarball);
  const { messages } = await publint({ pack: { tarball: Uint8Array.from(data).buffer } });
  const analysis = await checkPackage(createPackageFromTarballData(data));
  const problems = analysis.types ? analysis.problems : [{ kind: 'no types' }];
  return [
    ...messages.map(({ code, path }) => `${code} ${path.join('.')}`),
    ...problems
      .map((problem) => JSON.stringify(problem))
      .filter((problem) => !problem.includes('"node16-cjs"')),
  ];
}
