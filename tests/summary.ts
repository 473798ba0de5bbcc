import { readFileSync } from 'node:fs';

/** Prints the number of tests by result, from the test runner's report. */
const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
  readFileSync('artifacts/tests.json', 'utf8'),
);
// A file whose set-up failed has skipped tests only. It counts as one failure.
const broken = (testResults as TestFile[]).filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
);
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
console.log(`${numPassedTests} passed, ${numFailedTests + broken.length} failed${skipped}`);

interface TestFile {
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string }[];
}
