// Serdes from a manifest read and write what the topology's own do.

import { describe, expect, test } from 'vitest'
import { validatorOf } from '../../framework/compiler/index.ts'
import { manifestOf } from '../../framework/graph/manifest.ts'
import {
  bytes,
  definePlugin,
  double,
  integer,
  isMillraceError,
  json,
  long,
  type Serde,
  sessionWindowed,
  string,
  timeWindowed,
  topology,
  tumbling,
} from '../../framework/index.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { changed } from '../../framework/serdes/changed.ts'
import { type DescribedSchemas, serdeFormats, serdeFromManifest } from '../../framework/serdes/from-manifest.ts'
import { subscription, subscriptionResponse } from '../../framework/serdes/subscription.ts'

const builtIn = serdeFormats().serdes

function made(name: string, schemas: DescribedSchemas = {}, formats = {}): Serde<unknown> {
  return serdeFromManifest(name, schemas, { ...builtIn, ...formats })
}

const windowed = { key: 'a', start: 10_000, end: 20_000 }
const cases: readonly (readonly [Serde<unknown>, unknown])[] = [
  pair(string(), 'résumé'),
  pair(long(), -5),
  pair(integer(), 7),
  pair(double(), 0.5),
  pair(bytes(), Buffer.from([1, 2, 3])),
  pair(json(), { a: [1, null] }),
  pair(json({ name: 'Flight' }), { origin: 'DTW' }),
  pair(timeWindowed(string(), 10_000), windowed),
  pair(timeWindowed(json({ name: '{ a: string, b: (c: 1) }' }), 10_000), { ...windowed, key: { a: 'x' } }),
  pair(timeWindowed(string(), Number.POSITIVE_INFINITY), { ...windowed, end: Number.POSITIVE_INFINITY }),
  pair(sessionWindowed(long()), { ...windowed, key: 3 }),
  pair(timeWindowed(timeWindowed(string(), 10_000), 60_000), { key: windowed, start: 0, end: 60_000 }),
  pair(changed(long()), { newValue: 1, oldValue: 2, isLatest: true }),
  pair(subscription(string()), { hash: null, instruction: 'tellAlways', primaryKey: 'k', primaryPartition: 3 }),
  pair(subscriptionResponse(string()), { hash: Buffer.alloc(16, 1), foreignValue: 'v', primaryPartition: undefined }),
]

function pair<T>(serde: Serde<T>, value: T): readonly [Serde<unknown>, T] {
  return [serde as Serde<unknown>, value]
}

/** A format with a schema: the names of the members in order, the values as text between bars. */
function bars(name: string, members: readonly string[]): Serde<Record<string, string>> {
  const text = string()
  return {
    name: `bars(${name})`,
    schema: { members },
    immutable: false,
    read: (source, start, end) => {
      const values = text.read(source, start, end).split('|')
      return Object.fromEntries(members.map((member, index) => [member, values[index] ?? '']))
    },
    write: (value, target) => text.write(members.map((member) => value[member]).join('|'), target),
  }
}

const barsFormat = {
  serde(schema: unknown, { type }: { readonly type: string | undefined }): Serde<unknown> {
    const members = (schema as { readonly members?: readonly string[] } | undefined)?.members
    if (members === undefined) throw new Error('it has no members')
    return bars(String(type), members) as Serde<unknown>
  },
}

