// What must hold of a simulation at its end, against an oracle that knows the input alone.
//
//   exactly once   the committed output of a key is all that was in it, in order, each once; counts behind the repartition topic go 1, 2, 3 …; changelogs hold the same;
//                  what was read is committed; windows and pairs are those of findings-in-time.ts
//   at least once  nothing is missing

import { committedIn, inOrder, type Seen, shortened } from './committed-records.ts'
import { missingInTime, wrongInTime } from './findings-in-time.ts'
import {
  applicationId,
  countTopic,
  inputTopic,
  keys,
  numberOf,
  type Outcome,
  outputTopics,
  rowTopic,
  streams,
  type Workload,
  wordOf,
  words,
} from './workload.ts'

export const streamsWorkload: Workload = {
  topology: () => streams,
  outputTopics,
  tables: {},
  config: {},
  hasThreads: false,
  keepsDeletions: false,
  findings,
}

function findings(outcome: Outcome, complete: boolean): readonly string[] {
  const exactly = outcome.config.processingGuarantee === 'exactly_once_v2'
  const rows = committedIn(outcome.cluster, rowTopic)
  const counts = committedIn(outcome.cluster, countTopic)
  const missing = [...uncommitted(outcome), ...missingRows(outcome, rows), ...missingCounts(outcome, counts)]
  // Looked at again and again: what is asked for most is asked for last.
  if (!complete) return missing.length > 0 ? missing : missingInTime(outcome.cluster)
  const all = [...missing, ...missingInTime(outcome.cluster)]
  if (!exactly) return all
  const wrong = [...wrongRows(outcome, rows), ...wrongCounts(outcome, counts), ...wrongChangelogs(outcome)]
  return [...all, ...wrong, ...wrongInTime(outcome.cluster, outcome.config.cacheBytesMax === 0)]
}

function missingRows({ inputs }: Outcome, rows: readonly Seen[]): readonly string[] {
  return keys.flatMap((key) => {
    const due = inputs.filter((input) => input.key === key).map(({ value }) => numberOf(value))
    const last = rows.findLast((row) => row.key === key)?.value ?? ''
    const found = new Set(last.trim().split(' '))
    const lost = due.filter((number) => !found.has(number))
    return lost.length === 0 ? [] : [`of key ${key} ${lost.length} of ${due.length} are missing: ${lost.slice(0, 5).join(', ')}`]
  })
}

function missingCounts({ inputs }: Outcome, counts: readonly Seen[]): readonly string[] {
  return words.flatMap((word) => {
    const due = inputs.filter(({ value }) => wordOf(value) === word).length
    const last = Number(counts.findLast(({ key }) => key === word)?.value ?? 0)
    return last >= due ? [] : [`the word ${word} came ${due} times, and ${last} were counted`]
  })
}

/** What was read is committed, in all partitions. */
export function uncommitted({ cluster }: Outcome): readonly string[] {
  const group = cluster.groups.get(applicationId)
  return cluster.requireTopic(inputTopic).logs.flatMap((log, partition) => {
    const committed = group?.committed({ topic: inputTopic, partition })?.offset ?? 0
    return committed === log.endOffset ? [] : [`${inputTopic}-${partition} ends at ${log.endOffset}, and ${committed} is committed`]
  })
}

function wrongRows({ inputs, config }: Outcome, rows: readonly Seen[]): readonly string[] {
  return keys.flatMap((key) => {
    const numbers = inputs.filter((input) => input.key === key).map(({ value }) => numberOf(value))
    const due = numbers.map((_, index) => `${numbers.slice(0, index + 1).join(' ')} `)
    const seen = rows.filter((row) => row.key === key).map(({ value }) => value)
    return inOrder(`key ${key}`, due, seen, config.cacheBytesMax === 0)
  })
}

function wrongCounts({ inputs, config }: Outcome, counts: readonly Seen[]): readonly string[] {
  return words.flatMap((word) => {
    const due = inputs.filter(({ value }) => wordOf(value) === word).map((_, index) => String(index + 1))
    const seen = counts.filter(({ key }) => key === word).map(({ value }) => value)
    return inOrder(`word ${word}`, due, seen, config.cacheBytesMax === 0)
  })
}

/** What is committed in changelogs is what the oracle says. */
function wrongChangelogs({ cluster, inputs }: Outcome): readonly string[] {
  const rows = new Map(
    keys.map((key) => [key, `${inputs.flatMap((input) => (input.key === key ? [numberOf(input.value)] : [])).join(' ')} `]),
  )
  const logged = new Map(committedIn(cluster, `${applicationId}-rows-changelog`).map(({ key, value }) => [key, value]))
  return keys.flatMap((key) => {
    const due = rows.get(key)!.trim()
    return (logged.get(key) ?? '').trim() === due
      ? []
      : [`the changelog of rows has ${JSON.stringify(shortened(logged.get(key) ?? ''))} for key ${key}`]
  })
}
