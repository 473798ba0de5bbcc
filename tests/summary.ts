import { readFileSync } from 'node:fs';

/** The last line of a run, in plain words; the numbers are the test runner's own report. */
const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
  readFileSync('artifacts/tests.json', 'utf8'),
);
// A file whose set-up failed has no failed test, only skipped ones: it is a failure all the same.
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
