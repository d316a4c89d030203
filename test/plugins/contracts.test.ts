// The published contracts, run on parts that come with Millrace; the template of plugins runs them on its own.

import {
  type GraphCheck,
  integer,
  json,
  type KStream,
  long,
  type OperatorContext,
  serdeFormats,
  string,
  type TopologyEmitter,
  timeWindowed,
  topology,
} from '../../framework/index.ts'
import { emitterContract, graphCheckContract, operatorContract, serdeContract, topologyContract } from '../contract/index.ts'

const word = serdeFormats().serdes
serdeContract({ name: 'string', serde: string(), values: ['', 'a', 'résumé', 'x'.repeat(5_000)], badValues: [1], format: word.string })
serdeContract({
  name: 'long',
  serde: long(),
  values: [0, -1, 2 ** 53 - 1],
  badBytes: [new Uint8Array(7)],
  badValues: ['1', 0.5],
  format: word.long,
})
serdeContract({
  name: 'integer',
  serde: integer(),
  values: [0, -1],
  badBytes: [new Uint8Array(0)],
  badValues: [2 ** 31],
  format: word.integer,
})
serdeContract({
  name: 'json',
  serde: json<unknown>(),
  values: [0, 'a', { a: [1] }],
  badBytes: [Buffer.from('{')],
  badValues: [undefined],
  format: word.json,
})
serdeContract({
  name: 'windowed',
  serde: timeWindowed(string(), 10),
  values: ['', 'key'].map((key) => ({ key, start: 20, end: 30 })),
  badBytes: [new Uint8Array(7)],
  format: word.windowed,
})

const text = { key: string(), value: string() }

operatorContract<string, string, string, number>({
  name: 'counted',
  operator:
    () =>
    <K, V>(stream: KStream<K, V>, { name, key, value }: OperatorContext<K, V>) =>
      stream
        .groupByKey({ key, value })
        .count({ name, store: `${name}-counts` })
        .toStream({ name: `${name}-changes` }),
  ...{ key: string(), value: string(), newKey: string(), newValue: long() },
  input: ['a', 'a', 'b'].map((key) => ({ key, value: 'x' })),
  output: [
    ['a', 1],
    ['a', 2],
    ['b', 1],
  ],
})

const copies = topology('copies', (builder) => {
  builder.stream<string, string>('in', { name: 'in', ...text }).to('out', { name: 'out', ...text })
})
const printed = topology('printed', (builder) => {
  builder.stream<string, string>('in', { name: 'in', ...text }).print({ name: 'print' })
})

topologyContract({ topology: copies, input: [{ topic: 'in', key: 'a', value: null }], output: { out: [['a', null]] } })

const noPrint: GraphCheck = {
  summary: 'Nothing is printed.',
  *graph({ nodes }) {
    for (const { name, operator } of nodes)
      if (operator?.kind === 'print') yield { node: name, message: 'It prints.', remedy: 'Leave it out.' }
  },
}

graphCheckContract({ code: 'ACME001', check: noPrint, good: [copies], bad: [{ topology: printed, nodes: ['print'] }] })

const topicList: TopologyEmitter = {
  summary: 'A list of the topics that are written.',
  emit({ manifest }) {
    const printing = manifest.nodes.find(({ operator }) => operator?.kind === 'print')
    const topics = manifest.nodes.flatMap(({ topic }) => (topic === undefined ? [] : [`${topic.name}\n`]))
    const files = { 'topics.txt': topics.join('') }
    if (printing === undefined) return { files }
    return { files, problems: [{ node: printing.name, message: 'What is printed has no topic.', remedy: 'Use to().' }] }
  },
}

emitterContract({
  name: 'topics',
  emitter: topicList,
  good: [{ topology: copies, files: ['topics.txt'] }],
  bad: [{ topology: printed, nodes: ['print'] }],
})
