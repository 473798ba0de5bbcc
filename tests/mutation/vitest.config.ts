import { defineConfig } from 'vitest/config';

/** As run.ts sets it: `lib/callback`. */
const folder = process.env['MUTATED_FOLDER'] ?? 'lib/*';

/**
 * The tests that the mutants of a folder have to get past: those of the folder itself, and two of
 * functions that are quick. With all that reach a mutant, a survivor would take minutes.
 */
export default defineConfig({
  test: {
    include: [`tests/${folder}/**/*.test.ts`, 'tests/functions/{authorize,wellKnown}.test.ts'],
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
