// What must hold of the second app, against the same topology in a test driver that reads the input as it lies there, one record after the other, and knows no trouble.
//
//   exactly once   each output is what the driver wrote, by its kind (`storeOutputs`)
//   at least once  what was asked outside, joined with the global table or drained is all there, and each row is located where it was last

import { TopologyTestDriver } from '../kit/index.ts'
import { committedIn, type Seen, shortened } from './committed-records.ts'
import { uncommitted } from './findings.ts'
import { namesTopic, refsTopic, type StoreOutput, storeOutputs, storesTopology, topicOf } from './stores-workload.ts'
import { applicationId, inputTopic, type Outcome, type Workload, words } from './workload.ts'

type ByKey = ReadonlyMap<string, readonly string[]>
type Due = ReadonlyMap<StoreOutput, ByKey>

const outputs = Object.keys(storeOutputs) as StoreOutput[]
/** Under at least once, what was done again can be seen in the others. */
const lossless: readonly StoreOutput[] = ['answers', 'named', 'drained', 'located']
/** Wall-clock punctuations are further apart. */
const drainMs = 1_000

export const storesWorkload: Workload = {
  topology: storesTopology,
  outputTopics: outputs.map(topicOf),
  tables: { [namesTopic]: words, [refsTopic]: words },
  // At once, and not when the clock says so: then what comes out follows from the input.
  config: { closedWindowsIntervalMs: 0, unmatchedIntervalMs: 0 },
  hasThreads: true,
  keepsDeletions: true,
  findings,
}

async function findings(outcome: Outcome, complete: boolean): Promise<readonly string[]> {
  const { cluster, config } = outcome
  const behind = [...uncommitted(outcome), ...unread(outcome)]
  // Until all is read nothing needs to be there, and the driver has much to do.
  if (behind.length > 0) return behind
  const due = await dueIn(outcome)
  const exactly = config.processingGuarantee === 'exactly_once_v2'
  const problems: string[] = []
  for (const output of exactly ? outputs : lossless) {
    const seen = grouped(committedIn(cluster, topicOf(output)))
    const wanted = due.get(output)!
    for (const key of new Set([...wanted.keys(), ...seen.keys()])) {
      const what = `${output} of ${key}`
      const [all, there] = [wanted.get(key) ?? [], seen.get(key) ?? []]
      problems.push(...(exactly ? different(output, what, all, there, config.cacheBytesMax === 0) : lacking(output, what, all, there)))
    }
    if (!complete && problems.length > 0) break
  }
  return problems
}

/** What is in topics between two parts of the app and is not read yet. */
function unread({ cluster }: Outcome): readonly string[] {
  const group = cluster.groups.get(applicationId)
  const between = cluster.topicNames().filter((topic) => topic.startsWith(`${applicationId}-`) && topic.endsWith('-topic'))
  return between.flatMap((topic) =>
    cluster.requireTopic(topic).logs.flatMap((log, partition) => {
      const committed = group?.committed({ topic, partition })?.offset ?? 0
      return committed >= log.endOffset ? [] : [`${topic}-${partition} ends at ${log.endOffset}, and ${committed} is committed`]
    }),
  )
}

function different(output: StoreOutput, what: string, due: readonly string[], seen: readonly string[], all: boolean): readonly string[] {
  switch (storeOutputs[output]) {
    case 'updates':
      return all ? same(what, due, seen) : merged(what, due, seen)
    case 'all':
      return same(what, due, seen)
    case 'pieces':
      return same(what, due.join('').split(' '), seen.join('').split(' '))
    case 'last':
      return due.at(-1) === seen.at(-1) ? [] : [`${what}: it ends with ${seen.at(-1) ?? 'nothing'}, and ${due.at(-1) ?? 'nothing'} is due`]
  }
}

