// A broker that is killed in the middle of a command: the command says so, waits, and goes on when it is back, with nothing lost and nothing twice.

import type { ChildProcess } from 'node:child_process'
import { expect, it, vi } from 'vitest'
import { endOf, millrace, projectOf, startBroker, startMillrace } from './program.ts'

vi.setConfig({ testTimeout: 120_000 })

it('produce and consume outlive a broker that is killed and started again', async () => {
  const folder = projectOf({})
  const first = await startBroker(folder, 'data')
  const { address } = first
  expect(await millrace(['topic', 'create', 't', '--partitions', '1', '--brokers', address], folder)).toMatchObject({ code: 0 })
  const producing = startMillrace(['produce', 't', '--brokers', address], folder)
  const consuming = startMillrace(['consume', 't', '--from-start', '--max', '2', '--brokers', address], folder)
  const outputs = [textOf(producing, 'stderr'), textOf(consuming, 'stderr'), textOf(consuming, 'stdout')] as const
  const [producerSays, consumerSays, records] = outputs
  const ended = Promise.all([endOf(producing), endOf(consuming)])

  producing.stdin?.write('{"value":1}\n')
  await vi.waitUntil(() => records().includes('"value":1'), { timeout: 60_000 })
  first.process.kill('SIGKILL')
  await first.ended
  producing.stdin?.write('{"value":2}\n')
  const gone = `warning: No broker answers at ${address} any more; requests are tried again until it does, or their time is up.\n`
  await vi.waitUntil(() => producerSays() === gone && consumerSays().includes(gone), { timeout: 60_000 })

  await startBroker(folder, 'data', Number(address.split(':')[1]))
  producing.stdin?.end()
  const [produced, consumed] = await ended
  expect(produced).toMatchObject({ code: 0, stdout: '2 records written to t.\n' })
  expect(produced.stderr).toMatch(/warning: Kafka answers again, after [\d.]+ s\.\n$/)
  expect(consumed.code).toBe(0)
  expect(consumed.stdout.match(/"value":\d/g)).toEqual(['"value":1', '"value":2'])
})

/** What it has said so far. */
function textOf(process: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = ''
  process[stream]?.on('data', (part) => {
    text += String(part)
  })
  return () => text
}
