// Operators that are applied: what they are given, and that their state outlives a restart.

import { describe, expect, test } from 'vitest'
import { manifestOf } from '../../framework/graph/manifest.ts'
import {
  type FixedKeyProcessor,
  json,
  type KeyValueStore,
  type KStream,
  type KTable,
  type OperatorContext,
  string,
  topology,
} from '../../framework/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'

/** Lets a value through if it is not that of the record before under the same key. */
function changes<K, V>({ of }: { readonly of: (value: V) => string }) {
  return (stream: KStream<K, V>, { name, key, addStore }: OperatorContext<K, V>): KStream<K, V> => {
    const last = `${name}-last`
    addStore<K, string>(last, { key, value: string() })
    return stream.processValues<V>(() => changesProcessor<K, V>(last, of), { name, stores: [last] })
  }
}

function changesProcessor<K, V>(store: string, of: (value: V) => string): FixedKeyProcessor<K, V, V> {
  let last: KeyValueStore<K, string>
  let forward: (value: V) => void
  return {
    init(context) {
      last = context.store(store)
      forward = (value) => context.forward({ value })
    },
    process({ key, value }) {
      const now = of(value)
      if (last.get(key) === now) return
      last.put(key, now)
      forward(value)
    },
  }
}

const text = { key: string(), value: string() }

describe('an applied operator', () => {
  test('is given the stream, its name and its serdes, and its result goes on', async () => {
    const definition = topology('readings', (builder) => {
      const readings = builder.stream<string, string>('readings', { name: 'readings', ...text })
      const changed = readings.apply(changes({ of: (reading) => reading.trim() }), { name: 'changed' })
      changed.to('changed', { name: 'out', ...text })
    })
    const manifest = manifestOf(definition.build())
    expect(manifest.nodes.map(({ name }) => name)).toEqual(['changed', 'out', 'readings'])
    expect(manifest.stores).toMatchObject([{ name: 'changed-last', key: 'string', changelog: { name: 'changed-last-changelog' } }])
    const driver = await TopologyTestDriver.open(definition)
    const pipe = (...values: string[]): void => {
      for (const value of values) driver.pipe('readings', 'a', value)
    }
    pipe('1', '1 ', '2')
    await driver.restart()
    pipe('2', '1')
    expect(driver.output('changed').map(({ value }) => value)).toEqual(['1', '2', '1'])
    await driver.close()
  })

  test('has serdes that are given, before those that the stream has', () => {
    const seen: (string | undefined)[] = []
    const look = <K, V>(stream: KStream<K, V>, { key, value }: OperatorContext<K, V>): KStream<K, V> => {
      seen.push(key?.name, value?.name)
      return stream
    }
    topology('serdes', (builder) => {
      const words = builder.stream<string, string>('words', text)
      words.apply(look)
      words.apply(look, { key: json<string>({ name: 'Key' }) })
      words.mapValues((word) => ({ word })).apply(look)
    }).build()
    expect(seen).toEqual(['string', 'string', 'json(Key)', 'string', 'string', undefined])
  })

  test('without a name has a number, which is counted only if it asks for it', () => {
    const names = (apply: (words: KStream<string, string>) => KStream<string, string>): string[] => {
      const built = topology('names', (builder) => {
        apply(builder.stream<string, string>('words', text)).to('out', text)
      }).build({ naming: 'kafka-streams' })
      return [...built.nodes.keys()]
    }
    const filtered = names((words) => words.filter(() => true))
    expect(names((words) => words.apply((stream) => stream.filter(() => true)))).toEqual(filtered)
    expect(names((words) => words.apply(changes({ of: String })))).toEqual([
      'KSTREAM-SOURCE-0000000000',
      'KSTREAM-APPLY-0000000001',
      'KSTREAM-SINK-0000000002',
    ])
  })

  test('may be one of tables, and give whatever it likes', async () => {
    const large =
      (least: number) =>
      (table: KTable<string, number>, { name }: OperatorContext<string, number>) => ({
        large: table.filter((value) => value >= least, { name: `${name}-large` }),
        small: table.filter((value) => value < least, { name: `${name}-small` }),
      })
    const definition = topology('sizes', (builder) => {
      const sizes = builder.table<string, number>('sizes', { name: 'sizes', key: string(), value: json<number>() })
      const split = sizes.apply(large(10), { name: 'split' })
      split.large.toStream().to('large', { key: string(), value: json<number>() })
      split.small.toStream().to('small', { key: string(), value: json<number>() })
    })
    const driver = await TopologyTestDriver.open(definition)
    driver.pipe('sizes', 'a', 12)
    driver.pipe('sizes', 'b', 2)
    expect([driver.output('large'), driver.output('small')].map((records) => records.map(({ key, value }) => [key, value]))).toEqual([
      [
        ['a', 12],
        ['b', null],
      ],
      [
        ['a', null],
        ['b', 2],
      ],
    ])
    await driver.close()
  })

  test('that needs a serde that is not known says so', () => {
    const definition = topology('missing', (builder) => {
      const words = builder.stream<string, string>('words', text).selectKey((word) => ({ word }))
      words.apply(changes({ of: String }), { name: 'changed' })
    })
    expect(() => definition.build()).toThrow('changed-last: there is no serde for its keys.')
  })
})
