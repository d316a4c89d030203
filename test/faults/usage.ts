// Memory and open files of one instance over a run, and how fast its memory grows.

import type { Instance } from './instance.ts'

const everyMs = 2_000
/** What a process fills at its start, caches and heap, is no growth. */
const warmUpMs = 60_000
/** Long enough for several full garbage collections each. */
const spanMinutes = 5

export interface UsageReport {
  readonly rssMegabytes: { readonly atFirst: number; readonly atLast: number; readonly peak: number }
  /** Of the line through what was measured after the first minute; undefined if the run was too short for one. */
  readonly megabytesPerMinute: number | undefined
  /** Mean of every five minutes: whether it grows all the time, or only until it has what it needs. */
  readonly megabytesPerSpan: readonly number[]
  readonly openFiles: { readonly atFirst: number; readonly atLast: number; readonly peak: number }
}

interface Sample {
  readonly minutes: number
  readonly megabytes: number
  readonly openFiles: number
}

export class Usage {
  readonly #instance: Instance
  readonly #samples: Sample[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(instance: Instance) {
    this.#instance = instance
  }

  start(): void {
    const startedMs = performance.now()
    this.#timer = setInterval(() => {
      const usage = this.#instance.usage()
      const minutes = (performance.now() - startedMs) / 60_000
      if (usage !== undefined) this.#samples.push({ minutes, megabytes: usage.rssBytes / 1024 / 1024, openFiles: usage.openFiles })
    }, everyMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  report(): UsageReport | undefined {
    const warm = this.#samples.filter(({ minutes }) => minutes * 60_000 >= warmUpMs)
    const samples = warm.length > 10 ? warm : this.#samples
    if (samples.length === 0) return undefined
    const range = (pick: (sample: Sample) => number) => {
      const values = samples.map(pick)
      return { atFirst: Math.round(values[0]!), atLast: Math.round(values.at(-1)!), peak: Math.round(Math.max(...values)) }
    }
    return {
      rssMegabytes: range(({ megabytes }) => megabytes),
      megabytesPerMinute: warm.length > 10 ? slopeOf(warm) : undefined,
      megabytesPerSpan: spanMeans(samples),
      openFiles: range(({ openFiles }) => openFiles),
    }
  }
}

function spanMeans(samples: readonly Sample[]): number[] {
  const spans: Sample[][] = []
  for (const sample of samples) {
    const index = Math.floor(sample.minutes / spanMinutes)
    spans[index] ??= []
    spans[index].push(sample)
  }
  return spans.map((span) => Math.round(mean(span, ({ megabytes }) => megabytes)))
}

/** By least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const [minutes, megabytes] = [mean(samples, (sample) => sample.minutes), mean(samples, (sample) => sample.megabytes)]
  const covariance = samples.reduce((sum, sample) => sum + (sample.minutes - minutes) * (sample.megabytes - megabytes), 0)
  return covariance / samples.reduce((sum, sample) => sum + (sample.minutes - minutes) ** 2, 0)
}

function mean(samples: readonly Sample[], pick: (sample: Sample) => number): number {
  return samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length
}
