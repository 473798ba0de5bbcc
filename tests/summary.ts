import { readFileSync } from 'node:fs';

/** The last line of a run, in plain words; the numbers are the test runner's own report. */
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(
  readFileSync('artifacts/tests.json', 'utf8'),
);
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped}`);
