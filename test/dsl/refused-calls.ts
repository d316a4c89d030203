// The dsl called as it must not be: rows of a table, each with what Kafka Streams says, and a topology to call it on.

import { describe, expect, test } from 'vitest'
import { type KGroupedStream, type KStream, type KTable, type StreamsBuilder, topology } from '../../framework/index.ts'
import { strings } from '../graph/topology-of.ts'

export type Row = readonly [where: string, java: string, build: (parts: Parts) => unknown, here: string]

export interface Parts {
  readonly builder: StreamsBuilder
  readonly stream: KStream<string, string>
  readonly table: KTable<string, string>
  readonly group: KGroupedStream<string, string>
}

/** Stands for what TypeScript would not take. */
export const none = undefined as never
export const nothing = null as never
export const joiner = (left: string | null) => String(left)
export const processor = () => ({ process() {} })
export const concat = (aggregate: string, value: string) => aggregate + value
export const empty = () => ''
export const versioned = { name: 'rows', historyRetention: 5 } as const

export function testRefusals(table: Readonly<Record<string, readonly Row[]>>): void {
  describe.each(Object.entries(table))('%s', (_area, rows) => {
    test.each(rows)('%s: %s', (_where, _java, build, here) => {
      expect(() => defined(build)).toThrow(expect.objectContaining({ code: 'topology-invalid', message: expect.stringContaining(here) }))
    })
  })
}

export function defined(build: (parts: Parts) => unknown): unknown {
  return topology(
    'test',
    (builder) => {
      const stream = builder.stream<string, string>('in', strings)
      build({ builder, stream, table: builder.table('rows', strings), group: stream.groupByKey() })
    },
    { naming: 'kafka-streams' },
  ).build()
}
