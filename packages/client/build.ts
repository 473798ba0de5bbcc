import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/*
 * Builds what is published: one file without dependencies, and its declarations. The syntax is that of
 * 2020, which the browsers inside older WeCom clients know. `npm pack` and `npm publish` run it first.
 */
const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, 'dist');

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: [join(here, 'source/wecomAuth.ts')],
  outdir: dist,
  target: 'es2020',
  format: 'esm',
  charset: 'utf8',
});
const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
execFileSync(process.execPath, [tsc, '--project', here], { stdio: 'inherit' });
