// Each task has processors of its own, so whoever makes them must make new ones. Kafka Streams: ApiUtils.checkSupplier.

import type { LogicalGraph } from '../graph/logical-graph.ts'

export function checkSupplier(graph: LogicalGraph, name: string, supplier: () => object): void {
  const [one, another] = [supplier(), supplier()]
  if (one !== another) return
  const remedy = 'Make the processor inside of the function that gives it: each task has one of its own.'
  graph.problems.report(name, 'the function that makes its processors gives the same one each time.', remedy)
}
