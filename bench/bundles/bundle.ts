import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { parse } from 'yaml';

/** What serverless-esbuild keeps for itself of `custom.esbuild`. */
const ITS_OWN = ['exclude', 'outputWorkFolder', 'plugins', 'watch'];

/** A file bundled by the very options of serverless.yml. */
export interface Bundle {
  readonly file: string;
  readonly metafile: Metafile;
}

/**
 * @param source relative to the repository, as is `directory`
 * @param options over those of serverless.yml
 */
export async function bundle(
  source: string,
  directory: string,
  options: BuildOptions = {},
): Promise<Bundle> {
  const { custom } = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' });
  const { default: plugins } = await import(resolve(custom.esbuild.plugins));
  const entries = Object.entries(custom.esbuild).filter(([name]) => !ITS_OWN.includes(name));
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
  if (file === undefined) throw new Error(`esbuild made nothing of ${source}`);
  return { file: resolve(file), metafile };
}
