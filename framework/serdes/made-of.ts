// What a serde takes over from the one it is made of: its schema, and what that needs from outside.

import type { Serde } from '../ports/serde.ts'

type TakenOver = Pick<Serde<unknown>, 'schema' | 'open' | 'canRead' | 'prepare'>

/** Where the bytes of the inner serde lie in those of the outer one: calls back for each place. May throw if they are not as they have to be. */
type Places = (bytes: Buffer, start: number, end: number, found: (start: number, end: number) => void) => void

/** To be spread into the outer serde. A serde that needs nothing from outside costs nothing. */
export function madeOf<T>(inner: Serde<T>, places: Places): TakenOver {
  const { schema, open, canRead, prepare } = inner
  return {
    ...(schema === undefined ? {} : { schema }),
    ...(open === undefined ? {} : { open: (context) => inner.open!(context) }),
    ...(canRead === undefined || prepare === undefined ? {} : readiness(inner, places)),
  }
}

function readiness<T>(inner: Serde<T>, places: Places): TakenOver {
  const eachPlace: Places = (bytes, start, end, found) => {
    try {
      places(bytes, start, end, found)
    } catch {
      // `read` says what is wrong with them.
    }
  }
  return {
    canRead(bytes, start, end) {
      let can = true
      eachPlace(bytes, start, end, (from, to) => {
        if (!inner.canRead!(bytes, from, to)) can = false
      })
      return can
    },
    async prepare(bytes, start, end) {
      const preparing: Promise<void>[] = []
      eachPlace(bytes, start, end, (from, to) => {
        if (!inner.canRead!(bytes, from, to)) preparing.push(inner.prepare!(bytes, from, to))
      })
      await Promise.all(preparing)
    },
  }
}
