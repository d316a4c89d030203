// Sinks that stay in the process: one keeps records in an array, one does nothing.

import type { Sink, StreamRecord } from '../../framework/index.ts'

export interface CollectingSink<K, V> extends Sink<K, V> {
  /** What has come so far, in order for each task. It grows with what comes: for what has an end. */
  readonly records: StreamRecord<K, V>[]
}

/**
 * Keeps all records in an array, for tests and programs that look at results when all is done. The test driver fills it, too.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { collect } from 'millrace/plugins/local'
 *
 * const lengths = collect<string, number>()
 *
 * export default topology('lengths', (builder) => {
 *   builder.stream<string, string>('words').mapValues((word) => word.length).sinkTo(lengths)
 * })
 *
 * process.on('exit', () => console.info(lengths.records.length))
 * ```
 */
export function collect<K, V>(): CollectingSink<K, V> {
  const records: StreamRecord<K, V>[] = []
  return { name: 'collect', inMemory: true, records, open: async () => writer((record) => records.push(record)) }
}

/**
 * Takes records and does nothing with them: for the cost of a topology without its output, or for one that is read by state queries only.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { discard } from 'millrace/plugins/local'
 *
 * export default topology('nothing', (builder) => {
 *   builder.stream<string, string>('words').sinkTo(discard())
 * })
 * ```
 */
export function discard<K, V>(): Sink<K, V> {
  return { name: 'discard', inMemory: true, open: async () => writer(() => {}) }
}

function writer<K, V>(write: (record: StreamRecord<K, V>) => unknown) {
  return { write, flush: async () => {}, close: async () => {} }
}
