import { readFileSync } from 'node:fs';
import { parseSync } from 'vite';

/** A node of a syntax tree, in the form of ESTree. */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * Reads a TypeScript file.
 *
 * @returns all nodes of its syntax tree, each before those in it
 * @throws Error if it cannot be parsed
 */
export function nodesOf(file: string): Node[] {
  const { program, errors } = parseSync(file, readFileSync(file, 'utf8'));
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  const nodes: Node[] = [];
  collect(program, nodes);
  return nodes;
}

function collect(value: unknown, nodes: Node[]): void {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value && typeof value.type === 'string') nodes.push(value as Node);
  for (const field of Object.values(value)) collect(field, nodes);
}
