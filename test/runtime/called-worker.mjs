// A worker that answers calls as a stream thread does; one for the store `slow` only when the test opens its gate.

import { register } from 'node:module'
import { workerData } from 'node:worker_threads'

register('../../scripts/typescript.mjs', import.meta.url)
const { answerCalls, ownPlace } = await import('../../framework/runtime/worker-thread.ts')
const place = ownPlace()
answerCalls(place, {
  answer: (call) => {
    if (call.kind === 'check' && call.of.name === 'slow') Atomics.wait(workerData.gate, 0, 0)
    return { kind: 'value', value: undefined }
  },
})
place.port.on('message', () => process.exit())
