// Durations as they are written in a topology: '10s', '1h', '1h 30m', or milliseconds.

import { MillraceError } from '../errors.ts'

/** Milliseconds, or a number with a unit: `ms`, `s`, `m`, `h`, `d`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * A duration in whole milliseconds, for functions of one's own that take durations as the operators do. Throws `duration-invalid`.
 *
 * @example
 * ```ts
 * import { durationMs } from 'millrace'
 *
 * console.assert(durationMs('1h') === 3_600_000)
 * ```
 */
export function durationMs(duration: Duration): number {
  const match = typeof duration === 'string' ? /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) : null
  const ms = match === null ? Number(duration) : Number(match[1]) * unitMs[match[2]!]!
  if (typeof duration === 'string' && match === null) throw new MillraceError('duration-invalid', { duration })
  if (!Number.isSafeInteger(ms)) throw new MillraceError('duration-invalid', { duration })
  return ms
}
