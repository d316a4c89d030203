// What a topology file exports: a name, and how to build the topology.

import { MillraceError } from '../errors.ts'
import type { ErrorHandlers } from '../graph/error-handlers.ts'
import { LogicalGraph } from '../graph/logical-graph.ts'
import { type Optimization, optimizations } from '../graph/optimize.ts'
import type { Naming, Topology } from '../graph/topology.ts'
import { writeTopology } from '../graph/write-topology.ts'
import { StreamsBuilder } from './streams-builder.ts'

/**
 * How a topology is built, and what becomes of records that fail in it: `deserializationExceptionHandler`, `processingExceptionHandler` and
 * `productionExceptionHandler` win over the settings of these names, and may be functions.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 *
 * export default topology('upper', (builder) => builder.stream<string, string>('in').mapValues((text) => text.toUpperCase()).to('out'), {
 *   processingExceptionHandler: (error, { topic }) => (error instanceof RangeError && topic === 'in' ? 'continue' : 'fail'),
 * })
 * ```
 */
export interface TopologyOptions extends ErrorHandlers {
  /** How operators without a name are numbered, and whether stores take the names of their operators. Default: `variables`. */
  readonly naming?: Naming
  /**
   * Whether a store or an internal topic without a name is a problem (Kafka Streams: ensure.explicit.internal.resource.naming, KIP-1111): generated
   * names change when operators are put in before them. Default: false.
   */
  readonly requireNames?: boolean
  /** As Kafka Streams' `topology.optimization`: `all`, or some of them. It changes the topology, so set it from the start. Default: `none`. */
  readonly optimization?: 'none' | 'all' | readonly Optimization[]
}

/**
 * What `topology()` gives: a name, and how to build the topology. The compiler, the test driver and the app build it; `build` is for tools of one's own. `Name` is
 * the name as a literal: what is typed by a topology's topics finds them by it (see `TopologyTopics`).
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 *
 * const copy = topology('copy', (builder) => builder.stream<string, string>('in').to('out'))
 * const { subTopologies } = copy.build({ naming: 'kafka-streams' })
 * console.info(subTopologies.length)
 * ```
 */
export interface TopologyDefinition<Name extends string = string> {
  readonly kind: 'topology'
  readonly name: Name
  readonly options: TopologyOptions
  /** Builds it anew at each call. `defaults` are for what the definition's own options leave out. Throws `topology-invalid` with all problems. */
  build(defaults?: TopologyOptions): Topology
}

/**
 * Defines a topology. Its name is the application id of the app that runs it.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 *
 * export default topology('word-count', (builder) => {
 *   const words = builder.stream<string, string>('lines').flatMapValues((line) => line.toLowerCase().split(/\W+/))
 *   const counts = words.groupBy((word) => word).count()
 *   counts.toStream().to('word-counts')
 * })
 * ```
 */
export function topology<Name extends string>(
  name: Name,
  define: (builder: StreamsBuilder) => void,
  options: TopologyOptions = {},
): TopologyDefinition<Name> {
  return {
    kind: 'topology',
    name,
    options,
    build(defaults = {}) {
      const { naming = defaults.naming ?? 'variables', requireNames = defaults.requireNames ?? false } = options
      const graph = new LogicalGraph(name, naming, requireNames)
      const given: unknown = define(new StreamsBuilder(graph))
      if (given instanceof Promise) throw madeLater(name, given)
      const { optimization = defaults.optimization ?? 'none' } = options
      const written = writeTopology(graph, optimization === 'all' ? optimizations : optimization === 'none' ? [] : optimization)
      return { ...written, errorHandlers: errorHandlersOf(options) }
    },
  }
}

/** TypeScript takes an async function for one that gives nothing. */
function madeLater(topology: string, given: Promise<unknown>): MillraceError {
  // What becomes of it is of no interest any more.
  given.catch(() => {})
  return new MillraceError('topology-invalid', {
    topology,
    node: topology,
    problem: 'The function that makes the topology is async: what it adds later is no part of it.',
    remedy:
      'Leave `async` and `await` out: a topology is data, made at once; what an operator needs from outside it gets by mapAsync() or a table.',
  })
}

function errorHandlersOf(options: ErrorHandlers): ErrorHandlers {
  const { deserializationExceptionHandler, processingExceptionHandler, productionExceptionHandler } = options
  return {
    ...(deserializationExceptionHandler === undefined ? {} : { deserializationExceptionHandler }),
    ...(processingExceptionHandler === undefined ? {} : { processingExceptionHandler }),
    ...(productionExceptionHandler === undefined ? {} : { productionExceptionHandler }),
  }
}
