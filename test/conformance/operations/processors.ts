// Processors of the vocabulary, in streams and by name.

import type { KeyAndValue } from '../vector.ts'
import type { VectorNode } from '../vector-node.ts'
import { processorType, vocabularyFixedKeyProcessor, vocabularyProcessor } from '../vocabulary-processors.ts'
import { type CaseBuilder, given, type Made, named, serdes } from './case-builder.ts'
import { inputOf } from './sources.ts'

export function process(build: CaseBuilder, node: VectorNode, op: 'process' | 'processValues'): Made {
  const { key, value } = build.from(node)
  const processor = given(node, 'processor')
  const options = { ...named(node), ...(node.stores === undefined ? {} : { stores: node.stores }) }
  const store = node.stores?.[0]
  const stream = build.streamOf(node)
  const object =
    op === 'process'
      ? stream.process(() => vocabularyProcessor(processor, store), options)
      : stream.processValues(() => vocabularyFixedKeyProcessor(processor, store), options)
  return { key, value: processorType(processor, value), object }
}

export function addSource(build: CaseBuilder, node: VectorNode): Made {
  const { name = '', topics = [] } = node
  const types = build.typesOf(topics[0])
  build.builder.addSource(name, inputOf(node), serdes(types))
  return { ...types, object: name }
}

export function addProcessor(build: CaseBuilder, { name = '', parents = [], ...node }: VectorNode): Made {
  const processor = given({ ...node, name, parents }, 'processor')
  // The JVM connects stores afterwards; here the processor names them.
  const added = build.vector.nodes.filter(({ op, processors }) => op === 'addStateStore' && processors?.includes(name))
  const stores = [...(node.connectStores ?? []), ...added.map(({ store }) => String(store?.name))]
  build.builder.addProcessor(name, () => vocabularyProcessor(processor, stores[0]), parents, { stores })
  const { key, value } = parentOf(build, parents)
  return { key, value: processorType(processor, value), object: name }
}

export function addSink(build: CaseBuilder, { name = '', topic = '', parents = [] }: VectorNode): undefined {
  build.builder.addSink(name, topic, parents, serdes(parentOf(build, parents)))
}

function parentOf(build: CaseBuilder, [first]: readonly string[]): KeyAndValue {
  return [...build.made.values()].find(({ object }) => object === first) ?? { key: 'string', value: 'string' }
}
