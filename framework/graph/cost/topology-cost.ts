// What a topology costs, by its manifest: topics that it makes, changelog records for each record that comes, how often a record is written and read again on its way,
// and what its stores hold. Upper bounds: what an operator does with a record is in operator-cost.ts, and here it is followed from each input to the last operator, over
// repartition topics too. A topic that the topology writes and another part of it reads is an input of its own.

import type { Manifest, ManifestNode, ManifestStore } from '../manifest.ts'
import { type Amount, amountText, leastOf, nothing, sum, times } from './amount.ts'
import { type OperatorCost, operatorCost } from './operator-cost.ts'
import { boundOf, type StoreBound } from './store-bound.ts'

export interface TopologyCost {
  readonly internalTopics: readonly CostTopic[]
  /** The most repartition topics that one record comes through. */
  readonly repartitionHops: number
  /** Of each input, the one that costs most first. */
  readonly changelogWrites: readonly InputCost[]
  readonly stores: readonly StoreCost[]
}

export interface CostTopic {
  /** Before the application id. */
  readonly name: string
  readonly kind: 'repartition' | 'changelog'
  /** What needs it: the operator behind a repartition topic, or the one whose store is logged. */
  readonly operator: string
}

/** Of one record of a topic, or of another source. */
export interface InputCost {
  readonly input: string
  /** Changelog records, at most: as many as there are if no two records have a key in common. Of what gives any number, one is taken. */
  readonly withoutCache: number
  /** Those of them that no cache merges: what is left where keys come again and again. */
  readonly withCache: number
  /** The same by operator; `withoutCache` and `withCache` as text, such as `1 + 2 × words`. */
  readonly text: string
  readonly operators: readonly OperatorWrites[]
}

export interface OperatorWrites {
  readonly operator: string
  readonly store: string
  /** Such as `2 × words`: two for each record that the operator words gives. */
  readonly writes: string
  readonly cached: boolean
}

export interface StoreCost {
  readonly name: string
  readonly operator: string
  readonly bound: StoreBound
  /** What it costs besides the disk that it is on. */
  readonly changelog: string | null
}

export function costOf(manifest: Manifest): TopologyCost {
  return new CostReader(manifest).cost()
}

/** What becomes of one record that comes to a node. */
interface Way {
  /** Changelog records by operator and store, joined. */
  readonly all: ReadonlyMap<string, Amount>
  readonly unmerged: ReadonlyMap<string, Amount>
  readonly hops: number
}

class CostReader {
  private readonly manifest: Manifest
  private readonly nodes: ReadonlyMap<string, ManifestNode>
  private readonly stores: ReadonlyMap<string, ManifestStore>
  private readonly ways = new Map<string, Way>()

  constructor(manifest: Manifest) {
    this.manifest = manifest
    this.nodes = new Map(manifest.nodes.map((node) => [node.name, node]))
    this.stores = new Map(manifest.stores.map((store) => [store.name, store]))
  }

  cost(): TopologyCost {
    const { manifest } = this
    const repartitions = manifest.repartitionTopics.map(({ name }): CostTopic => {
      const [operator = name] = this.sourcesOf(name).flatMap(({ children = [] }) => children)
      return { name, kind: 'repartition', operator }
    })
    const changelogs = manifest.stores.flatMap(({ name, changelog }): CostTopic[] =>
      changelog?.kind === 'internal' ? [{ name: changelog.name, kind: 'changelog', operator: this.writerOf(name) }] : [],
    )
    const global = new Set(manifest.subTopologies.filter((one) => one.global).flatMap(({ nodes }) => nodes))
    const sources = manifest.nodes.filter((node) => node.input !== undefined && !this.isInternal(node) && !global.has(node.name))
    return {
      internalTopics: [...repartitions, ...changelogs],
      repartitionHops: Math.max(0, ...sources.map(({ name }) => this.wayOf(name).hops)),
      changelogWrites: this.inputs(sources),
      stores: manifest.stores.map((store) => this.storeCost(store)),
    }
  }

  // ---------------------------------------------------------------------------------------------------------------- stores

  private storeCost(store: ManifestStore): StoreCost {
    const changelog = store.changelog?.kind === 'internal' ? store.changelog.name : null
    const operator = this.writerOf(store.name)
    return { name: store.name, operator, bound: boundOf(store, this.topicOf(store, operator)), changelog }
  }

  /** Of a table or global table, which has the rows of a topic. */
  private topicOf(store: ManifestStore, operator: string): { readonly topic: string; readonly isGlobal: boolean } | undefined {
    const isGlobal = this.manifest.subTopologies.some((sub) => sub.global && sub.stores.includes(store.name))
    if (store.changelog?.kind === 'sourceTopic') return { topic: store.changelog.topic, isGlobal }
    if (this.nodes.get(operator)?.operator?.kind !== 'tableSource') return undefined
    const source = this.manifest.nodes.find((node) => node.kind === 'source' && node.children?.includes(operator))
    // A stream that becomes a table has its rows from a topic of any kind: only builder.table() names the source after itself.
    const isTable = source?.name === `${operator}-source` || operator.startsWith('KTABLE-SOURCE-')
    const topic = source?.input?.kind === 'topics' && !this.isInternal(source) ? source.input.topics[0]?.name : undefined
    return isTable && topic !== undefined ? { topic, isGlobal } : undefined
  }

