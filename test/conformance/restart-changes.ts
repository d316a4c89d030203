// What a restart of the whole app changes, in Kafka Streams too. A vector was recorded without one, so that such a case cannot be compared; on memory stores and on
// a LevelDB that is closed and opened again under the living task it is.

import { type Aspect, aspects } from './compare.ts'
import type { VectorCase } from './vector.ts'
import type { VectorNode } from './vector-node.ts'
import type { StateKind } from './ways-to-run.ts'

/** Why a case has another outcome with restarts; undefined if it must not have one. */
export function whatARestartChanges({ config, nodes }: VectorCase, state: StateKind): string | undefined {
  if (nodes.some(({ processor }) => processor?.fn === 'ticker' || processor?.fn === 'buffer'))
    return 'a processor schedules its punctuations anew in init, and keeps nothing in its fields'
  if (nodes.some((node) => isForgotten(node, state))) return 'what lies in memory and has no changelog is gone'
  if (nodes.some((node) => waitsForWallClock(node, config)))
    return 'how long ago results were last looked for is not kept: the next record looks'
  if (config['statestore.cache.max.bytes'] !== '0' && nodes.some(isWindowed))
    return 'a record cache shows rows past their retention, and is empty after a restart'
  return undefined
}

/** What can be compared after restarts. A suppress logs several changes in the order of Java's HashSet, which depends on the most that it had since the start. */
export function aspectsAfterRestarts({ nodes }: VectorCase): readonly Aspect[] {
  return nodes.some(({ op }) => op === 'suppress') ? aspects.filter((aspect) => aspect !== 'internal') : aspects
}

/** A suppress holds back in memory, whatever the stores are. */
function isForgotten({ op, store, buffer }: VectorNode, state: StateKind): boolean {
  if (op === 'suppress') return buffer?.logging === false
  return store?.logging === false && (state === 'memory' || store.kind === 'memory' || store.lruMaxEntries !== undefined)
}

function waitsForWallClock({ op, type, emit }: VectorNode, config: VectorCase['config']): boolean {
  if (emit === 'onWindowClose') return config['__emit.interval.ms.kstreams.windowed.aggregation__'] !== '0'
  return op === 'streamStreamJoin' && type !== 'inner' && config['__emit.interval.ms.kstreams.outer.join.spurious.results.fix__'] !== '0'
}

function isWindowed({ op, store }: VectorNode): boolean {
  return op === 'windowedBy' || store?.type === 'window' || store?.type === 'session'
}
