// A dead letter: a record that an app has left out, as it came, with what its headers say of the failure (framework/operators/dead-letters.ts, KIP-1034).

import type { Header, Headers } from '../../framework/ports/record.ts'
import type { ConsumedRecord } from '../record-line.ts'

/** Says of a record that it was written anew by `millrace dlq replay`: where its dead letter lies, `<topic>-<partition>@<offset>`. */
export const replayedHeader = '__millrace.replayed'

export interface DeadLetter {
  /** As it lies in the dead letter topic. */
  readonly record: ConsumedRecord
  /** The headers that the input record had. */
  readonly headers: Headers
  readonly error: string
  readonly message: string
  readonly trace: string
  /** Where the input record lies; undefined where nothing says so. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number } | undefined
  /** Of what Kafka Streams wrote, these are ''. */
  readonly application: string
  readonly task: string
  readonly path: readonly string[]
  /** How often it was written anew before it failed again. */
  readonly replays: number
  /** Whether key and value are those of the input record, and not null because it was gone. */
  readonly isWhole: boolean
}

/** Undefined for a record that is no dead letter. */
export function deadLetterOf(record: ConsumedRecord): DeadLetter | undefined {
  const texts = new Map(record.headers.filter(isReason).map(({ key, value }) => [key, value === null ? '' : Buffer.from(value).toString()]))
  if (texts.size === 0) return undefined
  const text = (name: string): string => texts.get(name) ?? ''
  const topic = text('__streams.errors.topic')
  const headers = record.headers.filter((header) => !isReason(header))
  const path = text('__millrace.errors.path')
  return {
    record,
    headers,
    error: text('__streams.errors.exception'),
    message: text('__streams.errors.message'),
    trace: text('__streams.errors.stacktrace'),
    origin:
      topic === ''
        ? undefined
        : { topic, partition: Number(text('__streams.errors.partition')), offset: Number(text('__streams.errors.offset')) },
    application: text('__millrace.errors.application'),
    task: text('__millrace.errors.task'),
    path: path === '' ? [] : path.split(' > '),
    replays: headers.filter(({ key }) => key === replayedHeader).length,
    isWhole: text('__millrace.errors.input') !== 'unknown' && (record.key !== null || record.value !== null),
  }
}

/** `<topic>-<partition>@<offset>` of the input record. */
export function placeOf({ origin }: DeadLetter): string {
  return origin === undefined ? '-' : `${origin.topic}-${origin.partition}@${origin.offset}`
}

function isReason({ key }: Header): boolean {
  return key.startsWith('__streams.errors.') || key.startsWith('__millrace.errors.')
}
