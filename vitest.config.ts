import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    // Every file starts servers of its own. Workers also wait, for browsers, child processes and pauses of the
    // code, so there is one more than the two cores of the smallest machine.
    maxWorkers: 3,
    reporters: ['default', ['json', { outputFile: 'artifacts/tests.json' }]],
    // For what hangs; what is only slow, on a busy machine, is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['functions/**/*.ts', 'lib/**/*.ts'],
      // docs/proof.md has the measured shares.
      thresholds: { lines: 99, branches: 95 },
      reporter: ['text-summary', 'html', 'json-summary'],
    },
  },
});
