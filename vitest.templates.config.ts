import { defineConfig } from 'vitest/config'

// A project of each template, from the packed package, with all that one does with it: `npm run test:templates`. It installs from the registry.
export default defineConfig({
  test: {
    include: ['test/**/*.templates.test.ts'],
    exclude: ['test/fixtures/**'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    passWithNoTests: false,
  },
})
