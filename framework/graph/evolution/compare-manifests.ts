// What becomes of the state of a running app when another version of its topology takes its place: each difference of the two manifests that matters to what
// lies in Kafka, with a verdict. What a callback does is in no manifest: its change is the author's to judge.

import type { Manifest, ManifestNode } from '../manifest.ts'
import type { SerdeChange } from './serde-change.ts'
import { serdeChange } from './serde-change.ts'
import { storeChanges } from './store-changes.ts'

export type Verdict =
  /** The new version goes on where the old one stopped, as if it had always run. */
  | 'safe'
  /** Nothing is lost, and something has to be done before, or is to be known. */
  | 'needs migration'
  /** What the app knows is left behind, or cannot be read. */
  | 'loses state'

export interface ManifestChange {
  /** `store-removed`, `value-narrowed` … */
  readonly kind: string
  /** The store or topic. */
  readonly subject: string
  readonly verdict: Verdict
  readonly message: string
  /** Empty where there is nothing to do. */
  readonly remedy: string
}

/** In the order of gravity, then of kinds and names. */
export function compareManifests(before: Manifest, after: Manifest): readonly ManifestChange[] {
  const found = [
    ...ofTopology(before, after),
    ...storeChanges(before, after),
    ...ofRepartitions(before, after),
    ...ofSources(before, after),
    ...ofSinks(before, after),
  ]
  const gravity: readonly Verdict[] = ['loses state', 'needs migration', 'safe']
  const key = ({ verdict, kind, subject }: ManifestChange): string => `${gravity.indexOf(verdict)} ${kind} ${subject}`
  return found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}

/** Those that are not safe and that nobody has allowed: by kind, by `kind:subject`, or all of them by `all`. */
export function refusedChanges(changes: readonly ManifestChange[], allowed: readonly string[]): readonly ManifestChange[] {
  if (allowed.includes('all')) return []
  return changes.filter(
    ({ kind, subject, verdict }) => verdict !== 'safe' && !allowed.includes(kind) && !allowed.includes(`${kind}:${subject}`),
  )
}

/** A line for each, its remedy indented below it. */
export function changesText(changes: readonly ManifestChange[]): string {
  return changes
    .map(
      ({ kind, subject, verdict, message, remedy }) =>
        `${verdict}: ${kind}:${subject} - ${message}\n${remedy === '' ? '' : `  ${remedy}\n`}`,
    )
    .join('')
}

function ofTopology(before: Manifest, after: Manifest): readonly ManifestChange[] {
  if (before.topology === after.topology) return []
  return [
    {
      kind: 'topology-renamed',
      subject: after.topology,
      verdict: 'loses state',
      message: `The topology was called ${before.topology}, and its group, changelogs and repartition topics are named after it.`,
      remedy: 'Keep the name, or set MILLRACE_APPLICATION_ID to the old application id.',
    },
  ]
}

function ofRepartitions(before: Manifest, after: Manifest): readonly ManifestChange[] {
  const drain =
    'Let the old version run to the end of its input (--until-end), with nothing written to its sources meanwhile: then the topic is empty.'
  return before.repartitionTopics.flatMap((topic): readonly ManifestChange[] => {
    const { name } = topic
    const now = after.repartitionTopics.find((one) => one.name === name)
    if (now === undefined) {
      const message = 'The repartition topic is no longer read: records that are on their way in it would stay there.'
      return [{ kind: 'repartition-removed', subject: name, verdict: 'needs migration', message, remedy: drain }]
    }
    if (topic.partitions !== now.partitions) {
      const message = `The repartition topic had ${countText(topic.partitions)} and has ${countText(now.partitions)}: the keys of each task, and so its state, would be others.`
      const remedy = 'Keep the number; or begin anew under another application id.'
      return [{ kind: 'partitions-changed', subject: name, verdict: 'loses state', message, remedy }]
    }
    const [was, is] = [readerOf(before, name), readerOf(after, name)]
    return [
      ...inFlight('key', name, change(was?.key, is?.key, before, after), drain),
      ...inFlight('value', name, change(was?.value, is?.value, before, after), drain),
    ]
  })
}

function countText(partitions: number | undefined): string {
  return partitions === undefined ? 'as many partitions as the topics before it' : `${partitions} partitions`
}

function inFlight(what: 'key' | 'value', subject: string, found: SerdeChange, remedy: string): readonly ManifestChange[] {
  if (found.kind === 'same' || found.kind === 'wider') return []
  const message = `Records that are on their way in the repartition topic may not be readable, by their ${what}: ${found.problem}.`
  return [{ kind: `repartition-${what}-changed`, subject, verdict: 'needs migration', message, remedy }]
}

function readerOf({ nodes }: Manifest, topic: string): ManifestNode | undefined {
  return nodes.find(({ input }) => input?.kind === 'topics' && input.topics.some(({ name }) => name === topic))
}

