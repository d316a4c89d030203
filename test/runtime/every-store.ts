// A store of each kind that can be read from outside, and a global one: the topology of tests that are about how stores are read.

import { topology } from '../../framework/dsl/topology-definition.ts'
import { session, tumbling } from '../../framework/dsl/windows.ts'
import { string } from '../../framework/serdes/serdes.ts'

export const text = { key: string(), value: string() }

export const everything = topology('everything', (builder) => {
  const stream = builder.stream<string, string>('in', text)
  const group = stream.groupByKey()
  group.count({ store: 'counts' })
  group.windowedBy(tumbling(10, { grace: 100 })).count({ store: 'windows' })
  group.windowedBy(session(5, { grace: 100 })).count({ store: 'sessions' })
  stream.toTable({ store: { name: 'versions', historyRetention: '1h' } })
  builder.globalTable('names', { ...text, store: 'names' })
})
