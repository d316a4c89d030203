// What a topology may cost, as its project has decided, and where it costs more.

import { boundText } from './store-bound.ts'
import type { TopologyCost } from './topology-cost.ts'

/** Limits for one topology. What is left out has none. */
export interface BudgetLimits {
  /** Repartition topics and changelogs. */
  readonly internalTopics?: number
  /** Repartition topics that one record comes through. */
  readonly repartitionHops?: number
  /** Changelog records for one record of an input, at most, without a cache. Of what gives any number of records, one counts. */
  readonly changelogWritesPerRecord?: number
  /** Stores that grow with their keys: without retention, a time to live, or a topic that they are as large as. */
  readonly unboundedStores?: number
}

/**
 * What topologies may cost, whole numbers from 0 on: with more, `millrace check` and `millrace build` fail (MR1801), and say which operator costs what. `topologies`
 * has limits of single ones, by name, which go before the others.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'millrace'
 *
 * export default defineConfig({
 *   budget: { internalTopics: 4, repartitionHops: 1, topologies: { 'flight-delays': { repartitionHops: 2 } } },
 * })
 * ```
 */
export interface Budget extends BudgetLimits {
  readonly topologies?: Readonly<Record<string, BudgetLimits>>
}

export interface OverBudget {
  readonly limit: keyof BudgetLimits
  /** Without the subject: `has 5 internal topics, and the budget is 4: …`. */
  readonly problem: string
}

const limitNames = ['internalTopics', 'repartitionHops', 'changelogWritesPerRecord', 'unboundedStores'] as const

export function overBudget(cost: TopologyCost, limits: BudgetLimits): readonly OverBudget[] {
  return limitNames.flatMap((limit): readonly OverBudget[] => {
    const most = limits[limit]
    const problem = most === undefined ? undefined : problems[limit](cost, most)
    return problem === undefined ? [] : [{ limit, problem }]
  })
}

export function limitsOf({ topologies = {}, ...limits }: Budget, topology: string): BudgetLimits {
  return { ...limits, ...(Object.hasOwn(topologies, topology) ? topologies[topology] : {}) }
}

/** In sentences; what is read here may come from a file that nobody has checked. */
export function budgetProblems(budget: unknown): readonly string[] {
  if (!isObject(budget)) return ['The budget has to be an object, such as { internalTopics: 4 }.']
  const { topologies, ...limits } = budget as { readonly topologies?: unknown }
  const ofTopologies = isObject(topologies) ? Object.entries(topologies) : []
  return [
    ...limitProblems(limits, ''),
    ...(topologies === undefined || isObject(topologies) ? [] : ['`topologies` of the budget has to be an object of limits by topology.']),
    ...ofTopologies.flatMap(([name, own]) =>
      isObject(own) ? limitProblems(own, ` of ${name}`) : [`The budget of ${name} has to be an object, such as { internalTopics: 4 }.`],
    ),
  ]
}

function limitProblems(limits: object, of: string): readonly string[] {
  return Object.entries(limits).flatMap(([name, value]) => {
    if (!limitNames.some((known) => known === name)) return [`There is no limit ${name}${of}; there are ${limitNames.join(', ')}.`]
    const fits = value === undefined || (Number.isSafeInteger(value) && value >= 0)
    return fits ? [] : [`The limit ${name}${of} must be a whole number from 0 on, not ${JSON.stringify(value)}.`]
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const problems: Readonly<Record<keyof BudgetLimits, (cost: TopologyCost, most: number) => string | undefined>> = {
  internalTopics({ internalTopics: topics }, most) {
    if (topics.length <= most) return undefined
    const list = topics.map(({ name, operator }) => `${name} by ${operator}`).join(', ')
    return `has ${counted(topics.length, 'internal topic')}, and the budget is ${most}: ${list}`
  },
  repartitionHops({ repartitionHops: hops, internalTopics }, most) {
    if (hops <= most) return undefined
    const topics = internalTopics.filter(({ kind }) => kind === 'repartition')
    const list = topics.map(({ name, operator }) => `${name} before ${operator}`).join(', ')
    return `sends a record through ${counted(hops, 'repartition topic')}, and the budget is ${most}: ${list}`
  },
  changelogWritesPerRecord({ changelogWrites }, most) {
    const over = changelogWrites.filter(({ withoutCache }) => withoutCache > most)
    if (over.length === 0) return undefined
    const list = over.map(({ input, text, operators }) => {
      const parts = operators.map(({ operator, writes, store }) => `${writes} by ${operator}${store === operator ? '' : ` to ${store}`}`)
      return `for one of ${input} ${text} (${parts.join(', ')})`
    })
    return `writes more to changelogs for one record than the budget, which is ${most}: ${list.join('; ')}`
  },
  unboundedStores({ stores }, most) {
    const growing = stores.filter(({ bound }) => bound.kind === 'keys')
    if (growing.length <= most) return undefined
    const list = growing.map(({ name, operator }) => `${name} by ${operator}`).join(', ')
    return `has ${counted(growing.length, 'store')} of which each ${boundText({ kind: 'keys' })}, and the budget is ${most}: ${list}`
  },
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
