// Where records go that had to be left out: a topic that holds them as they came, with headers that say why and where from. The first headers are Kafka Streams'
// (KIP-1034, errors.dead.letter.queue.topic.name); ours tell the task and the way through the topology.

import { isMillraceError } from '../errors.ts'
import type { TopicWriter } from '../ports/broker.ts'
import type { Header, Headers } from '../ports/record.ts'
import { bytes } from '../serdes/serdes.ts'
import type { Flow } from './operator.ts'

/** A record has to fit into its topic with them. */
const messageLengthMax = 1_024
const traceLengthMax = 8_192

export interface DeadLetterReason {
  readonly error: unknown
  readonly taskId: string
  /** From the source to the node that failed. */
  readonly path: readonly string[]
}

export class DeadLetters {
  private readonly writer: TopicWriter
  private readonly applicationId: string

  constructor(writer: TopicWriter, applicationId: string) {
    this.writer = writer
    this.applicationId = applicationId
  }

  /** `record` is what could not be processed, `source` the bytes of the input record that it came from, if that is still known. */
  add(
    record: Flow,
    source: { readonly key: Buffer | null; readonly value: Buffer | null; readonly isKnown: boolean },
    reason: DeadLetterReason,
  ): void {
    const unknown = source.isKnown ? [] : [header('__millrace.errors.input', 'unknown')]
    const headers = [...record.headers, ...this.reasons(record, reason), ...unknown]
    try {
      this.append(record, source, headers)
    } catch (error) {
      // The input record fitted into its topic, and the trace is the one thing that can be left out.
      if (!isMillraceError(error, 'record-too-large')) throw error
      this.append(
        record,
        source,
        headers.filter(({ key }) => key !== stackTrace),
      )
    }
  }

  private append(record: Flow, { key, value }: { readonly key: Buffer | null; readonly value: Buffer | null }, headers: Headers): void {
    const { writer } = this
    const keyBytes = key ?? noBytes
    const keyStart = key === null ? -1 : 0
    const keyEnd = key === null ? -1 : keyBytes.length
    const partition = writer.partitionOf(keyBytes, keyStart, keyEnd)
    writer.append(partition, record.timestamp, keyBytes, keyStart, keyEnd, value, bytes(), headers)
  }

  private reasons({ origin }: Flow, { error, taskId, path }: DeadLetterReason): Headers {
    const { name, message, stack } = error instanceof Error ? error : { name: typeof error, message: String(error), stack: '' }
    return [
      header('__streams.errors.exception', name),
      header('__streams.errors.message', shortened(message, messageLengthMax)),
      header(stackTrace, shortened(stack ?? '', traceLengthMax)),
      header('__streams.errors.topic', origin.topic ?? ''),
      header('__streams.errors.partition', String(origin.partition)),
      header('__streams.errors.offset', String(origin.offset)),
      header('__millrace.errors.application', this.applicationId),
      header('__millrace.errors.task', taskId),
      header('__millrace.errors.path', path.join(' > ')),
    ]
  }
}

const stackTrace = '__streams.errors.stacktrace'

function header(key: string, text: string): Header {
  return { key, value: Buffer.from(text) }
}

function shortened(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)} … (${text.length - lengthMax} more characters)`
}

const noBytes = Buffer.alloc(0)
