// What is said of a change of version, and whether it is so: each pair that is called safe runs, the first version on half of the input and the second on the
// rest, on one cluster; what the second gives there is what it gives where it ran from the start.

import { describe, expect, test } from 'vitest'
import { compareManifests, refusedChanges } from '../../../framework/graph/evolution/compare-manifests.ts'
import { bytesProblem, schemaChange } from '../../../framework/graph/evolution/schema-change.ts'
import { manifestOf } from '../../../framework/graph/manifest.ts'
import { AppBench } from '../../runtime/app-bench.ts'
import type { Pair } from './pair.ts'
import { pairs } from './pairs.ts'
import { type Build, versionOf } from './versions.ts'

const changesOf = ({ before, after }: Pair) => compareManifests(manifestOf(versionOf(before).build()), manifestOf(versionOf(after).build()))

test('there are enough pairs, of each verdict, with a title each', () => {
  expect(pairs.length).toBeGreaterThanOrEqual(40)
  expect(new Set(pairs.map(({ title }) => title)).size).toBe(pairs.length)
  for (const verdict of ['safe', 'needs migration', 'loses state'])
    expect(pairs.filter((pair) => pair.verdict === verdict).length).toBeGreaterThan(8)
})

describe('the verdict on', () => {
  test.each(pairs)('$title is: $verdict', (pair) => {
    const changes = changesOf(pair)
    expect(changes.map(({ kind, subject }) => `${kind}:${subject}`).sort()).toEqual([...pair.changes].sort())
    expect(changes[0]?.verdict ?? 'safe').toBe(pair.verdict)
    for (const { verdict, remedy } of changes) expect(remedy === '').toBe(verdict === 'safe')
  })
})

describe('on one broker, the second version behind the first gives what it gives alone:', () => {
  test.each(pairs.filter(({ verdict }) => verdict === 'safe'))('$title', async ({ before, after, compares }) => {
    const upgraded = await runBoth(before, after, compares)
    const alone = await runBoth(after, after, compares)
    expect(upgraded).toEqual(alone)
    expect(alone.length).toBeGreaterThan(0)
  })
})

test('keys that can be read are not all written as they were: an order, a default or a member less makes other bytes, one that may be missing does not', () => {
  const word = { type: 'string' }
  const key = (properties: object, required: readonly string[] = Object.keys(properties)) => ({ type: 'object', properties, required })
  const defined = (inner: object) => ({ ...key({ of: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/K' }] } }), $defs: { K: inner } })
  const ab = key({ a: word, b: word })
  const ba = key({ b: word, a: word })
  expect(bytesProblem(ab, key({ a: word, b: word, c: word }, ['a', 'b']))).toBeNull()
  expect(bytesProblem(ab, key({ a: word, b: word }, ['a']))).toBeNull()
  expect(bytesProblem({ enum: ['x'] }, { enum: ['x', 'y'] })).toBeNull()
  expect(bytesProblem(ab, ba)).toBe('The value has its members in another order (a, b → b, a)')
  expect(bytesProblem(ab, key({ a: word }))).toBe('The member b is left out, and was written')
  expect(bytesProblem(key({ a: word }), key({ a: word, b: { ...word, default: 'x' } }, ['a']))).toBe(
    'The member b is written with its default where it was missing',
  )
  expect(bytesProblem(defined(ab), defined(ba))).toBe('The member of has its members in another order (a, b → b, a)')
  expect(bytesProblem({ type: 'array', items: ab }, { type: 'array', items: ba })).toMatch(/another order/)
  expect(bytesProblem({ type: 'array', prefixItems: [ab] }, { type: 'array', prefixItems: [ba] })).toMatch(/another order/)
})

test('what is not safe can be allowed by its kind, by kind and subject, or as a whole', () => {
  const changes = changesOf(pairs.find(({ title }) => title === 'a store with another name')!)
  const refused = (...allowed: readonly string[]) => refusedChanges(changes, allowed).map(({ kind }) => kind)
  expect(refused()).toEqual(['store-removed', 'store-added'])
  expect(refused('store-removed')).toEqual(['store-added'])
  expect(refused('store-removed:counts', 'store-added:other')).toEqual(['store-added'])
  expect(refused('all')).toEqual([])
})

type Records = Parameters<AppBench['produce']>[1]

const first: Records = [
  ['a', '{"id":"a1","cents":1}', 1_000],
  ['b', '{"id":"b1","cents":2}', 2_000],
  ['a', '{"id":"a2","cents":3}', 3_000],
  ['c', '{"id":"c1","cents":4}', 12_000],
]
const second: Records = [
  ['a', '{"id":"a3","cents":5}', 12_500],
  ['b', '{"id":"b2","cents":6}', 13_000],
  ['c', '{"id":"c2","cents":7}', 14_000],
  ['d', '{"id":"d1","cents":8}', 25_000],
]

/** What comes out of the second run, or of both. */
async function runBoth(before: Build, after: Build, compares: Pair['compares'] = 'second'): Promise<readonly unknown[]> {
  const bench = new AppBench()
  await bench.createTopics({ in: 2, other: 2, out: 2, 'out-2': 2 })
  await bench.produce('in', first)
  await bench.runToEnd(versionOf(before))
  const records = (partition: number) => bench.records('out').filter((record) => record.partition === partition)
  const seen = [0, 1].map((partition) => (compares === 'all' ? 0 : records(partition).length))
  await bench.produce('in', second)
  await bench.produce('other', second)
  await bench.runToEnd(versionOf(after))
  return seen.flatMap((count, partition) => records(partition).slice(count))
}

test('types that contain themselves are compared, whichever of their variants changes', () => {
  const basket = (item: object) => ({
    $defs: {
      Basket: {
        type: 'object',
        properties: { items: { type: 'array', items: item }, inner: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/Basket' }] } },
      },
    },
    anyOf: [{ type: 'null' }, { $ref: '#/$defs/Basket' }],
  })
  expect(schemaChange(basket({ type: 'string' }), basket({ type: 'string', description: 'x' })).kind).toBe('same')
  expect(schemaChange(basket({ type: 'string' }), basket({ type: 'number' })).kind).toBe('narrower')
  expect(schemaChange(basket({ type: 'string', minLength: 2 }), basket({ type: 'string' })).kind).toBe('wider')
})
