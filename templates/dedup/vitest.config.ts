import { millrace } from 'millrace/vitest'
import { defineConfig } from 'vitest/config'

// With the plugin a test has its topologies as a build has them: serdes, names, and what check finds wrong.
export default defineConfig({ plugins: [millrace()] })
