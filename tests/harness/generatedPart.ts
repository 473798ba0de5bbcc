import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Replaces the part of a document that a program writes, between `<!-- name -->` and `<!-- /name -->`.
 *
 * @throws Error if the document has no such part
 */
export function replacePart(file: string, name: string, text: string): void {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, rest] = readFileSync(file, 'utf8').split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${file} has no ${begin} … ${end}`);
  writeFileSync(file, `${before}${begin}\n${text}\n${end}${after}`);
}
