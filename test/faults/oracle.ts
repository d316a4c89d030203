// What has to come out, computed from what the input holds: each event copied, in the order of its partition; and, for each key and each account, the counts 1, 2, 3 …,
// each once and in that order. Nothing more and nothing less.

import type { CommittedRecord } from './committed-reader.ts'
import type { Row } from './instance.ts'

const examplesMax = 5

/** How what came differs from what was to come. */
export interface Difference {
  readonly lost: number
  readonly twice: number
  readonly examples: readonly string[]
}

export class Oracle {
  readonly counts = { byKey: new Map<string, number>(), byAccount: new Map<string, number>() }
  records = 0
  readonly #partitions: string[][] = []

  readonly takeInput = ({ partition, key, value }: CommittedRecord): void => {
    this.#partitions[partition] ??= []
    this.#partitions[partition].push(value)
    this.records++
    add(this.counts.byKey, key)
    add(this.counts.byAccount, value.slice(value.indexOf(' ') + 1))
  }

  copies(): Comparison {
    const seen = new Map<string, number>()
    const at: number[] = []
    const examples = new Examples()
    return {
      take: ({ partition, value }) => {
        add(seen, value)
        const position = at[partition] ?? 0
        at[partition] = position + 1
        const expected = this.#partitions[partition]?.[position]
        if (expected !== value) examples.add(`copy ${position} of partition ${partition} is ${value}, not ${expected}`)
      },
      difference: () => {
        const wanted = new Map<string, number>()
        for (const events of this.#partitions) for (const event of events ?? []) add(wanted, event)
        return differenceOf(wanted, seen, examples)
      },
    }
  }

  countsOf(name: 'byKey' | 'byAccount'): Comparison {
    const wanted = this.counts[name]
    const seen = new Map<string, number>()
    const examples = new Examples()
    let missing = 0
    let repeated = 0
    return {
      take: ({ key, value }) => {
        const before = seen.get(key) ?? 0
        const count = Number(value)
        if (count !== before + 1) examples.add(`${key} went from ${before} to ${count}`)
        if (count <= before) repeated++
        else missing += count - before - 1
        seen.set(key, Math.max(before, count))
      },
      difference: () => {
        const { lost, twice } = differenceOf(wanted, seen, examples)
        return { lost: lost + missing, twice: twice + repeated, examples: examples.list }
      },
    }
  }

  /** Of the rows of all instances. A row that two instances have is one too many. */
  state(name: 'byKey' | 'byAccount', rows: readonly Row[]): Difference {
    const seen = new Map<string, number>()
    for (const [key, value] of rows) seen.set(key, (seen.get(key) ?? 0) + value)
    return differenceOf(this.counts[name], seen, new Examples())
  }
}

export interface Comparison {
  readonly take: (record: CommittedRecord) => void
  readonly difference: () => Difference
}

class Examples {
  readonly list: string[] = []

  add(text: string): void {
    if (this.list.length < examplesMax) this.list.push(text)
  }
}

function differenceOf(wanted: ReadonlyMap<string, number>, seen: ReadonlyMap<string, number>, examples: Examples): Difference {
  let lost = 0
  let twice = 0
  for (const key of new Set([...wanted.keys(), ...seen.keys()])) {
    const [expected, actual] = [wanted.get(key) ?? 0, seen.get(key) ?? 0]
    if (actual !== expected) examples.add(`${key}: ${actual}, not ${expected}`)
    lost += Math.max(0, expected - actual)
    twice += Math.max(0, actual - expected)
  }
  return { lost, twice, examples: examples.list }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
