import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { createInstrumenter } from 'istanbul-lib-instrument';
import { nodesOf } from '../harness/syntax.ts';
import type { Target } from './target.ts';

/** A target that counts what it runs. */
export interface Instrumented {
  readonly target: Target;
  /** Short texts of its code: names of fields, events and schemes, which chance would not find. */
  readonly words: readonly string[];
  /** @returns the branches that ran since the last call, each with how often, as a number of its own */
  takeFeatures(): number[];
}

/** Istanbul's counters: how often each function, and each way of each branch, ran. */
interface Counters {
  readonly f: Record<string, number>;
  readonly b: Record<string, number[]>;
}

const VARIABLE = '__fuzz_coverage__';
const DIRECTORY = 'artifacts/fuzz/bundles';

/**
 * Bundles a target with all that it imports, dependencies too, and counters in every branch.
 *
 * @param name of a file in tests/fuzz/targets
 */
export async function instrument(name: string): Promise<Instrumented> {
  const { outputFiles } = await build({
    entryPoints: [`tests/fuzz/targets/${name}.ts`],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    write: false,
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module';const require=createRequire('/');" },
  });
  const instrumenter = createInstrumenter({
    esModules: true,
    coverageVariable: VARIABLE,
    compact: false,
  });
  const file = resolve(DIRECTORY, `${name}.mjs`);
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(file, outputFiles[0]?.text ?? '');
  const words = wordsOf(file);
  writeFileSync(file, instrumenter.instrumentSync(outputFiles[0]?.text ?? '', file));
  const { default: target } = (await import(file)) as { default: Target };
  const counted = (globalThis as unknown as Record<string, Record<string, Counters>>)[VARIABLE];
  const counters = counted?.[file];
  if (counters === undefined) throw new Error(`${file} has no counters`);
  return { target, words, takeFeatures: () => takeFeatures(counters) };
}

function wordsOf(file: string): string[] {
  const texts = nodesOf(file).flatMap(({ type, value }) =>
    type === 'Literal' && typeof value === 'string' ? [value] : [],
  );
  return [...new Set(texts)].filter(({ length }) => length > 1 && length <= 32);
}

function takeFeatures({ f, b }: Counters): number[] {
  const features: number[] = [];
  let number = 0;
  const take = (count: number) => {
    // As in AFL: 1, 2, 3, 4–7, 8–15 … are different, so that more turns of a loop are seen.
    if (count > 0)
      features.push(number * 16 + (count < 4 ? count : 2 + Math.min(31 - Math.clz32(count), 12)));
    number += 1;
  };
  for (const id in f) {
    take(f[id] ?? 0);
    f[id] = 0;
  }
  for (const id in b) {
    const ways = b[id] ?? [];
    for (let way = 0; way < ways.length; way += 1) {
      take(ways[way] ?? 0);
      ways[way] = 0;
    }
  }
  return features;
}
