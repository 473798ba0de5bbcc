import { isDeepStrictEqual } from 'node:util';

export interface Result {
  readonly step: string;
  readonly what: string;
  readonly outcome: 'held' | 'failed' | 'skipped';
  readonly detail: string;
}

/** What each step checked. A check that fails does not end the step. */
export class Results {
  readonly all: Result[] = [];
  #step = '';

  /** Runs a step. What it throws is a failed check of its own. */
  async step(name: string, run: () => Promise<void>): Promise<void> {
    this.#step = name;
    console.error(`${name} …`);
    try {
      await run();
    } catch (error) {
      this.#add('the step ends', 'failed', error instanceof Error ? error.message : String(error));
    }
  }

  equal(what: string, actual: unknown, expected: unknown): void {
    if (isDeepStrictEqual(actual, expected)) this.#add(what, 'held', '');
    else this.#add(what, 'failed', `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
  }

  /** @param wrong what does not hold; nothing if all does */
  none(what: string, wrong: readonly string[]): void {
    this.#add(what, wrong.length === 0 ? 'held' : 'failed', wrong.join('; '));
  }

  skip(step: string, why: string): void {
    this.#step = step;
    this.#add('all of it', 'skipped', why);
  }

  #add(what: string, outcome: Result['outcome'], detail: string): void {
    this.all.push({ step: this.#step, what, outcome, detail });
  }
}