  /** Several operators of a cogroup write one store: then the first. */
  private writerOf(store: string): string {
    const spec = this.stores.get(store)
    const users = this.manifest.nodes.filter(({ stores }) => stores?.includes(store))
    const writers = users.filter((node) => spec !== undefined && operatorCost(node).writes(spec) !== null)
    return (writers[0] ?? users[0])?.name ?? store
  }

  // ------------------------------------------------------------------------------------------------------------- the way

  private inputs(sources: readonly ManifestNode[]): readonly InputCost[] {
    const byInput = new Map<string, Way[]>()
    for (const source of sources)
      for (const input of inputNames(source)) byInput.set(input, [...(byInput.get(input) ?? []), this.wayOf(source.name)])
    return [...byInput]
      .map(([input, ways]) => this.inputCost(input, together(ways)))
      .sort((a, b) => b.withoutCache - a.withoutCache || b.withCache - a.withCache || (a.input < b.input ? -1 : 1))
  }

  private inputCost(input: string, { all, unmerged }: Way): InputCost {
    const operators = [...all].map(([place, amount]): OperatorWrites => {
      const [operator = '', store = ''] = place.split('\n')
      return { operator, store, writes: amountText(amount), cached: !unmerged.has(place) }
    })
    const [total, left] = [sum(all.values()), sum(unmerged.values())]
    return { input, withoutCache: leastOf(total), withCache: leastOf(left), text: amountText(total), operators }
  }

  private wayOf(name: string): Way {
    const known = this.ways.get(name)
    if (known !== undefined) return known
    // There are no circles; if there were, each would be gone once.
    this.ways.set(name, noWay)
    const node = this.nodes.get(name)
    const way = node === undefined ? noWay : this.readWay(node)
    this.ways.set(name, way)
    return way
  }

  private readWay(node: ManifestNode): Way {
    if (node.kind === 'sink') {
      if (node.topic === undefined || !node.topic.internal) return noWay
      const behind = together(this.sourcesOf(node.topic.name).map(({ name }) => this.wayOf(name)))
      return { ...behind, hops: behind.hops + 1 }
    }
    const cost = operatorCost(node)
    const stores = (node.stores ?? []).flatMap((store) => this.stores.get(store) ?? [])
    const behind = this.behind(node, cost)
    const scaled = (amounts: ReadonlyMap<string, Amount>): ReadonlyMap<string, Amount> =>
      new Map([...amounts].map(([place, amount]) => [place, times(amount, cost.gives, node.name)]))
    const own = stores.flatMap((store) => writesOf(node, store, cost))
    const isCached = cost.givesThroughCache && stores.some((store) => store.caching && cost.writes(store) !== null)
    const rest = isCached ? new Map<string, Amount>() : scaled(behind.unmerged)
    return {
      all: merged([new Map(own.map(({ place, amount }) => [place, amount])), scaled(behind.all)]),
      unmerged: merged([new Map(own.filter((one) => !one.isMerged).map(({ place, amount }) => [place, amount])), rest]),
      hops: behind.hops,
    }
  }

  private behind({ children = [] }: ManifestNode, { chooses }: OperatorCost): Way {
    const ways = children.map((child) => this.wayOf(child))
    if (chooses !== true) return together(ways)
    const costly = ways.reduce<Way>((most, way) => (weight(way) > weight(most) ? way : most), noWay)
    return { ...costly, hops: Math.max(0, ...ways.map(({ hops }) => hops)) }
  }

  private sourcesOf(topic: string): readonly ManifestNode[] {
    return this.manifest.nodes.filter(
      ({ input }) => input?.kind === 'topics' && input.topics.some(({ name, internal }) => internal && name === topic),
    )
  }

  private isInternal({ input }: ManifestNode): boolean {
    return input?.kind === 'topics' && input.topics.every(({ internal }) => internal)
  }
}

const noWay: Way = { all: new Map(), unmerged: new Map(), hops: 0 }

interface Writes {
  readonly place: string
  readonly amount: Amount
  readonly isMerged: boolean
}

/** What is written by commits, or out of the cache: a row that changes in between is written once. */
const writtenAtCommit: ReadonlySet<string> = new Set(['mapAsync', 'lookupJoin', 'suppress'])

function writesOf(node: ManifestNode, store: ManifestStore, cost: OperatorCost): readonly Writes[] {
  const factor = cost.writes(store)
  if (factor === null || factor === 0 || store.changelog?.kind !== 'internal') return []
  const isMerged = store.caching || writtenAtCommit.has(node.operator?.kind ?? '')
  return [{ place: `${node.name}\n${store.name}`, amount: times(new Map([['', 1]]), factor, node.name), isMerged }]
}

function inputNames({ name, input }: ManifestNode): readonly string[] {
  if (input?.kind === 'topics') return input.topics.map((topic) => topic.name)
  return [input?.kind === 'pattern' ? input.pattern : name]
}

function together(ways: readonly Way[]): Way {
  return {
    all: merged(ways.map(({ all }) => all)),
    unmerged: merged(ways.map(({ unmerged }) => unmerged)),
    hops: Math.max(0, ...ways.map(({ hops }) => hops)),
  }
}

function merged(parts: readonly ReadonlyMap<string, Amount>[]): ReadonlyMap<string, Amount> {
  const all = new Map<string, Amount>()
  for (const part of parts) for (const [place, amount] of part) all.set(place, sum([all.get(place) ?? nothing, amount]))
  return all
}

function weight({ all }: Way): number {
  return leastOf(sum(all.values()))
}
