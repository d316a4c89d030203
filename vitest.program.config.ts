import { defineConfig } from 'vitest/config'

// Everything that runs `millrace` and built apps as programs, one after the other for minutes: `npm run test:programs`.
export default defineConfig({
  test: {
    include: ['test/**/*.program.test.ts'],
    exclude: ['test/fixtures/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    maxWorkers: '100%',
  },
})
