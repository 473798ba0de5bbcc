import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { parse } from 'yaml';

/** Options in `custom.esbuild` that are serverless-esbuild's, not esbuild's. */
const PLUGIN_OPTIONS = ['exclude', 'outputWorkFolder', 'plugins', 'watch'];

/** A file bundled with the options of serverless.yml. */
export interface Bundle {
  readonly file: string;
  readonly metafile: Metafile;
}

/**
 * Bundles a file with the options of serverless.yml.
 *
 * @param source relative to the repository
 * @param options override those of serverless.yml
 */
export async function bundle(
  source: string,
  directory: string,
  options: BuildOptions = {},
): Promise<Bundle> {
  const { custom } = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' });
  const { default: plugins } = await import(resolve(custom.esbuild.plugins));
  const entries = Object.entries(custom.esbuild).filter(([name]) => !PLUGIN_OPTIONS.includes(name));
  const { metafile } = await build({
    ...(Object.fromEntries(entries) as BuildOptions),
    plugins,
    ...options,
    entryPoints: [source],
    outdir: directory,
    metafile: true,
    logLevel: 'error',
  });
  const [file] =
    Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source) ?? [];
  if (file === undefined) throw new Error(`esbuild wrote no bundle of ${source}`);
  return { file: resolve(file), metafile };
}
