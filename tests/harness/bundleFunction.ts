import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { parse } from 'yaml';

/** Options in `custom.esbuild` that are serverless-esbuild's, not esbuild's. */
const PLUGIN_OPTIONS = ['exclude', 'outputWorkFolder', 'plugins', 'watch'];

/** Bundles a function with the options of serverless.yml. @returns the file of the handler */
export async function bundleFunction(name: string, outdir: string): Promise<string> {
  const { custom } = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' });
  const { default: plugins } = await import(resolve(custom.esbuild.plugins));
  const options = Object.entries(custom.esbuild).filter(([key]) => !PLUGIN_OPTIONS.includes(key));
  await build({
    ...(Object.fromEntries(options) as BuildOptions),
    plugins,
    entryPoints: [`functions/${name}.ts`],
    outdir,
    logLevel: 'error',
  });
  return join(outdir, `${name}.js`);
}
