import { defineConfig } from 'vitest/config';

// Tests of the page in a browser: one file after the other, each with a server of its own.
export default defineConfig({
  test: {
    include: process.env.PAGE_PICTURES ? ['tests/*.shots.ts'] : ['tests/*.spec.ts'],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 60_000,
    reporters: ['verbose'],
  },
});
