// Small topologies of which there are versions: each is made by what differs.

import type { Aggregators } from '../../../framework/dsl/aggregators.ts'
import type { StreamsBuilder } from '../../../framework/dsl/streams-builder.ts'
import { topology } from '../../../framework/dsl/topology-definition.ts'
import { session, type tumbling, within } from '../../../framework/dsl/windows.ts'
import type { Serde } from '../../../framework/ports/serde.ts'
import { json, string } from '../../../framework/serdes/serdes.ts'

export type Build = (builder: StreamsBuilder) => void

export const versionOf = (build: Build) => topology('app', build)

export const text = { key: string(), value: string() }

/** A JSON serde with a schema, as the compiler derives it. */
export function typed<V>(name: string, schema: object): Serde<V> {
  // As a derived serde has it, as far as these schemas go.
  const { required = [], properties = {} } = schema as {
    required?: readonly string[]
    properties?: Record<string, { type?: string; default?: unknown }>
  }
  const check = (value: Record<string, unknown>): V => {
    for (const member of required) {
      const { type, default: initial } = properties[member] ?? {}
      if (initial === undefined && (value[member] === undefined || (type !== undefined && typeof value[member] !== type)))
        throw new Error(`value.${member} is wrong`)
    }
    return value as V
  }
  return { ...json<V>({ name, parse: (value) => check(value as Record<string, unknown>) }), schema }
}

export const object = (properties: object, required: readonly string[] = Object.keys(properties)): object => ({
  type: 'object',
  properties,
  required,
})
export const number = { type: 'number' }
export const word = { type: 'string' }

type Folded = Record<string, unknown>

/** An aggregate of this schema. */
export const folded =
  (
    schema: object,
    next: (before: Folded, value: string) => Folded,
    initial: Folded = { n: 0 },
    migrate?: (old: unknown) => unknown,
  ): Build =>
  (builder) => {
    builder
      .stream('in', text)
      .groupByKey()
      .aggregate(() => initial, next, {
        store: { name: 'totals', ...(migrate === undefined ? {} : { migrate }) },
        value: typed<Folded>('Total', schema),
      })
      .toStream()
      .mapValues((total) => JSON.stringify({ n: total?.n ?? null }))
      .to('out', text)
  }

export const addOne = (before: Folded): Folded => ({ ...before, n: Number(before.n) + 1 })
export const counted = folded(object({ n: number }), addOne)

export const lengthOf = (line: string): number => line.length

/** Named aggregators, of which the results are sent without their names. */
export const aggregated =
  (aggregators: Aggregators<string>): Build =>
  (builder) => {
    builder
      .stream('in', text)
      .groupByKey()
      .aggregate(aggregators, { store: 'totals' })
      .toStream()
      .mapValues((total) => JSON.stringify(Object.values(total ?? {})))
      .to('out', text)
  }

export const counts =
  (store: string | { name: string; caching?: boolean; persistent?: boolean; logging?: boolean; entriesMax?: number }, least = 0): Build =>
  (builder) => {
    builder
      .stream('in', text)
      .groupByKey()
      .count({ store, name: 'counting' })
      .toStream()
      .filter((count) => (count ?? 0) >= least)
      .mapValues((count) => String(count))
      .to('out', text)
  }

export const grouped =
  (name: string, partitions?: number): Build =>
  (builder) => {
    const keyed = builder.stream('in', text).selectKey((value) => value.slice(0, 1))
    const stream = keyed.repartition({ ...text, name, ...(partitions === undefined ? {} : { partitions }) })
    stream
      .groupByKey()
      .count({ store: 'counts' })
      .toStream()
      .mapValues((count) => String(count))
      .to('out', text)
  }

export const windowed =
  (window: ReturnType<typeof tumbling>, retention?: string): Build =>
  (builder) => {
    builder
      .stream('in', text)
      .groupByKey()
      .windowedBy(window)
      .count({ store: { name: 'counts', ...(retention === undefined ? {} : { retention: retention as '1h' }) } })
      .toStream((_count, { key }) => key)
      .mapValues((count) => String(count))
      .to('out', text)
  }

export const sessions =
  (gap: `${number}s`, grace: number): Build =>
  (builder) => {
    builder
      .stream('in', text)
      .groupByKey()
      .windowedBy(session(gap, { grace }))
      .count({ store: 'sessions' })
      .toStream((_count, { key }) => key)
      .mapValues((count) => String(count))
      .to('out', text)
  }

export const joined =
  (difference: `${number}s`, grace = 0): Build =>
  (builder) => {
    const left = builder.stream('in', text)
    const right = builder.stream('other', text)
    left
      .join(right, (a, b) => `${a}${b}`, within(difference, { grace }), { ...text, otherValue: string(), store: 'pairs', name: 'joined' })
      .to('out', text)
  }

export const enriched =
  (store: string): Build =>
  (builder) => {
    const table = builder.table('other', { ...text, store, name: 'others' })
    builder
      .stream('in', text)
      .leftJoin(table, (a, b) => `${a}/${b}`, { name: 'joined' })
      .to('out', text)
  }

export const copied =
  (source: Serde<unknown>, sink: Serde<unknown>, key: Serde<unknown> = string()): Build =>
  (builder) => {
    builder
      .stream<object, object>('in', { key: key as Serde<object>, value: source as Serde<object>, name: 'read' })
      .to('out', { key: key as Serde<object>, value: sink as Serde<object>, name: 'written' })
  }

export const elements =
  (count: number): Build =>
  (builder) => {
    const list = Array.from({ length: count }, (_, index) => [String(index), 'x'] as const)
    builder.fromElements<string, string>(list, { ...text, name: 'list' }).to('out', text)
  }

export const keyed =
  (key: Serde<unknown>): Build =>
  (builder) => {
    builder
      .table<object, string>('in', { key: key as Serde<object>, value: string(), store: 'rows', name: 'rows-table' })
      .toStream()
      .to('out', { key: key as Serde<object>, value: string() })
  }

export const order = typed<unknown>('Order', object({ id: word, cents: number }))
