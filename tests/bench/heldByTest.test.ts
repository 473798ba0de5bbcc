import { describe, expect, it } from 'vitest';
import { heldByTest } from '../../bench/measure/heldByTest.ts';

describe('a budget of a test', () => {
  it('is held where the test runs and does not fail', () => {
    expect(heldByTest('tests/docs/proof.test.ts', 'has the places')).toBe(true);
  });

  it('is not held where no test has the title any more', () => {
    expect(heldByTest('tests/docs/proof.test.ts', 'of no test at all')).toBe(false);
  });
});
