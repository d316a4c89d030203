// millrace produce and consume with --topology: keys and values by the serdes of the manifest of a topology that was built.

import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { Client } from '../e2e/client.ts'
import { type Ended, millrace, projectOf } from './program.ts'

// The topology is compiled, and tests share the processor.
vi.setConfig({ testTimeout: 120_000 })

const topology = `import { long, timeWindowed, string, topology, tumbling } from 'millrace'
interface Flight { origin: string; delay: number; id: number }
export default topology('delays', (builder) => {
  const flights = builder.stream<string, Flight>('flights')
  const counts = flights.groupBy((flight) => flight.origin).windowedBy(tumbling('10s')).count()
  counts.toStream().to('counts', { key: timeWindowed(string(), 10_000), value: long() })
})
`

let broker: EmbeddedBroker
let folder: string
let run: (line: string) => Promise<Ended>
let lineOf: (topic: string, record: { key: Buffer; value: Buffer }) => Promise<string>

describe('--topology', () => {
  beforeAll(async () => {
    broker = await startBroker()
    return () => broker.close()
  })

  const prepare = async (files: Readonly<Record<string, string>> = {}): Promise<void> => {
    folder = projectOf({ 'topologies/delays.ts': topology, ...files })
    run = (line) => millrace(line.split(' '), folder, { MILLRACE_BROKERS: broker.address })
    expect(await run('build')).toMatchObject({ code: 0 })
    const client = new Client(broker.address)
    lineOf = async (topic, { key, value }) => {
      await client.createTopics(1, topic)
      await client.send(topic, [{ key, value, timestamp: 7 }])
      const { code, stdout, stderr } = await run(`consume ${topic} --from-start --max 1 --topology delays`)
      return code === 0 ? stdout : `${code} ${stderr}`
    }
  }

  it('reads longs as their digits and windowed keys as objects, of the topics that the topology has and of its internal ones', async () => {
    await prepare()
    const window = Buffer.from('\0\0\0\0\0\0\x27\x10', 'latin1')
    const key = Buffer.concat([Buffer.from('DTW'), window])
    const beyond = Buffer.from('7fffffffffffffff', 'hex')
    const place = '"timestamp":7,"partition":0,"offset":0}\n'
    expect(await lineOf('counts', { key, value: beyond })).toBe(
      `{"key":{"key":"DTW","start":10000,"end":20000},"value":9223372036854775807,${place}`,
    )
    expect(await lineOf('app-counts-changelog', { key: Buffer.concat([key, Buffer.alloc(4)]), value: beyond })).toBe(
      `{"key":{"key":"DTW","start":10000,"end":20000},"value":9223372036854775807,${place}`,
    )
    const exact = '{"origin":"DTW","delay":1,"id":12345678901234567890}'
    expect(await lineOf('flights', { key: Buffer.from('5'), value: Buffer.from(exact) })).toBe(`{"key":"5","value":${exact},${place}`)
    expect(await lineOf('other-counts', { key: Buffer.from('k'), value: beyond })).toMatch(
      /^1 error: Of other-counts-0@0 the key is no windowed\(string, 10000\): /,
    )
    expect(await lineOf('nowhere', { key, value: beyond })).toBe(
      '1 error: The topology delays has no topic nowhere. It has: counts, counts-changelog, counts-groupBy-repartition, flights.\n',
    )
  })

  it('writes the same bytes back, and refuses what is not of its type, with line and place', async () => {
    const lines = [
      '{"key":{"key":"DTW","start":10000,"end":20000},"value":-9223372036854775808,"timestamp":1,"partition":0,"offset":0}',
      '{"key":{"key":"ORD","start":20000,"end":30000},"value":3,"timestamp":2,"partition":0,"offset":1}',
      '{"key":{"key":"ORD","start":20000,"end":30000},"value":null,"timestamp":3,"partition":0,"offset":2}',
    ]
    await prepare({
      'counts.jsonl': `${lines.join('\n')}\n`,
      'flights.jsonl':
        '{"key":"a","value":{"origin":"DTW","delay":1,"id":1}}\n{"key":"a","value":{"origin":"DTW","delay":"late","id":1}}\n',
      'keys.jsonl': '{"key":5,"value":{"origin":"DTW","delay":1,"id":1}}\n',
      'ends.jsonl': '{"key":{"key":"a","start":0,"end":5},"value":1}\n',
    })
    await new Client(broker.address).createTopics(1, 'written-counts')
    await new Client(broker.address).createTopics(1, 'written-flights')
    await new Client(broker.address).createTopics(1, 'written-counts-changelog')
    expect(await run('produce written-counts counts.jsonl --topology delays')).toMatchObject({ code: 0, stderr: '' })
    expect((await run('consume written-counts --from-start --max 3 --topology delays')).stdout).toBe(`${lines.join('\n')}\n`)
    expect((await run('consume written-counts --from-start --max 1')).stdout).toContain('"valueBase64":"gAAAAAAAAAA="')
    const answers = [
      await run('produce written-flights flights.jsonl --topology delays'),
      await run('produce written-flights keys.jsonl --topology delays'),
      await run('produce written-counts ends.jsonl --topology delays'),
      await run('produce written-counts-changelog counts.jsonl --topology delays'),
      await run('produce written-flights flights.jsonl --topology dleays'),
    ]
    expect(answers.map(({ code, stderr }) => `${code} ${stderr}`)).toEqual([
      '1 error: Line 2 of flights.jsonl: the value is no json(Flight): value.delay: expected a number, not "late". Nothing was written.\n',
      '1 error: Line 1 of keys.jsonl: the key is no string: expected a string, not the number 5. Nothing was written.\n',
      '1 error: Line 1 of ends.jsonl: the key is no windowed(string, 10000): a window that starts at 0 ends at 10000, not at 5. Nothing was written.\n',
      '1 error: written-counts-changelog is a changelog of delays: its app alone may write to it.\n',
      '1 error: No topology dleays is built. Did you mean delays? In dist/: delays.\n',
    ])
  })
})
