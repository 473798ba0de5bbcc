import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/*
 * Builds what is published: one file without dependencies, for Node.js 20 and newer, and the declarations
 * of the library. `npm pack` and `npm publish` run it first.
 */
const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, 'dist');
const types = join(dist, 'types');

rmSync(dist, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: [join(here, 'source/bundle.ts')],
  outfile: join(dist, 'wecom-emulator.js'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  charset: 'utf8',
  metafile: true,
  // Its entry for Node.js is CommonJS: three times the bytes, and it calls require(), which is not there.
  alias: { yaml: fileURLToPath(new URL('../browser/dist/index.js', import.meta.resolve('yaml'))) },
});
const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
execFileSync(process.execPath, [tsc, '--project', here], { stdio: 'inherit' });
const used = declarationsOf(join(types, 'library.d.ts'));
for (const name of readdirSync(types, { recursive: true, encoding: 'utf8' })) {
  const file = join(types, name);
  if (name.endsWith('.d.ts') && !used.has(file)) rmSync(file);
}
/** The folder of each package in the bundle, by its name. */
const bundled = new Map(
  Object.keys(metafile.inputs).flatMap((input) => {
    const [, folder, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(input) ?? [];
    return folder && name ? [[name, folder] as const] : [];
  }),
);
// Their licences must be with every copy.
for (const [name, folder] of bundled) {
  const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (licence === undefined) throw new Error(`${name} has no licence file`);
  copyFileSync(join(folder, licence), join(dist, `LICENSE.${name.replace('/', '-')}.md`));
}

/** A declaration file and those it imports. tsc also writes those of modules that only the code needs. */
function declarationsOf(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, imported = ''] of readFileSync(file, 'utf8').matchAll(/ from '(\..+?)\.ts'/g)) {
    declarationsOf(join(dirname(file), `${imported}.d.ts`), found);
  }
  return found;
}
