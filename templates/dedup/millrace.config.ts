import { defineConfig } from 'millrace'

// Settings that differ from the defaults; `node dist/dedup/app.mjs --help` lists all. Environment variables win over them.
export default defineConfig({
  brokers: ['127.0.0.1:9092'],
  // Results come every second, not every half minute.
  commitIntervalMs: 1_000,
})
