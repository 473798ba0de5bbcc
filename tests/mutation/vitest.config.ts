import { defineConfig } from 'vitest/config';

/** The tests that mutants of lib/ have to get past: those of lib/, and of two functions that are quick. */
export default defineConfig({
  test: {
    include: ['tests/lib/**/*.test.ts', 'tests/functions/{authorize,wellKnown}.test.ts'],
    exclude: [
      // Mutants are not active in the processes that it starts.
      'tests/lib/token/processes.test.ts',
      // It takes ten seconds, which is too much for each of a thousand mutants.
      'tests/lib/token/model.test.ts',
    ],
    setupFiles: ['tests/mutation/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
