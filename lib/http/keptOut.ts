import type { TimeSource } from '../clock.ts';

/** How long a member is not counted again. */
const COUNTED_MS = 1_800_000;
/** A bound on memory. A member that is dropped early is counted again. */
const MEMBERS = 100;

/** The members whom this instance has counted among those who cannot sign in. */
export class KeptOut {
  readonly #counted = new Map<string, number>();
  readonly #clock: TimeSource;

  constructor(clock: TimeSource) {
    this.#clock = clock;
  }

  /**
   * Notes a member.
   *
   * @param member a pseudonym; absent: it is not known who it is
   * @returns whether to count: nobody known, or somebody who was not counted in the last half hour
   */
  isNew(member: string | undefined): boolean {
    if (member === undefined) return true;
    const now = this.#clock.now();
    const at = this.#counted.get(member);
    if (at !== undefined && now < at + COUNTED_MS) return false;
    // To the end: the oldest comes first in a Map.
    this.#counted.delete(member);
    const [oldest] = this.#counted.keys();
    if (oldest !== undefined && this.#counted.size >= MEMBERS) this.#counted.delete(oldest);
    this.#counted.set(member, now);
    return true;
  }
}
