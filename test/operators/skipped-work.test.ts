// What operators do not do, one by one or as one function: a value is parsed only where somebody looks at it, and bytes that nobody has changed are written
// as they came.

import { expect, test } from 'vitest'
import { json, type KStream, type Serde, string, type Topology, topology } from '../../framework/index.ts'
import { fused } from '../compiler/fused-topology.ts'
import { TopologyTestDriver } from '../kit/index.ts'

interface Counted<T> {
  readonly serde: Serde<T>
  readonly reads: () => number
  readonly writes: () => number
}

/** A serde that counts how often it reads and writes. */
function counted<T>(serde: Serde<T>): Counted<T> {
  let [reads, writes] = [0, 0]
  return {
    serde: {
      ...serde,
      read(bytes, start, end) {
        reads++
        return serde.read(bytes, start, end)
      },
      write(value, target) {
        writes++
        serde.write(value, target)
      },
    },
    reads: () => reads,
    writes: () => writes,
  }
}

interface Visit {
  readonly page: string
}

const records = 3

type Use = (visits: KStream<string, Visit>, key: Serde<string>, value: Serde<Visit>) => void

/** How often key and value were read and written of three records, and the bytes that came out. */
async function workOf(use: Use) {
  const work = await workAs(use, (topology) => topology)
  expect(await workAs(use, fused)).toEqual(work)
  return work
}

async function workAs(use: Use, fuse: (topology: Topology) => Topology) {
  const [key, value] = [counted(string()), counted(json<Visit>())]
  const made = topology('skipped-work', (builder) => {
    use(builder.stream('visits', { key: key.serde, value: value.serde }), key.serde, value.serde)
  })
  const driver = await TopologyTestDriver.open(fuse(made.build()))
  // White space that no writer would put there shows whether bytes came through as they were.
  for (let index = 0; index < records; index++) driver.pipeBytes('visits', Buffer.from(`k${index % 2}`), Buffer.from('{ "page": "/" }'))
  const written = driver.outputBytes('out').map((record) => String(record.value))
  await driver.close()
  return { key: [key.reads(), key.writes()], value: [value.reads(), value.writes()], written }
}

test('count() never parses a value, and never reads or writes a key', async () => {
  const { key, value } = await workOf((visits) => visits.groupByKey().count({ name: 'counts' }))
  expect({ key, value }).toEqual({ key: [0, 0], value: [0, 0] })
})

test('mapValues() reads a value once, however many operators follow, and never reads or writes a key', async () => {
  const { key, value, written } = await workOf((visits, keySerde) =>
    visits
      .filter((visit) => visit.page !== '')
      .peek((visit) => visit.page)
      .mapValues((visit) => visit.page.length)
      .to('out', { key: keySerde, value: json() }),
  )
  expect({ key, value }).toEqual({ key: [0, 0], value: [records, 0] })
  expect(written).toEqual(['1', '1', '1'])
})

test('operators whose callbacks take nothing read nothing, and bytes go on as they came', async () => {
  const { key, value, written } = await workOf((visits, keySerde, valueSerde) =>
    visits
      .filter(() => true)
      .peek(() => {})
      .to('out', { key: keySerde, value: valueSerde }),
  )
  expect({ key, value }).toEqual({ key: [0, 0], value: [0, 0] })
  expect(written).toEqual(Array.from({ length: records }, () => '{ "page": "/" }'))
})
