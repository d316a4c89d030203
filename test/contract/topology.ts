// The contracts of topologies and operators that others are to use: names that stay, so that state stays, and results that do not depend on when the process was
// started anew.

import { describe, expect, test } from 'vitest'
import { manifestOf } from '../../framework/graph/manifest.ts'
import { hasGeneratedPart } from '../../framework/graph/names.ts'
import { type KStream, type OperatorContext, type Serde, type TopologyDefinition, topology } from '../../framework/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'

export interface PipedRecord {
  readonly topic: string
  readonly key: unknown
  readonly value: unknown
  /** Milliseconds. Default: 0. */
  readonly timestamp?: number
}

export interface TopologyUnderTest {
  readonly topology: TopologyDefinition
  /** In the order in which they are processed. */
  readonly input?: readonly PipedRecord[]
  /** What each topic holds then, as keys and values. */
  readonly output?: Readonly<Record<string, readonly (readonly [key: unknown, value: unknown])[]>>
}

/**
 * Runs the contract of topologies, in a test file of vitest.
 *
 * @example
 * ```ts
 * import { string, topology } from 'millrace'
 * import { topologyContract } from 'millrace/testkit/contract'
 *
 * const text = { key: string(), value: string() }
 * const upper = topology('upper', (builder) => {
 *   const words = builder.stream<string, string>('words', { name: 'words', ...text })
 *   words.mapValues((word) => word.toUpperCase(), { name: 'upper' }).to('upper', { name: 'out', ...text })
 * })
 *
 * topologyContract({ topology: upper, input: [{ topic: 'words', key: 'a', value: 'b' }], output: { upper: [['a', 'B']] } })
 * ```
 */
export function topologyContract({ topology: definition, input = [], output = {} }: TopologyUnderTest): void {
  describe(`the contract of the topology ${definition.name}`, () => {
    test('is the same each time it is built', () => {
      expect(manifestOf(definition.build())).toEqual(manifestOf(definition.build()))
    })

    test('gives all that keeps state a name of its own, so that no other operator renames it', () => {
      const { stores, repartitionTopics } = manifestOf(definition.build())
      expect([...stores, ...repartitionTopics].map(({ name }) => name).filter(hasGeneratedPart)).toEqual([])
    })

    resultContract(definition, input, output)
  })
}

export interface OperatorUnderTest<K, V, NewKey, NewValue> {
  readonly name: string
  /** What is given to `apply()`. Called for each topology anew. */
  operator(): (stream: KStream<K, V>, context: OperatorContext<K, V>) => KStream<NewKey, NewValue>
  readonly key: Serde<NonNullable<K>>
  readonly value: Serde<NonNullable<V>>
  readonly newKey: Serde<NonNullable<NewKey>>
  readonly newValue: Serde<NonNullable<NewValue>>
  readonly input: readonly { readonly key: K; readonly value: V; readonly timestamp?: number }[]
  readonly output: readonly (readonly [key: NewKey, value: NewValue])[]
}

/**
 * Runs the contract of operators of streams, in a test file of vitest.
 *
 * @example
 * ```ts
 * import { type KStream, type OperatorContext, string } from 'millrace'
 * import { operatorContract } from 'millrace/testkit/contract'
 *
 * const shout = () => <K>(words: KStream<K, string>, { name }: OperatorContext<K, string>) =>
 *   words.mapValues((word) => word.toUpperCase(), { name })
 *
 * const text = string()
 * operatorContract<string, string, string, string>({
 *   name: 'shout',
 *   operator: shout,
 *   ...{ key: text, value: text, newKey: text, newValue: text },
 *   input: [{ key: 'a', value: 'word' }],
 *   output: [['a', 'WORD']],
 * })
 * ```
 */
export function operatorContract<K, V, NewKey, NewValue>(underTest: OperatorUnderTest<K, V, NewKey, NewValue>): void {
  const { name, operator, key, value, newKey, newValue } = underTest
  const applied = (...names: readonly string[]) =>
    topology('operator-contract', (builder) => {
      const stream = builder.stream<K, V>('in', { name: 'in', key: key as Serde<K>, value: value as Serde<V> })
      for (const given of names)
        stream.apply(operator(), { name: given, key, value }).to(`out-of-${given}`, { name: `${given}-to`, key: newKey, value: newValue })
    })
  const input = underTest.input.map((record) => ({ topic: 'in', ...record }))

  describe(`the contract of the operator ${name}`, () => {
    resultContract(applied('one'), input, { 'out-of-one': underTest.output })

    test('names all that it adds after the name that it is given', () => {
      const { nodes, stores, repartitionTopics } = manifestOf(applied('one').build())
      const names = [...nodes, ...stores, ...repartitionTopics].map((part) => part.name).filter((part) => part !== 'in')
      expect(names.filter((part) => part !== 'one' && !part.startsWith('one-'))).toEqual([])
    })

    test('can be applied twice', async () => {
      const driver = await opened(applied('one', 'two'), input)
      expect(pairsOf(driver, 'out-of-one')).toEqual(underTest.output)
      expect(pairsOf(driver, 'out-of-two')).toEqual(underTest.output)
      await driver.close()
    })
  })
}

function resultContract(
  definition: TopologyDefinition,
  input: readonly PipedRecord[],
  output: NonNullable<TopologyUnderTest['output']>,
): void {
  test('gives what is expected', async () => {
    const driver = await opened(definition, input)
    for (const [topic, pairs] of Object.entries(output)) expect(pairsOf(driver, topic)).toEqual(pairs)
    await driver.close()
  })

  test('gives the same if the app is started anew behind each record', async () => {
    const driver = await TopologyTestDriver.open(definition)
    for (const record of input) {
      pipe(driver, record)
      await driver.restart()
    }
    for (const [topic, pairs] of Object.entries(output)) expect(pairsOf(driver, topic)).toEqual(pairs)
    await driver.close()
  })
}

async function opened(definition: TopologyDefinition, input: readonly PipedRecord[]): Promise<TopologyTestDriver> {
  const driver = await TopologyTestDriver.open(definition)
  for (const record of input) pipe(driver, record)
  return driver
}

function pipe(driver: TopologyTestDriver, { topic, key, value, timestamp = 0 }: PipedRecord): void {
  driver.pipe(topic, key, value, { timestamp })
}

function pairsOf(driver: TopologyTestDriver, topic: string): (readonly [unknown, unknown])[] {
  return driver.output(topic).map(({ key, value }) => [key, value] as const)
}
