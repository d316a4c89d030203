// The Millrace side of a takeover: jvm/…/Takeover.java has the same topology, in the same order of calls, so with the same names.

import { type TopologyDefinition, topology } from '../../framework/dsl/topology-definition.ts'
import { tumbling } from '../../framework/dsl/windows.ts'
import { long, string } from '../../framework/serdes/serdes.ts'

const text = { key: string(), value: string() }

export function topologyOf(applicationId: string, prefix: string): TopologyDefinition {
  return topology(
    applicationId,
    (builder) => {
      const events = builder.stream(`${prefix}-events`, text)
      const people = builder.table(`${prefix}-people`, { ...text, store: 'people' })

      const counts = events.groupByKey().count({ store: 'counts' })
      counts.toStream().to(`${prefix}-counts`, { key: string(), value: long() })

      events
        .groupByKey()
        .windowedBy(tumbling('10s', { grace: '5s' }))
        .count({ store: 'windows' })
        .toStream()
        .to(`${prefix}-windows`, { value: long() })

      events
        .groupBy((value) => value.slice(0, 1), { name: 'by-letter', key: string() })
        .count({ store: 'letters' })
        .toStream()
        .to(`${prefix}-letters`, { key: string(), value: long() })

      counts
        .join(people, (count, person) => `${person}:${count}`, { store: 'joined', value: string() })
        .toStream()
        .to(`${prefix}-joined`, text)
    },
    { naming: 'kafka-streams' },
  )
}
