// Parts of millrace dev that decide: how many partitions topics get, and how records look.

import { describe, expect, it } from 'vitest'
import { flowOf, partitionsOfMissing, topicsOf } from '../../cli/dev/dev-topics.ts'
import { comesByCount, keysAs, valuesAs } from '../../cli/dev/shown-record.ts'
import { type Manifest, manifestOf } from '../../framework/graph/manifest.ts'
import {
  json,
  long,
  type Serde,
  type StreamsBuilder,
  serdeFormats,
  sessionWindowed,
  string,
  timeWindowed,
  topology,
  tumbling,
  tumblingCount,
} from '../../framework/index.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'

const text = { key: string(), value: string() }
const manifest = (build: (builder: StreamsBuilder) => void): Manifest => manifestOf(topology('flights', build).build())

describe('the topics of topologies', () => {
  const joined = manifest((builder) => {
    const airports = builder.table<string, string>('airports', text)
    const flights = builder.stream<string, string>('flights', text)
    flights.join(airports, (flight, airport) => flight + airport).to('joined', text)
    flights.to((value: string) => value, text)
    builder.stream<string, string>('others', text).to('copies', text)
  })

  it('are those that are read and written under a name, with tables known', () => {
    const { read, tables, written } = topicsOf([joined])
    expect([...read].sort()).toEqual(['airports', 'flights', 'others'])
    expect([...tables]).toEqual(['airports'])
    expect([...written.keys()].sort()).toEqual(['copies', 'joined'])
    expect(flowOf(joined)).toMatch(/^flights: (\w+, ){2}\w+ → (copies, joined|joined, copies)$/)
  })

  it('get as many partitions as what they are joined with has, all others the number by default', () => {
    const missing = ['airports', 'others', 'joined']
    expect(Object.fromEntries(partitionsOfMissing(missing, new Map([['flights', 6]]), [joined], 2))).toEqual({
      airports: 6,
      others: 2,
      joined: 2,
    })
    expect(Object.fromEntries(partitionsOfMissing(['flights', 'airports'], new Map(), [joined], 3))).toEqual({ flights: 3, airports: 3 })
  })

  it('are those that match a pattern, too', () => {
    const matching = manifest((builder) => builder.stream<string, string>(/^flights-\d+$/, text).to('all', text))
    const { read, patterns } = topicsOf([matching])
    expect([...read]).toEqual([])
    expect(patterns).toEqual([/^flights-\d+$/])
    expect(flowOf(matching)).toBe('flights: /^flights-\\d+$/ → all')
  })

  it('follow a repartition topic whose number is chosen', () => {
    const chosen = manifest((builder) => {
      const rows = builder.table<string, string>('rows', text)
      const keyed = builder.stream<string, string>('values', text).selectKey((value) => value)
      keyed
        .repartition({ ...text, name: 'keyed', partitions: 5 })
        .join(rows, (left, right) => left + right)
        .to('out', text)
    })
    expect(partitionsOfMissing(['rows', 'values'], new Map(), [chosen], 1)).toEqual(
      new Map([
        ['rows', 5],
        ['values', 1],
      ]),
    )
  })
})

describe('a record', () => {
  const formats = serdeFormats().serdes
  const none = manifest((builder) => builder.stream<string, string>('in', text).to('out', text))
  const shown = <T>(serde: Serde<T>, value: T, as = keysAs): string => {
    const target = {
      bytes: Buffer.alloc(10_000),
      end: 0,
      reserve() {},
    }
    serde.write(value, target)
    return as(serde.name, none, formats)(target.bytes, 0, target.end)
  }

  it('is shown as what it is', () => {
    const hour = { key: 'MI', start: Date.UTC(2001, 0, 31, 18), end: Date.UTC(2001, 0, 31, 19) }
    expect([
      shown(string(), 'a word'),
      shown(long(), 42),
      shown(json<unknown>(), { count: 1 }),
      shown(timeWindowed(string(), 3_600_000), hour),
      shown(sessionWindowed(long()), { key: 7, start: 0, end: 1_500 }),
    ]).toEqual([
      'a word',
      '42',
      '{"count":1}',
      '[MI@2001-01-31T18:00:00Z/2001-01-31T19:00:00Z]',
      '[7@1970-01-01T00:00:00Z/1970-01-01T00:00:01.500Z]',
    ])
    expect(keysAs('string', none, formats)(Buffer.alloc(0), -1, -1)).toBe('null')
  })

  it('of a count window is shown with the numbers of its records, which are no times', () => {
    const counted = manifest((builder) => {
      const words = builder.stream<string, string>('in', text).groupByKey()
      words.windowedBy(tumblingCount(10)).count().to('tens')
      words.windowedBy(tumbling('1h')).count().toStream().to('hours')
    })
    expect([comesByCount('tens', counted), comesByCount('hours', counted), comesByCount('in', counted)]).toEqual([true, false, false])
    const serde = sessionWindowed(string())
    const bytes = toBytes(serde, { key: 'MI', start: 10, end: 20 })
    expect(keysAs(serde.name, none, formats, true)(bytes, 0, bytes.length)).toBe('[MI@10/20]')
  })

  it('is short, and on one line', () => {
    expect(shown(string(), `two\nlines${'x'.repeat(500)}`, valuesAs)).toMatch(/^two⏎linesx+…$/)
    expect(shown(string(), 'x'.repeat(500), valuesAs)).toHaveLength(160)
    expect(shown(string(), 'x'.repeat(60))).toHaveLength(60)
  })

  it('is shown as it is where nobody can read it', () => {
    const read = (serde: string, bytes: Buffer): string => valuesAs(serde, none, formats)(bytes, 0, bytes.length)
    expect(read('long', Buffer.from('text'))).toBe('text')
    expect(read('avro(Flight)', Buffer.from([0xff, 1]))).toBe('0xff01')
    expect(read('json(Flight)', Buffer.from('{'))).toBe('{')
  })
})
