// What keeps a store from growing for ever, if anything does.

import type { ManifestStore } from '../manifest.ts'

export type StoreBound =
  /** Windows and sessions: each goes so long after its time. */
  | { readonly kind: 'retention'; readonly keptMs: number }
  /** Each row goes so long after it was written. */
  | { readonly kind: 'ttl'; readonly keptMs: number }
  /** The keys used last. */
  | { readonly kind: 'entries'; readonly entriesMax: number }
  /** The rows of a topic, on every instance. */
  | { readonly kind: 'globalTable'; readonly topic: string }
  /** The rows of a topic: who deletes them there deletes them here. */
  | { readonly kind: 'table'; readonly topic: string }
  /** What waits, and goes when it is its turn: held back, not joined yet, on its way, a timer. */
  | { readonly kind: 'waiting' }
  /** One row a partition. */
  | { readonly kind: 'single' }
  /** A row for each key that ever came, or several: nothing but a tombstone deletes one. */
  | { readonly kind: 'keys' }

export function boundOf(store: ManifestStore, source: { readonly topic: string; readonly isGlobal: boolean } | undefined): StoreBound {
  if (source !== undefined) return { kind: source.isGlobal ? 'globalTable' : 'table', topic: source.topic }
  if (store.due?.kind === 'ttl') return { kind: 'ttl', keptMs: store.due.afterMs }
  if (store.due?.kind === 'timer') return { kind: 'waiting' }
  if (store.entriesMax !== undefined) return { kind: 'entries', entriesMax: store.entriesMax }
  if (store.retentionMs !== undefined && store.retentionMs < Number.MAX_SAFE_INTEGER)
    return { kind: 'retention', keptMs: store.retentionMs }
  if (waiting.has(store.kind) || store.value.startsWith('pending(')) return { kind: 'waiting' }
  return store.name.endsWith('-decisions') ? { kind: 'single' } : { kind: 'keys' }
}

const waiting: ReadonlySet<ManifestStore['kind']> = new Set(['graceBuffer', 'suppressBuffer', 'unmatched'])

export function boundText(bound: StoreBound): string {
  switch (bound.kind) {
    case 'retention':
      return `bounded by time: what is older than ${durationText(bound.keptMs)} goes`
    case 'ttl':
      return `bounded by time: a row goes ${durationText(bound.keptMs)} after it was written`
    case 'entries':
      return `bounded: the ${bound.entriesMax} keys used last`
    case 'globalTable':
      return `as large as its topic ${bound.topic}, on every instance`
    case 'table':
      return `as large as its topic ${bound.topic}`
    case 'waiting':
      return 'bounded: only what waits'
    case 'single':
      return 'bounded: one row'
    case 'keys':
      return 'grows with its keys'
  }
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

/** `1h 10m`. */
function durationText(timeMs: number): string {
  let left = timeMs
  const parts = units.flatMap(([unit, sizeMs]) => {
    const count = Math.floor(left / sizeMs)
    left -= count * sizeMs
    return count === 0 ? [] : [`${count}${unit}`]
  })
  return parts.length === 0 ? '0ms' : parts.join(' ')
}
