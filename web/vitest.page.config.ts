import { defineConfig } from 'vitest/config';

// Tests of the page in a browser: one file after the other, each with a server of its own.
export default defineConfig({
  test: {
    include: ['tests/**/*.spec.ts'],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
    reporters: ['verbose'],
  },
});
