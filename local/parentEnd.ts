/** How often we look whether the parent is still there. */
const LOOK_MILLISECONDS = 500;

/** Calls when the process that started this one is gone, which may be told to nobody. */
export function whenParentEnds(then: () => void): void {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && then(), LOOK_MILLISECONDS).unref();
}
