// A backlog that takes three session timeouts to work off causes no rebalance: the app leaves the event loop to its heartbeats often enough. In real time, with
// callbacks that keep the processor busy.

import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { noHeaders } from '../../framework/ports/record.ts'
import { App } from '../../framework/runtime/app.ts'
import type { AppState } from '../../framework/runtime/app-state.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'

const busyMsPerRecord = 10
const text = { key: string(), value: string() }

/** `sessionTimeoutMs`: as short as the cluster allows. */
export function backlogSuite(cluster: string, addressOf: () => string, sessionTimeoutMs: number): void {
  test(`a backlog of three session timeouts causes no rebalance on ${cluster}`, { timeout: 20 * sessionTimeoutMs + 20_000 }, async () => {
    const clock = new SystemClock()
    const connection = { brokers: [addressOf()], clientId: 'backlog', logger: silentLogger, clock }
    const connect = kafka().brokers!.kafka!
    const id = `backlog-${randomUUID().slice(0, 8)}`
    const records = Math.ceil((3 * sessionTimeoutMs) / busyMsPerRecord)

    const broker = connect(connection)
    await broker.connect()
    await broker.admin.createTopics([`${id}-in`, `${id}-out`].map((name) => ({ name, partitions: 1 })))
    const producer = broker.producer({ clientId: 'backlog', lingerMs: 0, bufferBytesMax: 1_000_000, compression: 'none' })
    const writer = await producer.writer(`${id}-in`)
    for (let record = 0; record < records; record++)
      writer.append(0, clock.now(), Buffer.from('k'), 0, 1, `v${record}`, string(), noHeaders)
    await producer.flush()
    await broker.close()

    const slow = topology(id, (builder) => {
      builder
        .stream(`${id}-in`, text)
        .peek(() => stayBusy(clock))
        .to(`${id}-out`, text)
    })
    const states: AppState[] = []
    const engine = memory().stores!.memory!
    const app = new App({
      topology: slow.build(),
      applicationId: id,
      processId: id,
      settings: readSettings({ sessionTimeoutMs, heartbeatIntervalMs: Math.floor(sessionTimeoutMs / 3) }, {}).settings,
      broker: connect(connection),
      engines: { persistent: engine, memory: engine },
      clock,
      logger: silentLogger,
      print: () => {},
      untilEnd: true,
      onState: (state) => states.push(state),
    })
    const totals = await app.run()
    expect(totals.recordsIn).toBe(records)
    expect(totals.seconds * 1_000).toBeGreaterThanOrEqual(3 * sessionTimeoutMs)
    expect(states).toEqual(['starting', 'rebalancing', 'restoring', 'running', 'closing', 'closed'])
  })
}

function stayBusy(clock: SystemClock): void {
  const endMs = clock.monotonicMs() + busyMsPerRecord
  while (clock.monotonicMs() < endMs);
}
