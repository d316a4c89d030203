import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { asOffset } from '../../framework/ports/record.ts'
import { MemoryBroker, MemoryCluster } from '../../plugins/broker-memory/index.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'

// An app whose broker is gone slept no more, because it was told again and again that something had arrived.
test('who waits for records goes on waiting when the broker has crashed, and is told when it is closed', async () => {
  const broker = new MemoryBroker(new MemoryCluster(new VirtualClock()), 'test')
  await broker.admin.createTopics([{ name: 'in', partitions: 1 }])
  const fetcherOf = () => {
    const fetcher = broker.fetcher({ clientId: 'test', readCommitted: true, bufferBytesMax: 1_000 })
    fetcher.assign([{ topic: 'in', partition: 0, offset: asOffset(0) }])
    return fetcher
  }
  const [crashed, closed] = [fetcherOf(), fetcherOf()]
  const told: string[] = []
  const wait = (name: string, fetcher: typeof crashed) => void fetcher.arrived().then(() => told.push(name))
  wait('before the close', closed)
  await closed.close()
  wait('after the close', closed)
  wait('before the crash', crashed)
  broker.crash()
  wait('after the crash', crashed)
  for (let turn = 0; turn < 10; turn++) await nextTurn()
  expect(told).toEqual(['before the close', 'after the close'])
  expect(crashed.take()).toEqual([])
})
