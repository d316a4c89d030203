// The keys of state with several entries a key: the size of the key as an int, the key, then what tells its entries apart. So the entries of a key are what
// begins with its size and its bytes, and no other key begins so (as in Kafka Streams' CombinedKeySchema).

import type { Serde } from '../ports/serde.ts'
import type { BinaryKey } from '../ports/store.ts'
import { outsideOf } from './outside.ts'
import { integer } from './serdes.ts'

export type EntryKey<K, E> = readonly [key: K, entry: E]

const sizeBytes = 4
const size = integer()

export function entryKey<K, E>(key: Serde<K>, entry: Serde<E>): Serde<EntryKey<K, E>> {
  return {
    name: `entry(${key.name}, ${entry.name})`,
    ...outsideOf(key, entry, (bytes, start, end) => {
      const middle = middleOf(bytes, start, end)
      return [
        [start + sizeBytes, middle],
        [middle, end],
      ]
    }),
    immutable: key.immutable && entry.immutable,
    read(bytes, start, end) {
      const middle = middleOf(bytes, start, end)
      return [key.read(bytes, start + sizeBytes, middle), entry.read(bytes, middle, end)]
    },
    write([owner, one], target) {
      const sizeAt = target.end
      size.write(0, target)
      key.write(owner, target)
      target.bytes.writeInt32BE(target.end - sizeAt - sizeBytes, sizeAt)
      entry.write(one, target)
    },
  }
}

/** What the entries of a key begin with. */
export function entryPrefix(key: BinaryKey): BinaryKey {
  const { length } = key
  return String.fromCharCode((length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff) + key
}

/** The key of an entry, and what tells the entry apart. */
export function entryParts(binary: BinaryKey): readonly [key: BinaryKey, entry: BinaryKey] {
  let length = 0
  for (let at = 0; at < sizeBytes; at++) length = length * 256 + binary.charCodeAt(at)
  return [binary.slice(sizeBytes, sizeBytes + length), binary.slice(sizeBytes + length)]
}

function middleOf(bytes: Buffer, start: number, end: number): number {
  if (end - start < sizeBytes) throw new Error(`the key of an entry has at least ${sizeBytes} bytes, not ${end - start}`)
  const middle = start + sizeBytes + bytes.readInt32BE(start)
  if (middle > end || middle < start + sizeBytes) throw new Error('the bytes end within the key of an entry')
  return middle
}
