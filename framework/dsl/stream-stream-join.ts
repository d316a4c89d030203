// The join of two streams by key and time: each side keeps its records for the other, then looks up those of the other. Kafka Streams: KStreamImplJoin.

import { LogicalNode } from '../graph/logical-graph.ts'
import type { Joiner, JoinType, StoreSpec } from '../graph/operator-spec.ts'
import type { JoinWindow } from '../graph/window-spec.ts'
import { type AnySerde, addStep, requireSerde, type StreamFlow } from './flow.ts'
import { changelogOf, storeOptions, windowChangelogSettings } from './materialize.ts'
import type { StreamJoinOptions } from './options.ts'
import { repartitionForJoin } from './repartition.ts'

type Options = StreamJoinOptions<unknown, unknown, unknown>

export function joinStreams(
  leftFlow: StreamFlow,
  rightFlow: StreamFlow,
  type: JoinType,
  joiner: Joiner,
  window: JoinWindow,
  options: Options,
): StreamFlow {
  const { graph } = leftFlow
  const { names } = graph
  const { name } = options
  checkWindow(leftFlow, window, name)
  const left = leftFlow.changedKey ? repartitionForJoin(leftFlow, suffixed(name, '-left'), options) : leftFlow
  const rightOptions = { ...options, value: options.otherValue ?? undefined }
  const right = rightFlow.changedKey ? repartitionForJoin(rightFlow, suffixed(name, '-right'), withoutUndefined(rightOptions)) : rightFlow
  const sources = new Set([...left.sources, ...right.sources])
  graph.coPartitioned.push(sources)

  const [leftSuffix, rightSuffix] = [
    type === 'outer' ? '-outer-this-join' : '-this-join',
    type === 'inner' ? '-other-join' : '-outer-other-join',
  ]
  const leftWindowed = names.suffixedOrGenerated(name, '-this-windowed', 'KSTREAM-WINDOWED-')
  const rightWindowed = names.suffixedOrGenerated(name, '-other-windowed', 'KSTREAM-WINDOWED-')
  const generatedLeft = names.processor(type === 'outer' ? 'KSTREAM-OUTERTHIS-' : 'KSTREAM-JOINTHIS-')
  const generatedRight = names.processor(type === 'inner' ? 'KSTREAM-JOINOTHER-' : 'KSTREAM-OUTEROTHER-')
  const mergeName = names.suffixedOrGenerated(name, '-merge', 'KSTREAM-MERGE-')

  const key = requireSerde(left, mergeName, 'key', options.key, left.key)
  const values = {
    left: requireSerde(left, leftWindowed, 'value', options.value, left.value),
    right: requireSerde(right, rightWindowed, 'value', options.otherValue, right.value),
  }
  // Named after variables, the stores have the join's name where they have none of their own.
  const base = storeOptions(options.store).name ?? (graph.naming === 'variables' ? name : undefined)
  const leftStore = joinStore(`${base === undefined ? generatedLeft : base + leftSuffix}-store`, key, values.left, window, options)
  const rightStore = joinStore(`${base === undefined ? generatedRight : base + rightSuffix}-store`, key, values.right, window, options)
  const unmatched = type === 'inner' ? null : unmatchedStore(unmatchedName(base, type, generatedLeft), key, values, options)

  addStep(left, { name: leftWindowed, operator: { kind: 'joinWindow', store: leftStore.name } })
  addStep(right, { name: rightWindowed, operator: { kind: 'joinWindow', store: rightStore.name } })
  const shared = { type, window, joiner, unmatchedStore: unmatched?.name ?? null, join: mergeName }
  const node = new LogicalNode(
    mergeName,
    {
      kind: 'streamStreamJoin',
      left: {
        windowed: leftWindowed,
        name: name === undefined ? generatedLeft : name + leftSuffix,
        operator: { kind: 'streamStreamJoin', side: 'left', otherStore: rightStore.name, ...shared },
        store: leftStore,
      },
      right: {
        windowed: rightWindowed,
        name: name === undefined ? generatedRight : name + rightSuffix,
        operator: { kind: 'streamStreamJoin', side: 'right', otherStore: leftStore.name, ...shared },
        store: rightStore,
      },
      unmatched,
      selfJoin: { kind: 'streamSelfJoin', window, joiner, store: leftStore.name },
    },
    { passesNullKeys: type !== 'inner' },
  )
  graph.add(left.node, node)
  graph.add(right.node, node)
  return { ...left, name: mergeName, node, key: options.key ?? left.key, value: null, sources, changedKey: false, joinRepartition: null }
}

function suffixed(name: string | undefined, suffix: string): string | undefined {
  return name === undefined ? undefined : `${name}${suffix}`
}

function withoutUndefined(options: Omit<Options, 'value'> & { readonly value: AnySerde | undefined }): Options {
  const { value, ...others } = options
  return value === undefined ? others : { ...others, value: value as never }
}

function joinStore(name: string, key: AnySerde, value: AnySerde, { beforeMs, afterMs, graceMs }: JoinWindow, options: Options): StoreSpec {
  const { persistent = true, logging } = storeOptions(options.store)
  const windowSizeMs = beforeMs + afterMs
  const retentionMs = windowSizeMs + graceMs
  // Several records of one key and time are kept: compaction would lose some.
  const settings = { ...windowChangelogSettings(retentionMs), 'cleanup.policy': 'delete' }
  return {
    name,
    kind: 'joinWindow',
    key,
    value,
    persistent,
    caching: false,
    changelog: changelogOf(name, logging, settings),
    retentionMs,
    windowSizeMs,
  }
}

function unmatchedName(base: string | undefined, type: JoinType, generatedLeft: string): string {
  if (base !== undefined) return `${base}${type === 'outer' ? '-outer-shared-join' : '-left-shared-join'}-store`
  return `KSTREAM-OUTERSHARED-${generatedLeft.slice(-10)}-store`
}

function unmatchedStore(
  name: string,
  key: AnySerde,
  values: { readonly left: AnySerde; readonly right: AnySerde },
  options: Options,
): StoreSpec {
  const { persistent = true, logging } = storeOptions(options.store)
  const changelog = changelogOf(name, logging, { 'cleanup.policy': 'compact' })
  return { name, kind: 'unmatched', key, value: values.left, otherValue: values.right, persistent, caching: false, changelog }
}

function checkWindow({ graph, name: stream }: StreamFlow, { beforeMs, afterMs, graceMs }: JoinWindow, name: string | undefined): void {
  const node = name ?? stream
  if (beforeMs + afterMs < 0) {
    const problem = `a join window cannot end ${-beforeMs - afterMs} ms before it begins.`
    graph.problems.report(node, problem, 'Let before and after together be 0 or more.')
  }
  if (graceMs < 0) graph.problems.report(node, `a grace of ${graceMs} ms is in the past.`, 'Give a grace of 0 or more.')
}
