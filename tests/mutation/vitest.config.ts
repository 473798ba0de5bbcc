import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/lib/**/*.test.ts'],
    exclude: ['tests/lib/token/processes.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
