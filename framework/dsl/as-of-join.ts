// The join of a stream with what another one said last at the time of each record: the other one is read as a versioned table.

import type { Joiner } from '../graph/operator-spec.ts'
import { requireOptions } from './arguments.ts'
import type { StreamFlow } from './flow.ts'
import type { AsOfJoinOptions } from './options.ts'
import { joinTable } from './stream-table-join.ts'
import { toTable } from './stream-to-table.ts'

export function asOfJoin(
  flow: StreamFlow,
  other: StreamFlow,
  joiner: Joiner,
  options: AsOfJoinOptions<unknown, unknown, unknown>,
): StreamFlow {
  requireOptions(flow.graph, 'KStream.asOfJoin', options)
  const { name, history, grace, key, value, otherValue } = options
  const named = name === undefined ? {} : { name: `${name}-other` }
  const ofKeys = key === undefined ? {} : { key }
  const table = toTable(other, {
    ...named,
    ...ofKeys,
    ...(otherValue === undefined ? {} : { value: otherValue }),
    store: { ...(name === undefined ? {} : { name: `${name}-other` }), historyRetention: history },
  })
  return joinTable(flow, table, joiner, false, {
    ...(name === undefined ? {} : { name }),
    ...ofKeys,
    ...(value === undefined ? {} : { value }),
    ...(grace === undefined ? {} : { grace }),
  })
}
