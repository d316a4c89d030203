// Memory and open files of one instance over a run, and how fast its memory grows.

import type { Instance } from './instance.ts'

const everyMs = 2_000
/** What a process fills at its start, caches and heap, is no growth. */
const warmUpMs = 60_000

export interface UsageReport {
  readonly rssMegabytes: { readonly atFirst: number; readonly atLast: number; readonly peak: number }
  /** Of the line through what was measured after the first minute; undefined if the run was too short for one. */
  readonly megabytesPerMinute: number | undefined
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
      openFiles: range(({ openFiles }) => openFiles),
    }
  }
}

/** By least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (pick: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length
  const [minutes, megabytes] = [mean((sample) => sample.minutes), mean((sample) => sample.megabytes)]
  const covariance = samples.reduce((sum, sample) => sum + (sample.minutes - minutes) * (sample.megabytes - megabytes), 0)
  return covariance / samples.reduce((sum, sample) => sum + (sample.minutes - minutes) ** 2, 0)
}
