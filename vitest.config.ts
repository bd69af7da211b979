import { defineConfig } from 'vitest/config'

/**
 * Three projects, one after the other: `unit` needs nothing, `conformance` Java, `integration` a real Kafka, which its global
 * setup starts. `npx vitest run --project unit` runs one of them.
 */
const integration = [
  'test/integration/**/*.test.ts',
  'test/interop/**/*.test.ts',
  'test/harness/**/*.test.ts',
]
const conformance = ['test/conformance/**/*.test.ts']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...conformance, ...integration],
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'conformance',
          include: conformance,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'integration',
          include: integration,
          globalSetup: ['test/setup/kafka.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          maxWorkers: 2, // brokers of tests' own, JVM tools and the tests themselves share the processors
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
