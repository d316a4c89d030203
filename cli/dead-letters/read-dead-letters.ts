// Reads the dead letters of a topic that were there when the command began, in the order of their partitions and offsets, and leaves out what nobody asked for.

import type { Broker, FetchedRecords } from '../../framework/index.ts'
import { asOffset, partitionName } from '../../framework/ports/record.ts'
import { partitionsOf } from '../connect.ts'
import { Errors } from '../oclif.ts'
import { type DeadLetter, deadLetterOf } from './dead-letter.ts'

const bufferBytesMax = 8 << 20

export interface Wanted {
  readonly topic: string
  /** Undefined: of all applications. */
  readonly application: string | undefined
  /** Is in the class or the message of the error, whatever the case. */
  readonly error: string | undefined
  /** Is on the way to the node that failed. */
  readonly operator: string | undefined
  /** Of the dead letter topic. */
  readonly partition: number | undefined
  readonly fromOffset: number
  readonly toOffset: number
  readonly lettersMax: number
}

export async function readDeadLetters(broker: Broker, wanted: Wanted): Promise<readonly DeadLetter[]> {
  const { topic, partition: only } = wanted
  const count = await partitionsOf(broker, topic)
  if (only !== undefined && only >= count)
    throw new Errors.CLIError(`${topic} has the partitions 0 to ${count - 1}; there is no partition ${only}.`, { exit: 1 })
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition })).filter(
    ({ partition }) => only === undefined || partition === only,
  )
  const starts = await broker.admin.startOffsets(partitions)
  const ends = new Map(
    (await broker.admin.endOffsets(partitions, { readCommitted: true })).map((end) => [
      partitionName(end),
      Math.min(end.offset, wanted.toOffset + 1),
    ]),
  )
  const positions = starts
    .map((start) => ({ ...start, offset: asOffset(Math.max(start.offset, wanted.fromOffset)) }))
    .filter((position) => position.offset < ends.get(partitionName(position))!)
  const letters = await readTo(broker, positions, ends, (letter) => isWanted(letter, wanted))
  return letters
    .sort((left, right) => left.record.partition - right.record.partition || left.record.offset - right.record.offset)
    .slice(0, wanted.lettersMax)
}

async function readTo(
  broker: Broker,
  positions: Parameters<ReturnType<Broker['fetcher']>['assign']>[0],
  ends: ReadonlyMap<string, number>,
  isWanted: (letter: DeadLetter) => boolean,
): Promise<DeadLetter[]> {
  const open = new Set(positions.map(partitionName))
  const letters: DeadLetter[] = []
  if (open.size === 0) return letters
  const fetcher = broker.fetcher({ clientId: 'millrace-cli', readCommitted: true, bufferBytesMax })
  fetcher.assign(positions)
  while (open.size > 0) {
    await fetcher.arrived()
    for (const fetched of fetcher.take()) {
      const name = partitionName(fetched)
      if (fetched.kind === 'problem') throw new Errors.CLIError(`${name} cannot be read on: ${fetched.problem}.`, { exit: 1 })
      if (!open.has(name)) continue
      const end = ends.get(name)!
      letters.push(...lettersOf(fetched, end).filter(isWanted))
      if (fetched.reader.nextOffset >= end) open.delete(name)
    }
  }
  await fetcher.close()
  return letters
}

/** Read to the end of the batch, so that the reader says where reading goes on. */
function lettersOf({ reader, partition }: FetchedRecords, end: number): readonly DeadLetter[] {
  const letters: DeadLetter[] = []
  while (reader.next()) {
    const { bytes, timestamp, offset, keyStart, keyEnd, valueStart, valueEnd } = reader
    if (offset >= end) continue
    const key = keyStart < 0 ? null : Buffer.from(bytes.subarray(keyStart, keyEnd))
    const value = valueStart < 0 ? null : Buffer.from(bytes.subarray(valueStart, valueEnd))
    const headers = reader.headers().map((header) => ({ ...header, value: header.value === null ? null : Buffer.from(header.value) }))
    const letter = deadLetterOf({ key, value, timestamp, headers, partition, offset })
    if (letter !== undefined) letters.push(letter)
  }
  return letters
}

function isWanted(letter: DeadLetter, { application, error, operator }: Wanted): boolean {
  const matchesError = error === undefined || `${letter.error}: ${letter.message}`.toLowerCase().includes(error.toLowerCase())
  const matchesOperator = operator === undefined || letter.path.includes(operator)
  return matchesError && matchesOperator && (application === undefined || letter.application === application)
}
