import { defineConfig } from 'vitest/config';

/** Set by run.ts, such as `lib/callback`. */
const folder = process.env['MUTATED_FOLDER'] ?? 'lib/*';

/**
 * Runs the tests of the mutated folder and two fast ones of functions. All tests that reach a mutant would
 * take minutes for each survivor.
 */
export default defineConfig({
  test: {
    include: [`tests/${folder}/**/*.test.ts`, 'tests/functions/{authorize,wellKnown}.test.ts'],
    exclude: [
      // It starts processes, in which mutants are not active.
      'tests/lib/token/processes.test.ts',
      // They take ten seconds, which is too much for each of a thousand mutants.
      'tests/lib/token/model.test.ts',
      'tests/lib/token/ticketModel.test.ts',
    ],
    setupFiles: ['tests/setup.ts', 'tests/mutation/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
