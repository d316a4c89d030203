// The topology that runs, while it is put together: sources, processors and sinks are added parents first, stores are connected, and everything is
// checked on the way. Kafka Streams: InternalTopologyBuilder.

import type { Serde } from '../ports/serde.ts'
import type { LogicalGraph } from './logical-graph.ts'
import { hasGeneratedPart } from './names.ts'
import { NodeGroups } from './node-groups.ts'
import type { OperatorSpec, StoreSpec } from './operator-spec.ts'
import type { Problems } from './problems.ts'
import { describedNodes } from './sub-topology-order.ts'
import { matchesTopic } from './topic-pattern.ts'
import type {
  OffsetReset,
  RepartitionTopic,
  SinkNode,
  SourceInput,
  SourceTiming,
  SubTopology,
  TopicRef,
  Topology,
  TopologyNode,
} from './topology.ts'

interface Draft {
  readonly name: string
  readonly parents: readonly string[]
  readonly stores: Set<string>
  readonly children: string[]
  finish(children: readonly string[], stores: readonly string[]): TopologyNode
}

interface SourceParts extends Serdes {
  readonly timing?: SourceTiming
  readonly reset?: OffsetReset | undefined
}

interface Serdes {
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
}

/** Where a sink's records go, if not to its topic by their keys. */
export interface Routing {
  readonly topicOf?: SinkNode['topicOf'] | null
  readonly partitioner?: SinkNode['partitioner'] | null | undefined
}

function routingOf({ topicOf, partitioner }: Routing): Pick<SinkNode, 'topicOf' | 'partitioner'> {
  return { ...(topicOf ? { topicOf } : {}), ...(partitioner ? { partitioner } : {}) }
}

export class TopologyAssembly {
  private readonly drafts = new Map<string, Draft>()
  private readonly stores = new Map<string, StoreSpec>()
  private readonly storeUsers = new Map<string, string>()
  private readonly globalStores = new Set<string>()
  private readonly repartitionTopics = new Map<string, RepartitionTopic>()
  private readonly sourceOfTopic = new Map<string, string>()
  private readonly topicsOfSource = new Map<string, readonly TopicRef[]>()
  /** By source. */
  private readonly patterns = new Map<string, RegExp>()
  private readonly sinks: { readonly name: string; readonly topic: string }[] = []
  private readonly groups = new NodeGroups()
  private readonly problems: Problems

  constructor(problems: Problems) {
    this.problems = problems
  }

  addSource(name: string, input: SourceInput, { key, value, timing, reset }: SourceParts): void {
    const topics = input.kind === 'topics' ? input.topics : []
    if (input.kind === 'pattern') this.patterns.set(name, input.pattern)
    this.checkPatterns(name, input)
    for (const topic of topics) {
      this.checkName(name, 'topic', topic.name)
      const other = this.sourceOfTopic.get(topic.name)
      if (other === undefined) this.sourceOfTopic.set(topic.name, name)
      else {
        const remedy = 'Read the topic once, as a stream or as a table, and use that in both places.'
        this.problems.report(name, `reads the topic ${topic.name}, which ${other} reads already.`, remedy)
      }
    }
    this.topicsOfSource.set(name, input.kind === 'pattern' ? [{ name, internal: false, pattern: true }] : topics)
    const more = { ...(timing === undefined ? {} : { timing }), ...(reset === undefined ? {} : { reset }) }
    this.draft(name, [], (children) => ({ kind: 'source', name, input, key, value, children, ...more }))
  }

  /** A topic has one source, so a pattern must not match one that another source names (Kafka Streams: validateTopicNotAlreadyRegistered). */
  private checkPatterns(name: string, input: SourceInput): void {
    const remedy = 'Let the pattern leave the topic out, or read it by the pattern alone.'
    if (input.kind === 'pattern') {
      for (const [topic, other] of this.sourceOfTopic) {
        if (!this.repartitionTopics.has(topic) && matchesTopic(input.pattern, topic))
          this.problems.report(name, `its pattern ${input.pattern} matches ${topic}, which ${other} reads already.`, remedy)
      }
      return
    }
    for (const { name: topic, internal } of input.kind === 'topics' ? input.topics : []) {
      const [other] = [...this.patterns].find(([, pattern]) => !internal && matchesTopic(pattern, topic)) ?? []
      if (other !== undefined) this.problems.report(name, `reads the topic ${topic}, which the pattern of ${other} matches.`, remedy)
    }
  }

