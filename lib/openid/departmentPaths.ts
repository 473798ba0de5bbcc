import type { Department } from '../directory/departments.ts';
import { WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';

/** WeCom has at most 15 levels. */
const MAX_LEVELS = 20;
/** How long a sign-in waits for names, which only some clients ask for. */
const NAMES_TIMEOUT_MS = 3_000;

/**
 * The full paths of departments and of all above them, such as `云帆科技/技术部/后端组`, by id.
 *
 * A department without a readable name has none, so its id stands for it in the claim. A department
 * that cannot be read now keeps its last known path, and is logged.
 *
 * @param ids the member's departments
 * @param now milliseconds since the epoch
 * @param known the last known paths
 */
export async function departmentPaths(
  ids: readonly number[],
  read: (id: number, invocation: Invocation) => Promise<Department>,
  invocation: Invocation,
  now: number,
  known: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const deadline = Math.min(invocation.deadline, now + NAMES_TIMEOUT_MS);
  const paths: Record<string, string> = {};
  for (const id of ids) {
    try {
      const chain = await chainOf(id, (each) => read(each, { ...invocation, deadline }));
      for (let top = chain.length; top > 0; top -= 1) {
        const part = chain.slice(top - 1);
        if (part.every(({ name }) => name !== '')) {
          paths[String(part[0]?.id)] = part
            .map(({ name }) => name)
            .reverse()
            .join('/');
        }
      }
    } catch (error) {
      if (!(error instanceof WecomAuthError)) throw error;
      const last = known[id];
      if (last !== undefined) paths[String(id)] ??= last;
      invocation.log.warn(
        'The path of a department cannot be read: the last known one or the id stands for it',
        {
          departmentId: id,
          ...error.details,
        },
      );
    }
  }
  return paths;
}

/** A department and all above it, the nearest first. */
async function chainOf(id: number, read: (id: number) => Promise<Department>) {
  const chain: { readonly id: number; readonly name: string }[] = [];
  let next: number | undefined = id;
  while (next && chain.length < MAX_LEVELS && !chain.some((each) => each.id === next)) {
    const { name, parentId, hidden }: Department = await read(next);
    // Paths begin at the top of the app's visible range.
    if (hidden) break;
    chain.push({ id: next, name });
    next = parentId;
  }
  return chain;
}
