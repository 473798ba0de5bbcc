/** Work that the answer does not depend on, see `Invocation.waitUntil`. */
export class Background {
  readonly #pending = new Set<Promise<unknown>>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  add(work: Promise<unknown>): void {
    const done = work.catch(this.#onError).finally(() => this.#pending.delete(done));
    this.#pending.add(done);
  }

  /**
   * Resolves when all work has ended, including work that it added itself, or at the deadline: a
   * piece that never ends must not hold the answer back.
   *
   * @param deadline milliseconds since the epoch
   */
  async finish(deadline: number): Promise<void> {
    if (this.#pending.size === 0) return;
    let over = false;
    let cancel = () => {};
    // Not the clock's sleep: aborting that creates an error with a stack, for every sign-in.
    const end = new Promise<void>((resolve) => {
      const timer = setTimeout(
        () => {
          over = true;
          resolve();
        },
        Math.max(0, deadline - Date.now()),
      );
      cancel = () => clearTimeout(timer);
    });
    while (this.#pending.size > 0 && !over) {
      await Promise.race([Promise.all(this.#pending), end]);
    }
    cancel();
  }
}
