// The kept cases with other settings, other windows and stores, and more records: near what somebody has thought of, where faults like to be. What Kafka Streams does
// with them is recorded on the spot.

import { Random } from '../kit/random.ts'
import { keptVectorFiles } from './default-vector-files.ts'
import { recordedCases } from './generator.ts'
import { readVectors, type Scenario, type VectorCase, type VectorStep } from './vector.ts'

type RecordStep = Extract<VectorStep, { readonly topic: string }>
type Json = Readonly<Record<string, unknown>>

export async function variedCases(seed: number, count: number): Promise<readonly VectorCase[]> {
  const random = new Random(seed)
  const kept = (await Promise.all((await keptVectorFiles()).map(readVectors))).flat().filter(canBeVaried)
  const recorded = await recordedCases(Array.from({ length: count }, (_, index) => varied(random.oneOf(kept), `${seed}-${index}`, random)))
  // What a driver still writes out when it is closed behind an error is of no app.
  return recorded.filter(({ expect }) => expect.error?.phase !== 'run')
}

/**
 * Of what fails as it stands, little else can be learnt. Sums of numbers so large are refused here where Java's longs take them or overflow; and where time jumps so far,
 * Kafka Streams looks through each segment of a cached window store between, which may take it hours.
 */
function canBeVaried({ expect, steps }: VectorCase): boolean {
  return expect.error === undefined && !/\d{10}/.test(JSON.stringify(steps))
}

function varied(vector: VectorCase, id: string, random: Random): Scenario {
  const { name, area, config, topics, nodes, steps } = vector
  const isCogrouped = nodes.some(({ op }) => op === 'cogroup')
  return {
    name: `${name}-${id}`,
    area,
    config: { ...variedConfig(random), ...withoutDefaults(config) },
    topics,
    nodes: nodes.map((node) => variedNode(node as unknown as Json, isCogrouped, random)) as unknown as Scenario['nodes'],
    steps: withMoreRecords(steps, random),
  }
}

const cacheSetting = 'statestore.cache.max.bytes'
const optimizationSetting = 'topology.optimization'

function variedConfig(random: Random): Record<string, string> {
  return {
    [cacheSetting]: random.chance(0.3) ? '10485760' : '0',
    [optimizationSetting]: random.chance(0.3) ? 'all' : 'none',
  }
}

/** What a case says on purpose stays. */
function withoutDefaults(config: VectorCase['config']): Record<string, string> {
  const defaults: Record<string, string> = { [cacheSetting]: '0', [optimizationSetting]: 'none' }
  return Object.fromEntries(Object.entries(config).filter(([key, value]) => defaults[key] !== value))
}

const durations = new Set(['sizeMs', 'advanceMs', 'graceMs', 'differenceMs', 'beforeMs', 'afterMs', 'gapMs', 'waitMs', 'maxRecords'])

/** `types` follows from the rest: the recording writes it anew. */
function variedNode({ types: _, ...node }: Json, isCogrouped: boolean, random: Random): Json {
  const changed = variedFields(node, random)
  // A cogrouped stream has no emit strategy in Java.
  const mayClose = changed.op === 'windowedBy' && changed.emit === undefined && !isCogrouped
  return mayClose && random.chance(0.2) ? { ...changed, emit: 'onWindowClose' } : changed
}

function variedFields(fields: Json, random: Random): Json {
  const vary = (key: string, value: unknown): unknown => {
    if (durations.has(key) && typeof value === 'number' && random.chance(0.5)) return variedNumber(value, random)
    if (!isObject(value)) return value
    return variedFields(key === 'store' ? variedStore(value, random) : value, random)
  }
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, vary(key, value)]))
}

function variedNumber(value: number, random: Random): number {
  return Math.max(0, Math.floor(value * random.oneOf([0.5, 0.9, 1.1, 2, 3])) + random.oneOf([0, 0, 1, -1]))
}

/** Java has no versioned stores in memory, and no LRU maps elsewhere. */
function variedStore(store: Json, random: Random): Json {
  const isOfOneKind = ['kind', 'type', 'historyRetentionMs', 'lruMaxEntries'].some((field) => field in store)
  return isOfOneKind || random.chance(0.7) ? store : { ...store, kind: 'memory' }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** More of the records that the case has, with keys, values and times of each other; behind its own, or among them. */
function withMoreRecords(steps: readonly VectorStep[], random: Random): VectorStep[] {
  const records = steps.filter((step): step is RecordStep => 'topic' in step)
  const result = [...steps]
  const isBehind = random.chance(0.5)
  const count = records.length === 0 ? 0 : 5 + random.below(20)
  for (let added = 0; added < count; added++) {
    const place = isBehind ? result.length : random.below(result.length + 1)
    result.splice(place, 0, anotherRecord(records, random))
  }
  return result
}

function anotherRecord(records: readonly RecordStep[], random: Random): RecordStep {
  const record = random.oneOf(records)
  const others = records.filter(({ topic }) => topic === record.topic)
  const times = records.map(({ ts }) => ts)
  const spanMs = Math.max(...times) - Math.min(...times) + 5
  const baseMs = random.chance(0.5) ? record.ts : random.oneOf(times)
  const jumpMs = random.chance(0.25) ? spanMs * 5 : 0
  return {
    ...record,
    key: random.chance(0.05) ? null : random.oneOf(others).key,
    value: random.chance(0.1) ? null : random.oneOf(others).value,
    ts: Math.max(0, Math.floor(random.between(baseMs - spanMs / 3, baseMs + spanMs)) + jumpMs),
  }
}
