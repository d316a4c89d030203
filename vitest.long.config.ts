import { defineConfig } from 'vitest/config'

// What takes minutes: programs run as their users run them, and all recorded topologies on a LevelDB that is opened anew before each step. `npm run test:long`.
export default defineConfig({
  test: {
    include: ['test/**/*.long.test.ts'],
    exclude: ['test/fixtures/**'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    maxWorkers: '100%',
  },
})
