/** The result of one example. */
export interface ExampleResult {
  readonly name: string;
  readonly passed: number;
  readonly failures: readonly string[];
  /** Why tests were skipped. */
  readonly skipped: readonly string[];
}
