import { expect, it } from 'vitest'
import { mermaid } from '../../cli/mermaid.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { manifestOf } from '../../framework/graph/manifest.ts'
import * as serdes from '../../framework/serdes/index.ts'

it('draws sub-topologies as boxes, with stores inside and topics between them', () => {
  const words = topology('words', (builder) => {
    const lines = builder.stream<string, string>('lines', { name: 'lines', key: serdes.string(), value: serdes.string() })
    const counts = lines
      .groupBy((line) => line, { name: 'by-line', key: serdes.string(), value: serdes.string() })
      .count({ name: 'counts', store: 'line-counts' })
    counts.toStream({ name: 'changes' }).to('counts', { name: 'out', key: serdes.string(), value: serdes.long() })
  })

  expect(mermaid(manifestOf(words.build()))).toMatchInlineSnapshot(`
    "flowchart TD
      subgraph sub0 ["Sub-topology 0"]
        node0["lines"]
        node1["by-line"]
        node2["by-line-repartition-filter"]
        node3["by-line-repartition-sink"]
      end
      subgraph sub1 ["Sub-topology 1"]
        node4["by-line-repartition-source"]
        node5["counts"]
        node6["changes"]
        node7["out"]
        store0[("line-counts")]
      end
      topic0[/"lines"/]
      topic1[/"by-line-repartition"/]
      topic2[/"counts"/]
      topic0 --> node0
      node0 --> node1
      node1 --> node2
      node2 --> node3
      node3 --> topic1
      topic1 --> node4
      node4 --> node5
      node5 <--> store0
      node5 --> node6
      node6 --> node7
      node7 --> topic2
    "
  `)
})
