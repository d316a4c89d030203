import { defineConfig } from 'millrace'

// Settings that differ from the defaults; `node dist/tumbling-sum/app.mjs --help` lists all. Environment variables win over them.
export default defineConfig({
  // What an app tells of itself at info, such as its tasks, is left out here: this one only prints its sums.
  logLevel: 'warn',
})
