import { relative } from 'node:path';
import type { Bundle } from './bundle.ts';

/** What a function loads before its first request: the entry and its static imports. */
export interface Composition {
  readonly files: number;
  /** Minified. */
  readonly bytes: number;
  /** `bytes` by npm package, the largest first; `wecom-auth` is this project. */
  readonly packages: Readonly<Record<string, number>>;
  /** The bytes of all files of the bundle, including those behind `import()`. */
  readonly totalBytes: number;
}

export function compositionOf({ file, metafile }: Bundle): Composition {
  const { outputs } = metafile;
  const found = new Set<string>();
  const visit = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: imported, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && imported in outputs) visit(imported);
    }
  };
  visit(relative('.', file));

  const packages: Record<string, number> = {};
  let bytes = 0;
  for (const path of found) {
    const output = outputs[path];
    bytes += output?.bytes ?? 0;
    for (const [source, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
      const name = packageOf(source);
      packages[name] = (packages[name] ?? 0) + bytesInOutput;
    }
  }
  return {
    files: found.size,
    bytes,
    packages: Object.fromEntries(Object.entries(packages).sort(([, a], [, b]) => b - a)),
    totalBytes: Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0),
  };
}

/** @returns the npm package of a source file; `wecom-auth` for this project's own */
export function packageOf(source: string): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? 'wecom-auth';
}
