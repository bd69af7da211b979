import { defineConfig } from 'vitest/config'

/** A test run that is there to be killed; see test/harness/interrupted.test.ts. */
export default defineConfig({
  test: {
    include: ['test/harness/interrupted/never-ending.ts'],
    globalSetup: ['test/harness/interrupted/setup.ts'],
    testTimeout: 300_000,
  },
})
