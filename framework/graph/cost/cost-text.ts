// What a topology costs, as lines for people.

import { boundText } from './store-bound.ts'
import type { InputCost, TopologyCost } from './topology-cost.ts'

export function costLines({ internalTopics, repartitionHops, changelogWrites, stores }: TopologyCost): readonly string[] {
  const topics = internalTopics.map(({ name }) => name).join(', ')
  const logged = changelogWrites.filter(({ withoutCache }) => withoutCache > 0)
  return [
    `internal topics: ${internalTopics.length}${topics === '' ? '' : ` (${topics})`}`,
    `repartition hops: ${repartitionHops === 0 ? '0' : `at most ${repartitionHops}`}`,
    ...(logged.length === 0 ? ['changelog writes: 0'] : logged.map(writesLine)),
    ...stores.map(({ name, bound }) => `store ${name}: ${boundText(bound)}`),
  ]
}

function writesLine({ input, text, withCache, operators }: InputCost): string {
  const writersOf = (name: string): number => operators.filter(({ operator }) => operator === name).length
  // One that keeps several stores would stand there several times.
  const parts = operators.map(({ operator, store, writes }) => `${writersOf(operator) > 1 ? store : operator} ${writes}`).join(', ')
  return `changelog writes for a record of ${input}: at most ${text} (${parts}), ${withCache} of them past the cache`
}