  addProcessor(name: string, operator: OperatorSpec, parents: readonly string[]): void {
    this.draft(name, parents, (children, stores) => ({ kind: 'processor', name, operator, stores, parents, children }))
  }

  addSink(name: string, topic: string, { key, value }: Serdes, parents: readonly string[], routing: Routing = {}): void {
    if (!routing.topicOf) {
      this.checkName(name, 'topic', topic)
      this.sinks.push({ name, topic })
    }
    this.draft(name, parents, () => ({ kind: 'sink', name, topic: this.topicRef(topic), key, value, ...routingOf(routing), parents }))
  }

  addRepartitionTopic(topic: RepartitionTopic): void {
    this.repartitionTopics.set(topic.name, topic)
  }

  addStore(store: StoreSpec, user: string | null): void {
    this.checkName(user ?? store.name, 'store', store.name)
    const known = this.stores.get(store.name)
    if (known !== undefined && known !== store) {
      this.problems.report(user ?? store.name, `makes a second store of the name ${store.name}.`, 'Give one of the two another name.')
      return
    }
    this.stores.set(store.name, store)
    if (user !== null) this.connect(user, store.name)
  }

  /** `processor` is the only one that writes to it; all others may read it without being connected. */
  addGlobalStore(store: StoreSpec, processor: string): void {
    this.addStore(store, processor)
    this.globalStores.add(store.name)
  }

  connect(processor: string, store: string): void {
    const draft = this.drafts.get(processor)
    if (draft === undefined) return
    if (this.globalStores.has(store)) {
      this.problems.report(processor, `connects to the global store ${store}.`, 'Leave it out of `stores`: every processor can read it.')
      return
    }
    if (!this.stores.has(store)) {
      this.problems.report(processor, `uses the store ${store}, which is not there.`, 'Add it before, with builder.addStore().')
      return
    }
    draft.stores.add(store)
    const user = this.storeUsers.get(store)
    if (user === undefined) this.storeUsers.set(store, processor)
    else this.groups.unite(user, processor)
  }

  /** A table cannot be read as it was before its history. */
  checkHistory(processor: string, store: string, graceMs: number): void {
    const { historyRetentionMs } = this.stores.get(store) ?? {}
    if (historyRetentionMs === undefined || historyRetentionMs >= graceMs) return
    const problem = `waits ${graceMs} ms for the rows of ${store}, whose history goes back ${historyRetentionMs} ms.`
    this.problems.report(processor, problem, 'Give the store a longer `historyRetention`, or the join less grace.')
  }

  finish(graph: Pick<LogicalGraph, 'topology' | 'naming' | 'coPartitioned' | 'requiresNames'>): Topology {
    const { topology: name, naming, coPartitioned } = graph
    this.checkLoops()
    if (graph.requiresNames) this.checkInternalTopicsAreNamed()
    for (const sources of coPartitioned) this.checkPartitionCounts([...sources].flatMap((source) => this.topicsOfSource.get(source) ?? []))
    const nodes = new Map([...this.drafts].map(([node, draft]) => [node, draft.finish(draft.children, [...draft.stores])]))
    return {
      name,
      naming,
      nodes,
      // A store that nobody opens is not made, as in Kafka Streams.
      stores: new Map([...this.stores].filter(([store]) => this.storeUsers.has(store))),
      subTopologies: this.subTopologies(nodes),
      repartitionTopics: this.repartitionTopics,
      coPartitioned: this.coPartitionedTopics(coPartitioned),
    }
  }

  /** Of topics whose numbers of partitions are all said here, others are looked at when the app starts (Kafka Streams: validateCopartition). */
  private checkPartitionCounts(topics: readonly TopicRef[]): void {
    const counts = topics.map(({ name }) => this.repartitionTopics.get(name)?.partitions)
    if (counts.includes(undefined) || new Set(counts).size < 2) return
    const list = topics.map(({ name }, i) => `${name} (${counts[i]})`).join(', ')
    this.problems.report(
      topics[0]!.name,
      `these topics must have equal numbers of partitions: ${list}.`,
      'Give the repartitionings the same number.',
    )
  }