/** A cache leaves updates out, but the last one: unless it takes away what nobody has been told of. */
function merged(what: string, due: readonly string[], seen: readonly string[]): readonly string[] {
  if (due.at(-1) === 'gone' && seen.length === 0) return []
  let at = -1
  for (const value of seen) {
    const next = due.indexOf(value, at + 1)
    if (next < 0) return [`${what}: ${value} came behind ${due[at] ?? 'nothing'}`]
    at = next
  }
  return due.at(-1) === seen.at(-1) ? [] : [`${what}: it ends with ${seen.at(-1) ?? 'nothing'}, and ${due.at(-1) ?? 'nothing'} is due`]
}

function lacking(output: StoreOutput, what: string, due: readonly string[], seen: readonly string[]): readonly string[] {
  if (output === 'located') return different(output, what, due, seen, true)
  const apart = (values: readonly string[]): readonly string[] => (output === 'drained' ? values.join('').split(' ') : values)
  const there = new Set(apart(seen))
  const lost = apart(due).filter((value) => !there.has(value))
  return lost.length === 0 ? [] : [`${what}: ${lost.length} of ${due.length} are missing: ${shortened(lost.join(', '))}`]
}

function same(what: string, due: readonly string[], seen: readonly string[]): readonly string[] {
  const at = due.findIndex((value, index) => seen[index] !== value)
  if (at < 0 && due.length === seen.length) return []
  const place = at < 0 ? due.length : at
  return [
    `${what}: ${due.length} are due and ${seen.length} are there, and the first other one is ${seen[place] ?? 'none'} in place of ${due[place] ?? 'none'}`,
  ]
}

// --------------------------------------------------------------------------------------------------------------- oracle

/** Of a cluster, for so many records. */
const known = new WeakMap<object, { readonly records: number; readonly due: Due }>()

async function dueIn({ cluster }: Outcome): Promise<Due> {
  const topics = [namesTopic, refsTopic, inputTopic] as const
  const [names, refs, input] = topics.map((topic) => committedIn(cluster, topic)) as [Seen[], Seen[], Seen[]]
  const records = names.length + refs.length + input.length
  const before = known.get(cluster)
  if (before?.records === records) return before.due
  const due = new Map<StoreOutput, Map<string, string[]>>(outputs.map((output) => [output, new Map()]))
  for (let partition = 0; partition < cluster.requireTopic(inputTopic).logs.length; partition++) {
    // Tables that rows look into are there as a whole: only what they say at last is asked for.
    const written = await drive([
      ...names.map(of(namesTopic)),
      ...refs.map(of(refsTopic)),
      ...input.filter(isIn(partition)).map(of(inputTopic)),
    ])
    for (const [output, byKey] of written) for (const [key, values] of byKey) due.get(output)!.set(key, [...values])
  }
  known.set(cluster, { records, due })
  return due
}

function of(topic: string): (seen: Seen) => Seen & { readonly topic: string } {
  return (seen) => ({ ...seen, topic })
}

function isIn(partition: number): (seen: Seen) => boolean {
  return (seen) => seen.partition === partition
}

async function drive(records: readonly (Seen & { readonly topic: string })[]): Promise<Due> {
  const driver = await TopologyTestDriver.open(storesTopology({ pause: () => Promise.resolve() }), {
    applicationId,
    settings: { emitIntervals: { closedWindowsMs: 0, unmatchedMs: 0 } },
  })
  for (const { topic, key, value, timestamp } of records) {
    driver.pipe(topic, key, value, { timestamp })
    await driver.settled()
  }
  driver.advanceWallClock(drainMs)
  const written = outputs.map((output) => [output, grouped(driver.output<string, string>(topicOf(output)))] as const)
  await driver.close()
  return new Map(written)
}

/** The values of each key, in their order. */
function grouped(records: readonly { readonly key: string; readonly value: string }[]): ByKey {
  const values = new Map<string, string[]>()
  for (const { key, value } of records) {
    const before = values.get(key)
    if (before === undefined) values.set(key, [value])
    else before.push(value)
  }
  return values
}
