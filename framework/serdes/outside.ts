// What a serde made of two others takes over from them: what they need from outside, such as schemas.

import type { Serde } from '../ports/serde.ts'

/** Where the bytes of each lie; a place that begins below 0 has none. May throw if they are not as they have to be. */
type Places = (bytes: Buffer, start: number, end: number) => readonly [first: Place, second: Place]
type Place = readonly [start: number, end: number]

/** To be spread into the outer serde. Serdes that need nothing from outside cost nothing. */
export function outsideOf<A, B>(
  first: Serde<A>,
  second: Serde<B>,
  places: Places,
): Pick<Serde<unknown>, 'schema' | 'open' | 'canRead' | 'prepare'> {
  const schemas = [first.schema, second.schema]
  const opened = [first, second].filter((serde) => serde.open !== undefined)
  const asks = [first, second].some((serde) => serde.canRead !== undefined && serde.prepare !== undefined)
  const inside = (bytes: Buffer, start: number, end: number): readonly (readonly [Asked, Place])[] => {
    try {
      const [ofFirst, ofSecond] = places(bytes, start, end)
      const parts: readonly (readonly [Asked, Place])[] = [
        [first, ofFirst],
        [second, ofSecond],
      ]
      return parts.filter(([, [from]]) => from >= 0)
    } catch {
      // `read` says what is wrong with them.
      return []
    }
  }
  return {
    ...(schemas.every((schema) => schema === undefined) ? {} : { schema: schemas.map((schema) => schema ?? null) }),
    ...(opened.length === 0 ? {} : { open: (context) => openAll(opened, context) }),
    ...(asks
      ? {
          canRead: (bytes, start, end) =>
            inside(bytes, start, end).every(([serde, [from, to]]) => serde.canRead?.(bytes, from, to) ?? true),
          async prepare(bytes, start, end) {
            // All are asked before the first is awaited: the bytes may be gone then.
            await Promise.all(
              inside(bytes, start, end).map(([serde, [from, to]]) =>
                serde.canRead?.(bytes, from, to) === false ? serde.prepare?.(bytes, from, to) : undefined,
              ),
            )
          },
        }
      : {}),
  }
}

type Asked = Pick<Serde<unknown>, 'canRead' | 'prepare'>

async function openAll(
  serdes: readonly Pick<Serde<unknown>, 'open'>[],
  context: Parameters<NonNullable<Serde<unknown>['open']>>[0],
): Promise<void> {
  for (const serde of serdes) await serde.open?.(context)
}
