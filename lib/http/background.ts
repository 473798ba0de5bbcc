/** Work that an answer does not depend on. */
export interface Background {
  add(work: Promise<unknown>): void;
  /**
   * Resolves when all of it has ended, also what it hands over itself, or at the deadline: none of it
   * may hold the answer back for ever.
   */
  finish(): Promise<void>;
}

/**
 * @param deadline milliseconds since the epoch
 * @param failed is told of each piece that fails
 */
export function createBackground(deadline: number, failed: (error: unknown) => void): Background {
  const underWay = new Set<Promise<unknown>>();

  return {
    add(work) {
      const done = work.catch(failed).finally(() => underWay.delete(done));
      underWay.add(done);
    },

    async finish() {
      if (underWay.size === 0) return;
      let ended = false;
      let stop = () => {};
      // Not the clock's sleep: to abort that makes an error with a stack, for every sign-in.
      const end = new Promise<void>((resolve) => {
        const timer = setTimeout(
          () => {
            ended = true;
            resolve();
          },
          Math.max(0, deadline - Date.now()),
        );
        stop = () => clearTimeout(timer);
      });
      while (underWay.size > 0 && !ended) await Promise.race([Promise.all(underWay), end]);
      stop();
    },
  };
}
