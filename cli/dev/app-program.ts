// The process of one app under `millrace dev`. It is started ahead and loads what every app needs; then it is told which app it is. So a restart costs what the
// app itself costs, and no start of Node.

import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import '../../framework/index.ts'
import { withOriginalFrames } from '../../framework/runtime/original-frames.ts'
import '../../framework/runtime/index.ts'
import '../../framework/serdes/index.ts'
import '../../plugins/broker-memory/index.ts'
import '../../plugins/kafka/index.ts'
import '../../plugins/store-leveldb/index.ts'
import '../../plugins/store-memory/index.ts'
import type { AppOrder, AppReport } from './app-messages.ts'

// As it was built: a worker runs no TypeScript.
new Worker(new URL('./orphan-guard.js', import.meta.url), { execArgv: [] }).unref()

subscribe('millrace:app-state', (message) => {
  const report: AppReport = { state: (message as AppReport).state }
  if (process.connected) process.send?.(report)
})

const [order] = (await once(process, 'message')) as [AppOrder]
Object.assign(process.env, order.environment)
process.argv.splice(1, process.argv.length - 1, order.app)
try {
  await import(pathToFileURL(order.app).href)
} catch (error) {
  process.stderr.write(`${withOriginalFrames(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`)
  process.exitCode = 1
}
// The channel would keep an app from ending that has ended.
if (process.connected) process.disconnect()
