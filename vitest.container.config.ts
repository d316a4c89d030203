import { defineConfig } from 'vitest/config'

// Images of built topologies (buildah, runc, debootstrap; as root on Debian): `npm run test:container`. Where these are missing all is skipped, with the reason.
export default defineConfig({
  test: {
    include: ['test/**/*.container.test.ts'],
    exclude: ['test/fixtures/**'],
    globalSetup: ['test/container/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 240_000,
    passWithNoTests: false,
  },
})
