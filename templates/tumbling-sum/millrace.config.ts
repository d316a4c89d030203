import { defineConfig } from 'millrace'

// Settings that differ from the defaults; `node dist/tumbling-sum/app.mjs --help` lists all. Environment variables win over them.
export default defineConfig({
  logLevel: 'warn',
})
