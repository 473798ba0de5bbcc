import type { Department } from '../directory/departments.ts';
import { WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';

/** WeCom has at most 15 levels; a circle ends here. */
const MAX_LEVELS = 20;
/** A sign-in waits no longer for names that only some clients ask for. */
const NAMES_MS = 3_000;

/**
 * The full paths of departments and of all above them, such as `云帆科技/技术部/后端组`, by id.
 *
 * A department without a readable name has none, so its id stands for it in the claim.
 *
 * @param ids the member's departments
 * @param known the paths of the last time, for departments that cannot be read now
 */
export async function departmentPaths(
  ids: readonly number[],
  read: (id: number, invocation: Invocation) => Promise<Department>,
  invocation: Invocation,
  now: number,
  known: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const hurried = { ...invocation, deadline: Math.min(invocation.deadline, now + NAMES_MS) };
  const paths: Record<string, string> = {};
  for (const id of ids) {
    try {
      const chain = await chainOf(id, (each) => read(each, hurried));
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
    // What is above the app's visible range is no part of any path.
    if (hidden) break;
    chain.push({ id: next, name });
    next = parentId;
  }
  return chain;
}