describe('a serde from a manifest', () => {
  test.each(cases.map(([serde, value]) => [serde.name, serde, value] as const))(
    '%s has the bytes of the one it was',
    (name, serde, value) => {
      const again = made(name)
      expect(again.name).toBe(name)
      const written = toBytes(serde, value)
      expect(toBytes(again, value).equals(written)).toBe(true)
      const inside = Buffer.concat([Buffer.from('before'), written, Buffer.from('behind')])
      expect(again.read(inside, 6, 6 + written.length)).toEqual(value)
    },
  )

  test('string of a type has its name', () => {
    expect(made("string('on' | 'off')").name).toBe("string('on' | 'off')")
  })

  test('json checks values by the schema both ways if there is a validator, and takes any without', () => {
    const manifest = {
      schemas: { 'json(Flight)': { type: 'object', properties: { at: { type: 'string', format: 'date-time' } }, required: ['at'] } },
    }
    const lenient = serdeFromManifest('json(Flight)', manifest, builtIn)
    expect(lenient.read(Buffer.from('7'), 0, 1)).toBe(7)
    const strict = serdeFromManifest('json(Flight)', manifest, serdeFormats({ validatorOf }).serdes)
    expect(toBytes(strict, { at: '2001-01-01T00:00:00Z' }).toString()).toBe('{"at":"2001-01-01T00:00:00Z"}')
    expect(() => strict.read(Buffer.from('{}'), 0, 2)).toThrow('value.at: expected, but missing')
    expect(() => toBytes(strict, { at: 'noon' })).toThrow('value.at: expected a string of the format date-time, not "noon"')
  })

  test('of a plugin is made of the schema that the manifest has, also inside of others', () => {
    const formats = { ...builtIn, bars: barsFormat }
    const flight = bars('Flight', ['origin', 'carrier'])
    const counts = topology('counts', (builder) => {
      const flights = builder.stream<Record<string, string>, string>('flights', { key: flight, value: string() })
      const hourly = flights.groupByKey().windowedBy(tumbling('1h')).count({ name: 'hourly' })
      hourly.toStream().to('counts', { name: 'out' })
    })
    const manifest = JSON.parse(JSON.stringify(manifestOf(counts.build())))
    const sink = manifest.nodes.find((node: { readonly name: string }) => node.name === 'out')
    expect(sink).toMatchObject({ key: 'windowed(bars(Flight), 3600000)', value: 'long' })
    const key = { key: { origin: 'DTW', carrier: 'NW' }, start: 0, end: 3_600_000 }
    const written = toBytes(timeWindowed(flight, 3_600_000) as Serde<unknown>, key)
    expect(serdeFromManifest(sink.key, manifest, formats).read(written, 0, written.length)).toEqual(key)
    // Where only the windowed serde stands in the manifest, its schema is that of its key.
    const only = { schemas: { [sink.key]: manifest.schemas[sink.key] } }
    expect(serdeFromManifest(sink.key, only, formats).read(written, 0, written.length)).toEqual(key)
  })

  test('of a format that nobody has is refused with the formats that there are', () => {
    const plugin = definePlugin({ name: 'acme', serdes: { bars: barsFormat } })
    const make = () => serdeFromManifest('avro(Flight)', {}, { ...builtIn, ...plugin.serdes })
    expect(make).toThrow(
      /^No plugin has the format avro, in which the serde avro\(Flight\) writes; there are: bytes, .*, bars\. Name the plugin/,
    )
  })

  test.each([
    ['bars(Flight)', 'The serde bars(Flight) cannot be made from what the manifest says of it: it has no members.'],
    ['windowed(string)', 'the size of its windows is not said'],
    ['session', 'what it is of is not said'],
  ])('%s without what it needs says what is missing', (name, problem) => {
    expect(() => made(name, {}, { bars: barsFormat })).toThrow(problem)
  })

  test('is no member that every object inherits', () => {
    expect(() => made('constructor')).toThrow('No plugin has the format constructor')
  })
})

test('two schemas under one name of a serde are refused', () => {
  const twice = topology('twice', (builder) => {
    builder.stream<string, object>('a', { name: 'a', key: string(), value: bars('Flight', ['x']) as Serde<object> })
    builder.stream<string, object>('b', { name: 'b', key: string(), value: bars('Flight', ['y']) as Serde<object> })
  })
  const error = (() => {
    try {
      return manifestOf(twice.build())
    } catch (refusal) {
      return refusal
    }
  })()
  expect(isMillraceError(error, 'topology-invalid')).toBe(true)
  expect((error as Error).message).toBe(
    'Topology twice: b: its serde is called bars(Flight), as another one is that has another schema. Give each schema a name of its own.',
  )
})
