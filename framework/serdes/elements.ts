// The elements of a window, each as its bytes with the number of its coming, in that order. A list is never changed: to append gives another one, which shares what
// was there, and reads nothing of it. In a store: how many there are (an int), the number of the last one (a long), then for each its number (a long), its size (an int;
// -1: null) and its bytes.

import type { ByteTarget, Serde } from '../ports/serde.ts'
import { ByteBuffer } from './byte-buffer.ts'
import { madeOf } from './made-of.ts'
import { integer, long } from './serdes.ts'

const counts = integer()
const numbers = long()
const countBytes = 4
const numberBytes = 8
const headBytes = countBytes + numberBytes
const frameBytes = numberBytes + countBytes
const noBytes = Buffer.alloc(0)

/** Appended since the list was read, the last one first. */
interface Link {
  readonly before: Link | undefined
  readonly frame: Buffer
}

interface Parts {
  readonly base: Buffer
  readonly appended: Link | undefined
  readonly size: number
  readonly sizeBytes: number
  readonly lastNumber: number
}

const nothing: Parts = { base: noBytes, appended: undefined, size: 0, sizeBytes: 0, lastNumber: -1 }

export class Elements {
  private readonly serde: Serde<unknown>
  private readonly parts: Parts

  private constructor(serde: Serde<unknown>, parts: Parts) {
    this.serde = serde
    this.parts = parts
  }

  static none(serde: Serde<unknown>): Elements {
    return new Elements(serde, nothing)
  }

  static ofFrames(serde: Serde<unknown>, size: number, lastNumber: number, base: Buffer): Elements {
    return new Elements(serde, { base, appended: undefined, size, sizeBytes: base.length, lastNumber })
  }

  get size(): number {
    return this.parts.size
  }

  get sizeBytes(): number {
    return this.parts.sizeBytes
  }

  /** -1: there is none. */
  get lastNumber(): number {
    return this.parts.lastNumber
  }

  /** `number` is higher than that of the last one. `write` writes the value; null: it is null. */
  appended(number: number, write: ((target: ByteTarget) => void) | null): Elements {
    const { base, appended: before, size, sizeBytes } = this.parts
    scratch.end = 0
    numbers.write(number, scratch)
    counts.write(-1, scratch)
    if (write !== null) {
      write(scratch)
      scratch.bytes.writeInt32BE(scratch.end - frameBytes, numberBytes)
    }
    const frame = Buffer.from(scratch.bytes.subarray(0, scratch.end))
    return new Elements(this.serde, {
      base,
      appended: { before, frame },
      size: size + 1,
      sizeBytes: sizeBytes + frame.length,
      lastNumber: number,
    })
  }

  withoutFirst(): Elements {
    const frames = this.frames()
    return Elements.ofFrames(this.serde, this.size - 1, this.size === 1 ? -1 : this.lastNumber, frames.subarray(frameEnd(frames, 0)))
  }

  withoutLast(): Elements {
    const frames = this.frames()
    let at = 0
    let lastNumber = -1
    for (let left = this.size - 1; left > 0; left--) {
      lastNumber = numberAt(frames, at)
      at = frameEnd(frames, at)
    }
    return Elements.ofFrames(this.serde, this.size - 1, lastNumber, frames.subarray(0, at))
  }

  /** All of both, by their numbers. */
  static merged(left: Elements, right: Elements): Elements {
    if (left.size === 0) return right
    if (right.size === 0) return left
    const all = [left.frames(), right.frames()].flatMap(framesOf)
    all.sort((a, b) => numberAt(a, 0) - numberAt(b, 0))
    const lastNumber = Math.max(left.lastNumber, right.lastNumber)
    return Elements.ofFrames(left.serde, left.size + right.size, lastNumber, Buffer.concat(all))
  }

  values(): unknown[] {
    const frames = this.frames()
    const values: unknown[] = []
    for (let at = 0; at < frames.length; at = frameEnd(frames, at)) {
      const size = frames.readInt32BE(at + numberBytes)
      const start = at + frameBytes
      values.push(size < 0 ? null : this.serde.read(frames, start, start + size))
    }
    return values
  }

  writeTo(target: ByteTarget): void {
    counts.write(this.size, target)
    numbers.write(this.lastNumber, target)
    const { base, appended, sizeBytes } = this.parts
    target.reserve(sizeBytes)
    base.copy(target.bytes, target.end)
    let at = target.end + sizeBytes
    for (let link = appended; link !== undefined; link = link.before) {
      at -= link.frame.length
      link.frame.copy(target.bytes, at)
    }
    target.end += sizeBytes
  }

  /** What a query shows. */
  toJSON(): unknown {
    return this.values()
  }

  private frames(): Buffer {
    const { base, appended } = this.parts
    if (appended === undefined) return base
    const target = new ByteBuffer(this.sizeBytes + headBytes)
    this.writeTo(target)
    return target.bytes.subarray(headBytes, target.end)
  }
}

const scratch = new ByteBuffer()

export function elements(value: Serde<unknown>): Serde<Elements> {
  return {
    name: `elements(${value.name})`,
    ...madeOf(value, (bytes, start, end, found) => {
      for (let at = start + headBytes; at < end; at = frameEnd(bytes, at)) {
        const size = bytes.readInt32BE(at + numberBytes)
        if (size >= 0) found(at + frameBytes, at + frameBytes + size)
      }
    }),
    immutable: true,
    read(bytes, start, end) {
      const size = counts.read(bytes, start, start + countBytes)
      const lastNumber = numbers.read(bytes, start + countBytes, start + headBytes)
      // A copy: the bytes are another one's, and frames are cut from them later.
      const frames = Buffer.from(bytes.subarray(start + headBytes, end))
      if (framesOf(frames).length !== size) throw new Error(`the bytes do not hold ${size} elements`)
      return Elements.ofFrames(value, size, lastNumber, frames)
    },
    write: (list, target) => list.writeTo(target),
  }
}

function framesOf(frames: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < frames.length; ) {
    const end = frameEnd(frames, at)
    found.push(frames.subarray(at, end))
    at = end
  }
  return found
}

function frameEnd(frames: Buffer, at: number): number {
  const end = at + frameBytes + Math.max(0, frames.readInt32BE(at + numberBytes))
  if (end > frames.length) throw new Error('the bytes end within an element')
  return end
}

function numberAt(frames: Buffer, at: number): number {
  return numbers.read(frames, at, at + numberBytes)
}
