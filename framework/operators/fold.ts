// How a record is folded into an aggregate, for all kinds of aggregation: unwindowed, windowed, by count.

import { argumentsSeen } from '../graph/arguments-seen.ts'
import type { Aggregation } from '../graph/operator-spec.ts'
import { nullIfUndefined } from './callback.ts'
import { elementsFold } from './elements-fold.ts'
import type { Flow } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'

export interface Fold {
  /** The aggregate of no records; null where the first value is the aggregate. */
  initial(): unknown
  /** `aggregate` null: what `initial` gave. */
  add(aggregate: unknown, record: Flow): unknown
  /** What is seen of a stored aggregate. */
  visible(aggregate: unknown): unknown
  /** Whether the value is looked at; a count does not. */
  readonly readsValue: boolean
}

/** `name`: of the node that folds. */
export function foldOf(aggregation: Aggregation, name: string, environment: OperatorEnvironment): Fold {
  const { kind, initializer, adder, result, elements } = aggregation
  if (elements !== undefined) return elementsFold(elements, name, environment)
  const visible =
    result === null ? (aggregate: unknown) => aggregate : (aggregate: unknown) => (aggregate === null ? null : result(aggregate))
  const initial = initializer === null ? () => null : () => nullIfUndefined(initializer())
  const add = onAggregate(adder)
  if (kind !== 'reduce') return { initial, add, visible, readsValue: kind !== 'count' }
  return { initial, add: (aggregate, record) => (aggregate === null ? record.value : add(aggregate, record)), visible, readsValue: true }
}

/** As `onRecord`: value and key are decoded only for an adder that can see them. */
export function onAggregate(adder: Aggregation['adder']): Fold['add'] {
  const partial = adder as (aggregate: unknown, value?: unknown, key?: unknown) => unknown
  switch (Math.min(argumentsSeen(adder), 3)) {
    case 0:
    case 1:
      return (aggregate) => nullIfUndefined(partial(aggregate))
    case 2:
      return (aggregate, record) => nullIfUndefined(partial(aggregate, record.value))
    default:
      return (aggregate, record) => nullIfUndefined(adder(aggregate, record.value, record.key))
  }
}
