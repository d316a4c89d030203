import { defineConfig } from 'vitest/config'

// What needs a real Apache Kafka (Java and Maven): `npm run test:kafka`. One broker for all files.
export default defineConfig({
  test: {
    include: ['test/**/*.kafka.test.ts'],
    exclude: ['test/fixtures/**'],
    globalSetup: ['test/real-kafka/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
  },
})
