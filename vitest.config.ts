import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Most of the time goes to processes that tests start, so a worker for each of two cores is not too many.
    maxWorkers: 2,
  },
});
