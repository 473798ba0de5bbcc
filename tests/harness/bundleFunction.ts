import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { parse } from 'yaml';

/** What serverless-esbuild keeps for itself of `custom.esbuild`. */
const NOT_OF_ESBUILD = ['exclude', 'outputWorkFolder', 'plugins', 'watch'];

/** Bundles a function by the options of serverless.yml. @returns the file that holds the handler */
export async function bundleFunction(name: string, outdir: string): Promise<string> {
  const { custom } = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' });
  const { default: plugins } = await import(resolve(custom.esbuild.plugins));
  const options = Object.entries(custom.esbuild).filter(([key]) => !NOT_OF_ESBUILD.includes(key));
  await build({
    ...(Object.fromEntries(options) as BuildOptions),
    plugins,
    entryPoints: [`functions/${name}.ts`],
    outdir,
    logLevel: 'error',
  });
  return join(outdir, `${name}.js`);
}
