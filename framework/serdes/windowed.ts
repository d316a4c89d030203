// The keys of windowed results as Kafka Streams writes them: the key, then the start of the window as a long; the end is not written, it is
// start + size (TimeWindowedSerializer, WindowKeySchema.toBinary of a windowed key in a topic). Of a session both are written, the end first
// (SessionWindowedSerializer, SessionKeySchema).

import type { Windowed } from '../graph/window-spec.ts'
import type { Serde } from '../ports/serde.ts'
import { madeOf } from './made-of.ts'
import { long } from './serdes.ts'

const known = new WeakMap<Serde<unknown>, Map<number, Serde<unknown>>>()

/** Asked twice for the same keys and size it gives the same serde: bytes that one place writes another can pass on without reading them. */
export function timeWindowed<K>(key: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  const bySize = known.get(key as Serde<unknown>) ?? new Map<number, Serde<unknown>>()
  known.set(key as Serde<unknown>, bySize)
  const serde = (bySize.get(sizeMs) as Serde<Windowed<K>> | undefined) ?? newTimeWindowed(key, sizeMs)
  bySize.set(sizeMs, serde as Serde<unknown>)
  return serde
}

function newTimeWindowed<K>(key: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  const time = long()
  const serde: Serde<Windowed<K>> = {
    // The end of a window is not written, so it takes the size to read a key.
    name: `windowed(${key.name}, ${sizeMs === Number.POSITIVE_INFINITY ? 'unlimited' : sizeMs})`,
    ...madeOf(key, (_bytes, start, end, found) => found(start, end - 8)),
    immutable: false,
    read(bytes, start, end) {
      if (end - start < 8) throw new Error(`a windowed key has at least 8 bytes, not ${end - start}`)
      const windowStart = time.read(bytes, end - 8, end)
      return { key: key.read(bytes, start, end - 8), start: windowStart, end: windowStart + sizeMs }
    },
    write(value, target) {
      key.write(value.key, target)
      time.write(value.start, target)
    },
  }
  return marked(serde, 8)
}

const windowBytes = new WeakMap<Serde<unknown>, number>()

/** How many bytes behind the key itself say which window it is of; 0 for serdes of other keys. */
export function windowBytesOf(serde: Serde<unknown>): number {
  return windowBytes.get(serde) ?? 0
}

function marked<K>(serde: Serde<Windowed<K>>, bytes: number): Serde<Windowed<K>> {
  windowBytes.set(serde as Serde<unknown>, bytes)
  return serde
}

export function sessionWindowed<K>(key: Serde<K>): Serde<Windowed<K>> {
  const time = long()
  const serde: Serde<Windowed<K>> = {
    name: `session(${key.name})`,
    ...madeOf(key, (_bytes, start, end, found) => found(start, end - 16)),
    immutable: false,
    read(bytes, start, end) {
      if (end - start < 16) throw new Error(`the key of a session has at least 16 bytes, not ${end - start}`)
      return { key: key.read(bytes, start, end - 16), start: time.read(bytes, end - 8, end), end: time.read(bytes, end - 16, end - 8) }
    },
    write(value, target) {
      key.write(value.key, target)
      time.write(value.end, target)
      time.write(value.start, target)
    },
  }
  return marked(serde, 16)
}
