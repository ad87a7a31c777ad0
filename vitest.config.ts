import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    reporters: ['default', './house/summary-reporter.ts'],
    // Property tests and recordings of a million events take seconds on a slow machine; no test depends on the clock.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