  /** A generated name changes when an operator is put in before it: then the app would leave its state behind. */
  private checkInternalTopicsAreNamed(): void {
    const remedy = 'Name the operator, or its store.'
    for (const topic of this.repartitionTopics.keys()) {
      if (hasGeneratedPart(topic)) this.problems.report(topic, 'the name of this repartition topic is generated.', remedy)
    }
    for (const { name, changelog } of this.stores.values()) {
      if (changelog?.kind === 'internal' && hasGeneratedPart(name))
        this.problems.report(name, 'the name of this store is generated.', remedy)
    }
  }

  private draft(name: string, parents: readonly string[], finish: Draft['finish']): void {
    if (this.drafts.has(name)) {
      this.problems.report(name, 'another operator has this name.', 'Give one of the two another name.')
      return
    }
    this.checkName(name, 'operator', name)
    this.drafts.set(name, { name, parents, stores: new Set(), children: [], finish })
    this.groups.add(name)
    for (const parent of parents) {
      this.drafts.get(parent)?.children.push(name)
      this.groups.unite(name, parent)
    }
  }

  /** All names may become parts of topic names. */
  private checkName(node: string, what: 'operator' | 'store' | 'topic', name: string): void {
    if (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..') return
    const remedy = 'Use up to 249 of the ASCII letters, digits, dot, underscore and hyphen.'
    this.problems.report(node, `${JSON.stringify(name)} is no name for ${what === 'operator' ? 'an' : 'a'} ${what}.`, remedy)
  }

  private topicRef(name: string): TopicRef {
    return { name, internal: this.repartitionTopics.has(name) }
  }

  /** A record must not come back to the operators it has gone through: it would go round for ever. */
  private checkLoops(): void {
    for (const { name, topic } of this.sinks) {
      const source = this.sourceOfTopic.get(topic) ?? this.patternSourceOf(topic)
      if (source === undefined || !this.leadsTo(source, name)) continue
      const remedy = 'Write to another topic, so that no record comes round again.'
      this.problems.report(name, `writes to ${topic}, from which its own records come (by ${source}).`, remedy)
    }
  }

  private patternSourceOf(topic: string): string | undefined {
    if (this.repartitionTopics.has(topic)) return undefined
    return [...this.patterns].find(([, pattern]) => matchesTopic(pattern, topic))?.[0]
  }

  private leadsTo(source: string, sink: string): boolean {
    const reached = new Set([source])
    for (const node of reached) {
      for (const child of this.drafts.get(node)?.children ?? []) reached.add(child)
    }
    return reached.has(sink)
  }

  private subTopologies(nodes: ReadonlyMap<string, TopologyNode>): readonly SubTopology[] {
    return this.groups.groupsOf(nodes.keys()).map((group, id) => {
      const stores = new Set(group.flatMap((node) => [...(this.drafts.get(node)?.stores ?? [])]))
      return {
        id,
        nodes: describedNodes(group, nodes).map((node) => node.name),
        stores: [...stores],
        global: [...stores].some((store) => this.globalStores.has(store)),
      }
    })
  }

  /** Groups that share a topic are one. */
  private coPartitionedTopics(groups: readonly ReadonlySet<string>[]): readonly (readonly TopicRef[])[] {
    const merged: Map<string, TopicRef>[] = []
    for (const sources of groups) {
      const topics = new Map([...sources].flatMap((source) => this.topicsOfSource.get(source) ?? []).map((topic) => [topic.name, topic]))
      const sharing = merged.filter((group) => [...topics.keys()].some((topic) => group.has(topic)))
      for (const group of sharing) {
        for (const [topic, ref] of group) topics.set(topic, ref)
        merged.splice(merged.indexOf(group), 1)
      }
      if (topics.size > 1) merged.push(topics)
    }
    return merged.map((group) => [...group.values()])
  }
}
