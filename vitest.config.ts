import { defineConfig } from 'vitest/config'

// Everything that needs npm alone, but what takes minutes: vitest.long.config.ts. Tests of types (*.test-d.ts) are held by tsc, with everything else that has types. What needs a real Kafka has vitest.kafka.config.ts, what needs containers vitest.container.config.ts, what makes
// projects of all templates vitest.templates.config.ts.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/fixtures/**',
      'test/**/*.kafka.test.ts',
      'test/**/*.container.test.ts',
      'test/**/*.templates.test.ts',
      'test/**/*.long.test.ts',
    ],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // A promise that nobody awaited is a bug of the product, also when the assertion before it held.
    dangerouslyIgnoreUnhandledErrors: false,
    passWithNoTests: false,
    // Vitest would leave one core idle: on two cores that is half of them.
    maxWorkers: '100%',
  },
})
