import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** The names of the targets. */
export const TARGETS = readdirSync('tests/fuzz/targets').map((file) => file.replace('.ts', ''));

/** What the repository keeps: few small inputs that together reach every branch that was found. */
export const keptIn = (target: string) => `tests/fuzz/corpus/${target}`;
/** What runs on this machine found. */
export const foundIn = (target: string) => `artifacts/fuzz/${target}`;

export function inputsIn(directory: string): Buffer[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .sort()
    .map((name) => readFileSync(`${directory}/${name}`));
}

/** @returns the path, which is named after the content */
export function save(directory: string, input: Buffer, kind = ''): string {
  mkdirSync(directory, { recursive: true });
  const hash = createHash('sha256').update(input).digest('hex').slice(0, 16);
  const path = `${directory}/${kind}${hash}`;
  writeFileSync(path, input);
  return path;
}

/** Replaces what the repository keeps. */
export function replaceKept(target: string, inputs: readonly Buffer[]): void {
  rmSync(keptIn(target), { recursive: true, force: true });
  for (const input of inputs) save(keptIn(target), input);
}
