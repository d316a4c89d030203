// The text that is committed beside an offset, in Kafka Streams' own format (TopicPartitionMetadata, ProcessorMetadata), so that either can take over from
// the other: base64 of a version byte 2, the partition's time as a long, then entries of name and time. Kafka Streams names its entries by store and keeps
// the others it finds; ours are the stream times of operators, named `millrace:` and the node.

export interface CommitMetadata {
  /** -1: not known. */
  readonly partitionTimeMs: number
  readonly times: ReadonlyMap<string, number>
}

const unknownTime = -1
const version = 2
/** Kafka's default of offset.metadata.max.bytes. */
const textLengthMax = 4096
/** Bytes of as much base64, less what stands before the entries. */
const entriesBytesMax = (textLengthMax / 4) * 3 - 13

/** The texts of the inputs of a task, in their order. */
export interface TaskMetadata {
  readonly texts: readonly string[]
  /** Times that found no place: brokers refuse longer texts. */
  readonly left: number
}

/**
 * Each input carries all times, because who takes over takes the latest of each. Where they are too many for that they are shared out; `everywhere` says which
 * have to be with every input all the same.
 */
export function encodeTaskMetadata(
  partitionTimesMs: readonly number[],
  times: ReadonlyMap<string, number>,
  everywhere: (name: string) => boolean,
): TaskMetadata {
  const all = [...times]
  if (sizeOf(all) <= entriesBytesMax)
    return { texts: partitionTimesMs.map((partitionTimeMs) => encodeCommitMetadata({ partitionTimeMs, times })), left: 0 }
  const marks = all.filter(([name]) => everywhere(name))
  const waiting = all.filter(([name]) => !everywhere(name))
  const texts = partitionTimesMs.map((partitionTimeMs) => {
    const own = [...marks]
    let size = sizeOf(own)
    for (let next = waiting[0]; next !== undefined && size + sizeOf([next]) <= entriesBytesMax; next = waiting[0]) {
      size += sizeOf([next])
      own.push(next)
      waiting.shift()
    }
    return encodeCommitMetadata({ partitionTimeMs, times: new Map(own) })
  })
  return { texts, left: waiting.length }
}

function sizeOf(entries: readonly (readonly [name: string, time: number])[]): number {
  return entries.reduce((size, [name]) => size + 4 + Buffer.byteLength(name) + 8, 0)
}

export function encodeCommitMetadata({ partitionTimeMs, times }: CommitMetadata): string {
  const names = [...times.keys()].map((name) => Buffer.from(name))
  const entriesSize = times.size === 0 ? 0 : names.reduce((size, name) => size + 4 + name.length + 8, 4)
  const bytes = Buffer.alloc(9 + entriesSize)
  bytes.writeUInt8(version, 0)
  let end = bytes.writeBigInt64BE(BigInt(partitionTimeMs), 1)
  if (times.size > 0) end = bytes.writeInt32BE(times.size, end)
  let index = 0
  for (const time of times.values()) {
    const name = names[index++] as Buffer
    end = bytes.writeInt32BE(name.length, end)
    end += name.copy(bytes, end)
    end = bytes.writeBigInt64BE(BigInt(time), end)
  }
  return bytes.toString('base64')
}

/** Text that nobody of us wrote gives no times, as in Kafka Streams: an offset set by a tool has none. */
export function decodeCommitMetadata(text: string): CommitMetadata {
  const bytes = Buffer.from(text, 'base64')
  const nothing = { partitionTimeMs: unknownTime, times: new Map<string, number>() }
  if (bytes.length < 9 || (bytes[0] !== 1 && bytes[0] !== version)) return nothing
  const partitionTimeMs = Number(bytes.readBigInt64BE(1))
  if (bytes[0] === 1 || bytes.length < 13) return { ...nothing, partitionTimeMs }
  return { partitionTimeMs, times: decodeTimes(bytes) }
}

function decodeTimes(bytes: Buffer): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  let at = 13
  for (let left = bytes.readInt32BE(9); left > 0; left--) {
    if (at + 4 > bytes.length) break
    const nameEnd = at + 4 + bytes.readInt32BE(at)
    if (nameEnd + 8 > bytes.length) break
    times.set(bytes.utf8Slice(at + 4, nameEnd), Number(bytes.readBigInt64BE(nameEnd)))
    at = nameEnd + 8
  }
  return times
}