function change(before: string | undefined, after: string | undefined, old: Manifest, now: Manifest): SerdeChange {
  return before === undefined || after === undefined ? { kind: 'same' } : serdeChange(before, after, old, now)
}

// ------------------------------------------------------------------------------------------------------- users' topics

function topicsRead({ nodes }: Manifest): readonly string[] {
  const topics = nodes.flatMap(({ input }) => (input?.kind === 'topics' ? input.topics : []))
  return [...new Set(topics.filter(({ internal }) => !internal).map(({ name }) => name))]
}

function ofSources(before: Manifest, after: Manifest): readonly ManifestChange[] {
  const [old, now] = [topicsRead(before), topicsRead(after)]
  const added = now
    .filter((topic) => !old.includes(topic))
    .map(
      (subject): ManifestChange => ({
        kind: 'source-added',
        subject,
        verdict: 'safe',
        message: 'A topic more is read, from its first record on.',
        remedy: '',
      }),
    )
  const changed = old.flatMap((subject): readonly ManifestChange[] => {
    if (!now.includes(subject)) {
      const message = 'The topic is no longer read; what came of it before stays.'
      return [{ kind: 'source-removed', subject, verdict: 'safe', message, remedy: '' }]
    }
    const [was, is] = [readerOf(before, subject), readerOf(after, subject)]
    return [
      ...ofReader('key', subject, change(was?.key, is?.key, before, after)),
      ...ofReader('value', subject, change(was?.value, is?.value, before, after)),
    ]
  })
  return [...added, ...changed, ...ofElements(before, after)]
}

function ofReader(what: 'key' | 'value', subject: string, found: SerdeChange): readonly ManifestChange[] {
  if (found.kind === 'same') return []
  if (found.kind === 'wider') {
    return [{ kind: `source-${what}-widened`, subject, verdict: 'safe', message: `Its ${what}s may be more than before.`, remedy: '' }]
  }
  const message = `Records that are in the topic already may not be readable, by their ${what}: ${found.problem}.`
  const remedy = 'Make sure that all records behind the committed offsets are of the new type, or let the type take both.'
  return [{ kind: `source-${what}-narrowed`, subject, verdict: 'needs migration', message, remedy }]
}

/** The position in a list of the program is a number of elements. */
function ofElements(before: Manifest, after: Manifest): readonly ManifestChange[] {
  return before.nodes.flatMap(({ name, input }): readonly ManifestChange[] => {
    const now = after.nodes.find((node) => node.name === name)?.input
    if (input?.kind !== 'elements' || now?.kind !== 'elements' || now.elements >= input.elements) return []
    const message = `There were ${input.elements} elements and are ${now.elements}: the position behind the last one is none any more.`
    return [
      {
        kind: 'elements-removed',
        subject: name,
        verdict: 'needs migration',
        message,
        remedy: 'Give the source another name: it begins anew then.',
      },
    ]
  })
}

function ofSinks(before: Manifest, after: Manifest): readonly ManifestChange[] {
  const sinks = ({ nodes }: Manifest): ReadonlyMap<string, ManifestNode> =>
    new Map(
      nodes.flatMap((node) =>
        node.kind === 'sink' && node.topic?.internal === false && node.topicChosen !== true ? [[node.topic.name, node] as const] : [],
      ),
    )
  const [old, now] = [sinks(before), sinks(after)]
  const found: ManifestChange[] = []
  for (const subject of now.keys()) {
    if (!old.has(subject)) found.push({ kind: 'sink-added', subject, verdict: 'safe', message: 'A topic more is written.', remedy: '' })
  }
  for (const [subject, was] of old) {
    const is = now.get(subject)
    if (is === undefined) {
      found.push({ kind: 'sink-removed', subject, verdict: 'safe', message: 'The topic is no longer written.', remedy: '' })
      continue
    }
    for (const what of ['key', 'value'] as const) {
      // Who reads it knows the old type: what is written from now on has to be of that.
      const back = change(is[what], was[what], after, before)
      if (back.kind === 'same') continue
      const isFine = back.kind === 'wider'
      found.push({
        kind: `sink-${what}-${isFine ? 'narrowed' : 'widened'}`,
        subject,
        verdict: isFine ? 'safe' : 'needs migration',
        message: isFine
          ? `All ${what}s that it will have are of the type that it had.`
          : `Who reads the topic by the old type may not understand its ${what}s: ${backwards(back.problem)}.`,
        remedy: isFine ? '' : 'Change who reads it first, or write another topic.',
      })
    }
  }
  return found
}

/** The problem is of the way back, from the new type to the old one. */
function backwards(problem: string): string {
  return `seen from the new type, ${problem.charAt(0).toLowerCase()}${problem.slice(1)}`
}
