// Operators that let some of a stream's records through, by what came before under the same key: each is a small processor with state by key.

import { type KeyedResults, unchanged } from '../graph/keyed-state.ts'
import type { Callback } from '../graph/operator-spec.ts'
import { toBytes } from '../serdes/byte-buffer.ts'
import { murmur3 } from '../serdes/murmur3.ts'
import { json } from '../serdes/serdes.ts'
import { requireFunction, requireOptions } from './arguments.ts'
import { durationMs } from './duration.ts'
import { type AnySerde, addStep, requireSerde, type StreamFlow } from './flow.ts'
import { type AnyKeyedDefinition, addKeyedProcess } from './keyed-process.ts'
import type { DistinctOptions, SampleOptions, ThrottleOptions, TopOptions, WriteOptions } from './options.ts'
import { map, set, value } from './state-types.ts'

type Stateful = 'distinctBy' | 'throttle' | 'sample' | 'topN'

export function distinctBy(flow: StreamFlow, idOf: Callback<unknown>, options: DistinctOptions<unknown, unknown, unknown>): StreamFlow {
  requireFunction(flow.graph, 'KStream.distinctBy', 'selector', idOf)
  requireOptions(flow.graph, 'KStream.distinctBy', options)
  const member = requireSerde(flow, options.name ?? flow.name, 'id', options.id)
  const seen = set<unknown>({ member: member as never, ttl: options.within })
  return addThinning(flow, 'distinctBy', options, {
    state: { seen },
    process(given, key, record, { state }) {
      const ids = state.seen as { has(id: unknown): boolean; add(id: unknown): void }
      const id = idOf(given, key, record)
      if (id === null || id === undefined) return unchanged
      // Not added again, which would make it live longer: what counts is when it was let through.
      if (ids.has(id)) return undefined
      ids.add(id)
      return unchanged
    },
  })
}

interface Passed {
  readonly since: number
  readonly records: number
}

export function throttle(flow: StreamFlow, recordsMax: number, options: ThrottleOptions<unknown, unknown>): StreamFlow {
  requireOptions(flow.graph, 'KStream.throttle', options)
  const perMs = durationMs(options.per)
  const name = options.name ?? flow.name
  if (!(Number.isInteger(recordsMax) && recordsMax > 0))
    flow.graph.problems.report(name, `it lets ${recordsMax} records through.`, 'Give a whole number from 1 on.')
  return addThinning(flow, 'throttle', options, {
    state: { passed: value<Passed>({ value: json(), ttl: perMs }) },
    process(_value, _key, { timestamp }, { state }) {
      const passed = state.passed as { get(): Passed | undefined; set(passed: Passed): void }
      const before = passed.get()
      const { since, records } = before === undefined || timestamp >= before.since + perMs ? { since: timestamp, records: 0 } : before
      if (records >= recordsMax) return undefined
      passed.set({ since, records: records + 1 })
      return unchanged
    },
  })
}

/** Every so many records of a key. */
export function sampleEvery(flow: StreamFlow, every: number, options: SampleOptions<unknown, unknown>): StreamFlow {
  requireOptions(flow.graph, 'KStream.sample', options)
  if (!(Number.isInteger(every) && every > 0))
    flow.graph.problems.report(options.name ?? flow.name, `it takes every ${every} records one.`, 'Give a whole number from 1 on.')
  return addThinning(flow, 'sample', options, {
    state: { count: value<number>({ value: json() }) },
    process(_value, _key, _record, { state }) {
      const count = state.count as { get(): number | undefined; set(count: number): void }
      const next = ((count.get() ?? 0) + 1) % every
      count.set(next)
      return next === 0 ? unchanged : undefined
    },
  })
}

const range = 0x1_0000_0000

/** A share of the records, by what they are: without state, and the same ones each time. */
export function sampleShare(flow: StreamFlow, share: number, options: SampleOptions<unknown, unknown>): StreamFlow {
  const { graph } = flow
  requireOptions(graph, 'KStream.sample', options)
  const name = graph.names.orGenerated(options.name, 'KSTREAM-FILTER-')
  if (!(share >= 0 && share <= 1)) graph.problems.report(name, `${share} is no share of the records.`, 'Give a number from 0 to 1.')
  const keySerde = requireSerde(flow, name, 'key', options.key, flow.key)
  const valueSerde = options.by === 'record' ? requireSerde(flow, name, 'value', options.value, flow.value) : null
  const bytesOf = (part: unknown, serde: AnySerde): Buffer => (part === null || part === undefined ? noBytes : toBytes(serde, part))
  // Not the hash that chooses partitions: some would give more of their records than others.
  const hash = (record: unknown, key: unknown): number => {
    const keyBytes = bytesOf(key, keySerde)
    return murmur3(valueSerde === null ? keyBytes : Buffer.concat([keyBytes, bytesOf(record, valueSerde)])).readUInt32BE(0)
  }
  const predicate = (record: unknown, key: unknown): boolean => hash(record, key) < share * range
  return addStep(flow, { name, operator: { kind: 'filter', predicate, negate: false } })
}

const noBytes = Buffer.alloc(0)

interface Ranked {
  readonly id: unknown
  readonly value: unknown
  readonly rank: number
}

export function topN(flow: StreamFlow, size: number, options: TopOptions<unknown, unknown, unknown>): StreamFlow {
  const { graph } = flow
  requireOptions(graph, 'KStream.topN', options)
  requireFunction(graph, 'KStream.topN', 'by', options.by)
  requireFunction(graph, 'KStream.topN', 'id', options.id)
  const name = options.name ?? flow.name
  if (!(Number.isInteger(size) && size > 0)) graph.problems.report(name, `it keeps ${size} values.`, 'Give a whole number from 1 on.')
  const key = requireSerde(flow, name, 'idSerde', options.idSerde)
  const stored = requireSerde(flow, name, 'value', options.value, flow.value)
  const best = map<unknown, unknown>({
    key: key as never,
    value: stored as never,
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
  })
  const definition: AnyKeyedDefinition = {
    state: { best },
    process(given, _key, _record, { state }): KeyedResults {
      if (given === null || given === undefined) return undefined
      const kept = state.best as Iterable<[unknown, unknown]> & { set(id: unknown, value: unknown): void; delete(id: unknown): boolean }
      const id = options.id(given)
      const rank = options.by(given)
      const ranked = [...kept].map(([one, of]): Ranked => ({ id: one, value: of, rank: options.by(of) }))
      const known = ranked.find((one) => one.id === id)
      if (known !== undefined && known.rank >= rank) return undefined
      const others = ranked.filter((one) => one !== known)
      // Behind those of the same rank: who was there first stays.
      const all = [...others, { id, value: given, rank }].sort((left, right) => right.rank - left.rank)
      const out = all.length > size ? all.pop() : undefined
      if (out?.id === id && known === undefined) return undefined
      kept.set(id, given)
      if (out !== undefined) kept.delete(out.id)
      return [all.map((one) => one.value)]
    },
  }
  return addThinning(flow, 'topN', options, definition, false)
}

function addThinning(
  flow: StreamFlow,
  method: Stateful,
  options: WriteOptions<unknown, unknown>,
  definition: AnyKeyedDefinition,
  keepsValues = true,
): StreamFlow {
  const name = options.name ?? flow.graph.names.processor('KSTREAM-PROCESSVALUES-')
  return addKeyedProcess(flow, definition, { name, method, keepsKeys: true, keepsValues }, options)
}
