// Where classic-level lies. It has native code, so it is no part of a bundle. In production it is installed beside the app; in a project it is a
// dependency of Millrace, which a package manager may have put where only Millrace finds it. It is loaded when the first state is opened: an app
// without state runs without it.

import { createRequire } from 'node:module'

type ClassicLevelModule = typeof import('classic-level')

export const classicLevel = {
  /** A path that `require` takes, in any thread. Throws Node's MODULE_NOT_FOUND. */
  path(): string {
    const require = createRequire(import.meta.url)
    try {
      return require.resolve('classic-level')
    } catch (error) {
      const library = resolveLibrary(require)
      if (library === null) throw error
      return createRequire(library).resolve('classic-level')
    }
  },

  load(): ClassicLevelModule {
    return createRequire(import.meta.url)(classicLevel.path()) as ClassicLevelModule
  },
}

function resolveLibrary(require: NodeJS.Require): string | null {
  try {
    return require.resolve('millrace/package.json')
  } catch {
    return null
  }
}
