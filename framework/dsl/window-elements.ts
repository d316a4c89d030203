// windowedBy(…).apply(): a function of all elements of a window. They are an aggregation that keeps what comes, and behind it a step that calls the function.

import type { Aggregation } from '../graph/operator-spec.ts'
import type { Windowed } from '../graph/window-spec.ts'
import { Elements, elements } from '../serdes/elements.ts'
import type { GroupFlow } from './aggregate-stream.ts'
import type { SessionAggregation } from './aggregations.ts'
import { requireFunction, requireOptions } from './arguments.ts'
import { type AnySerde, requireSerde } from './flow.ts'
import type { ElementsOptions, NameOptions } from './options.ts'

/** The window that elements are of. */
export interface WindowOfElements {
  /** Of windows of time the first millisecond; of windows of records, and of global ones, the number of the first record of the key, from 0 on. */
  readonly start: number
  /** The first millisecond, or the number of the first record, that does not belong to it; of sessions and sliding windows the last millisecond that does. */
  readonly end: number
}

/** What is made of the elements of a window, in the order in which they came. Called again whenever the window is sent again. */
export type WindowFunction<K, V, R> = (elements: readonly V[], window: WindowOfElements, key: K) => R

/** As many as fit a record of the changelog, which by default holds 1 MB. */
const bytesMaxDefault = 500_000
const elementsMaxDefault = 10_000

export interface ElementsPlan {
  readonly aggregation: Aggregation
  /** Of what is stored. */
  readonly value: AnySerde
}

export function elementsPlan(group: GroupFlow, call: string, apply: unknown, options: ElementsOptions): ElementsPlan {
  const { graph, name } = group
  requireFunction(graph, call, 'function', apply)
  requireOptions(graph, call, options)
  const { elementsMax = elementsMaxDefault, bytesMax = bytesMaxDefault, whenFull = 'fail' } = options
  for (const [what, given] of Object.entries({ elementsMax, bytesMax }))
    if (!(Number.isInteger(given) && given > 0)) graph.problems.report(name, `its ${what} is ${given}.`, 'Give a whole number from 1 on.')
  if (!['fail', 'dropNewest', 'dropOldest'].includes(whenFull)) {
    const remedy = "Say 'fail', 'dropNewest' or 'dropOldest', or leave it out."
    graph.problems.report(name, `${String(whenFull)} is nothing that a full window does.`, remedy)
  }
  const value = requireSerde(group, options.name ?? name, 'value', group.value)
  const merger = (left: unknown, right: unknown) => Elements.merged(left as Elements, right as Elements)
  const aggregation: Aggregation = {
    kind: 'elements',
    initializer: () => Elements.none(value),
    adder: (aggregate) => aggregate,
    result: null,
    merger,
    elements: { value, elementsMax, bytesMax, whenFull },
  }
  return { aggregation, value: elements(value) as AnySerde }
}

export function sessionElements({ aggregation }: ElementsPlan): SessionAggregation {
  return { aggregation, merger: aggregation.merger! }
}

/** The step behind the aggregation, which has the name that was given. Where a table asks for the value before the first one, there are no elements, and there is none. */
export function applyStep<K, V, R>(
  apply: WindowFunction<K, V, R>,
  { name }: NameOptions,
): { readonly mapper: (list: Elements, windowed: Windowed<K>) => R | null; readonly options: NameOptions } {
  return {
    mapper: (list, { key, start, end }) => (list.size === 0 ? null : apply(list.values() as V[], { start, end }, key)),
    options: name === undefined ? {} : { name: `${name}-apply` },
  }
}
