/** WeCom has at most 15 levels; more than this can only be a defect of what we were told. */
const LEVELS = 50;
/** Departments read at a time. */
const AT_ONCE = 10;

/**
 * The departments and all above them, the nearest first, each once. A circle ends where it closes,
 * and a department whose parent cannot be seen is where its branch ends.
 *
 * @param parentOf nothing, or 0, above the root and where WeCom does not show the parent
 */
export async function departmentsUpward(
  own: readonly number[],
  parentOf: (id: number) => Promise<number | undefined>,
): Promise<number[]> {
  const found = new Set<number>();
  let level = [...new Set(own)];
  for (let depth = 0; level.length > 0 && depth < LEVELS; depth++) {
    for (const id of level) found.add(id);
    const above = new Set<number>();
    for (let from = 0; from < level.length; from += AT_ONCE) {
      for (const parent of await Promise.all(level.slice(from, from + AT_ONCE).map(parentOf))) {
        if (parent && !found.has(parent)) above.add(parent);
      }
    }
    level = [...above];
  }
  return [...found];
}
