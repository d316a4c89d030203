// The types of the vectors as serdes.

import type { Serde } from '../../framework/ports/serde.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { sessionWindowed, timeWindowed } from '../../framework/serdes/windowed.ts'
import type { VectorType } from './vector.ts'

const made = new Map<string, Serde<unknown>>()

/** The same type gives the same serde, as a topology file would have it: bytes are carried on where a sink's serde is the source's. */
export function serdeOf(type: VectorType): Serde<unknown> {
  const id = JSON.stringify(type)
  let serde = made.get(id)
  if (serde === undefined) {
    serde = make(type)
    made.set(id, serde)
  }
  return serde
}

function make(type: VectorType): Serde<unknown> {
  if (type === 'string') return string() as Serde<unknown>
  if (type === 'long') return long() as Serde<unknown>
  if ('timeWindowed' in type) return timeWindowed(serdeOf(type.timeWindowed), type.sizeMs) as Serde<unknown>
  return sessionWindowed(serdeOf(type.sessionWindowed)) as Serde<unknown>
}
