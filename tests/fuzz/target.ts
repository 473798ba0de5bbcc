/** A parser that the outside can reach, with what must hold of it for every input. */
export interface Target {
  /** Inputs to begin with, in the form of real ones. */
  readonly seeds: readonly (string | Buffer)[];
  /**
   * Gives an input to the parser. Returns when it is accepted, or refused in the way it should be.
   *
   * @throws anything if the parser fails in another way, or accepts what it must not
   */
  readonly run: (input: Buffer) => void | Promise<void>;
}

/** @throws Error with this text if the statement is false */
export function must(statement: boolean, text: string): void {
  if (!statement) throw new Error(text);
}

/** An error class, abstract ones included. */
type ErrorClass = abstract new (...given: never[]) => Error;

/**
 * @returns the result, or nothing if the call throws an error of one of these classes
 * @throws every other error
 */
export function refusedBy<Result>(
  classes: readonly ErrorClass[],
  call: () => Result,
): Result | undefined {
  try {
    return call();
  } catch (error) {
    if (classes.some((each) => error instanceof each)) return undefined;
    throw error;
  }
}
