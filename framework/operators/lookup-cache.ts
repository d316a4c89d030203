// What lookups have given, for a time, of the keys asked for last. A cache is no state: it is empty after a restart, and what it has may be as old as its time says.
// lru-cache keeps the order and the limits (small, typed, the one that npm itself has); its clock is the task's.

import { serialize } from 'node:v8'
import { LRUCache } from 'lru-cache'
import type { LookupCacheSpec } from '../graph/operator-spec.ts'
import { structuredText } from '../serdes/structured-json.ts'
import type { Outcome } from './call-queue.ts'

/** What stands for a lookup key: itself if `===` tells it apart, else its text. */
export type CacheKey = string | number | bigint | boolean

export class LookupCache {
  private readonly spec: LookupCacheSpec
  private readonly entries: LRUCache<CacheKey, Outcome>

  /** `nowMs`: a clock that only goes forward. */
  constructor(spec: LookupCacheSpec, nowMs: () => number) {
    this.spec = spec
    const { entriesMax, bytesMax } = spec
    this.entries = new LRUCache({
      max: entriesMax,
      ...(bytesMax === null ? {} : { maxSize: bytesMax, sizeCalculation: sizeOf }),
      // To lru-cache an entry of time 0 is one without a time. Time is asked for at each look, and not kept by a timer of its own.
      perf: { now: () => nowMs() + 1 },
      ttlResolution: 0,
    })
  }

  get(key: CacheKey): Outcome | undefined {
    return this.entries.get(key)
  }

  /** Keeps it for as long as one of its kind is kept. */
  set(key: CacheKey, outcome: Outcome): void {
    const ttl = this.ttlOf(outcome)
    if (ttl > 0) this.entries.set(key, outcome, { ttl })
  }

  get size(): number {
    return this.entries.size
  }

  private ttlOf(outcome: Outcome): number {
    if (outcome.kind === 'failure') return this.spec.failureTtlMs
    return outcome.value === null || outcome.value === undefined ? this.spec.missingTtlMs : this.spec.ttlMs
  }
}

/** Keys that are objects are equal if they are written alike; what is written so begins as no key of an author's does. */
export function cacheKey(key: unknown): CacheKey {
  switch (typeof key) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return key
    default:
      return `\u0000${structuredText(key)}`
  }
}

/** As a structured clone has it, which is near what it takes in memory. */
function sizeOf(outcome: Outcome, key: CacheKey): number {
  const keyBytes = typeof key === 'string' ? 2 * key.length : 8
  return keyBytes + (outcome.kind === 'value' ? serialize(outcome.value).byteLength : failureBytes)
}

/** An error with its stack. */
const failureBytes = 2_000
