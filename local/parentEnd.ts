const POLL_MS = 500;

/** Calls `then` when the parent process has ended. It polls, because no signal reports that. */
export function whenParentEnds(then: () => void): void {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && then(), POLL_MS).unref();
}
