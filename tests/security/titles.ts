import { type Node, nodesOf } from '../harness/syntax.ts';

/** A call of `describe`, `it` or `test` in a test file. */
export interface Titled {
  /** The titles of the groups around it and its own, joined by ` › `. */
  readonly path: string;
  /** Whether it runs nowhere: `skip` or `todo`, of itself or of a group around it. */
  readonly isSkipped: boolean;
}

/**
 * @param file a path from the root of the repository
 * @returns all groups and tests of a file whose title is written out. Of `each` it is the pattern
 */
export function titlesOf(file: string): Titled[] {
  const calls = nodesOf(file).flatMap((node) => callOf(node) ?? []);
  return calls.map((call) => {
    const around = calls.filter(({ start, end }) => start <= call.start && call.end <= end);
    return {
      path: around.map(({ title }) => title).join(' › '),
      isSkipped: around.some(({ isSkipped }) => isSkipped),
    };
  });
}

interface Call {
  readonly title: string;
  readonly isSkipped: boolean;
  readonly start: number;
  readonly end: number;
}

function callOf({ type, callee, arguments: given, start, end }: Node): Call | undefined {
  if (type !== 'CallExpression') return undefined;
  const [first] = given as Node[];
  const title = first?.type === 'Literal' ? first['value'] : undefined;
  const names = namesOf(callee as Node);
  if (typeof title !== 'string' || !['describe', 'it', 'test'].includes(names[0] ?? '')) return;
  const isSkipped = names.includes('skip') || names.includes('todo');
  return { title, isSkipped, start: start as number, end: end as number };
}

/** @returns `it` and `each` for `it.each(rows)`, which is called with the title. */
function namesOf(callee: Node): string[] {
  if (callee.type === 'Identifier') return [callee['name'] as string];
  if (callee.type === 'MemberExpression') {
    const { name } = callee['property'] as { name?: string };
    return [...namesOf(callee['object'] as Node), ...(name === undefined ? [] : [name])];
  }
  const called = callee['callee'] ?? callee['tag'];
  return called === undefined ? [] : namesOf(called as Node);
}
