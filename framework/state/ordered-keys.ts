// Keys in the order of their bytes: a sorted list cut into short pieces, so that adding and removing cost little however many there
// are. Walking it while it changes is allowed: the walk goes on behind the last key it gave.

import type { BinaryKey, RangeOptions } from '../ports/store.ts'

// A piece is split when it is longer: inserting moves at most so many pointers.
const pieceKeysMax = 512

export class OrderedKeys {
  /** None is empty, all keys of one are before those of the next. */
  private pieces: BinaryKey[][] = []
  private changes = 0

  static of(keys: Iterable<BinaryKey>): OrderedKeys {
    const ordered = new OrderedKeys()
    const sorted = [...keys].sort(byBytes)
    const filled = pieceKeysMax / 2
    for (let at = 0; at < sorted.length; at += filled) ordered.pieces.push(sorted.slice(at, at + filled))
    return ordered
  }

  /** Nothing happens if the key is there. */
  add(key: BinaryKey): void {
    const at = Math.min(this.pieceOf(key), this.pieces.length - 1)
    const piece = this.pieces[at]
    if (piece === undefined) this.pieces.push([key])
    else {
      const index = firstNotBefore(piece, key)
      if (piece[index] === key) return
      piece.splice(index, 0, key)
      if (piece.length > pieceKeysMax) this.pieces.splice(at + 1, 0, piece.splice(piece.length >> 1))
    }
    this.changes++
  }

  delete(key: BinaryKey): void {
    const at = this.pieceOf(key)
    const piece = this.pieces[at]
    if (piece === undefined) return
    const index = firstNotBefore(piece, key)
    if (piece[index] !== key) return
    piece.splice(index, 1)
    if (piece.length === 0) this.pieces.splice(at, 1)
    this.changes++
  }

  range({ from, to, reverse = false }: RangeOptions): Iterable<BinaryKey> {
    return reverse ? this.backward(from, to) : this.forward(from, to)
  }

  private *forward(from: BinaryKey | undefined, to: BinaryKey | undefined): Generator<BinaryKey> {
    let last: BinaryKey | undefined
    for (;;) {
      const changes = this.changes
      const start = last ?? from
      let at = start === undefined ? 0 : this.pieceOf(start)
      let index = start === undefined || at === this.pieces.length ? 0 : firstNotBefore(this.pieces[at] as BinaryKey[], start)
      for (; at < this.pieces.length && this.changes === changes; at++, index = 0) {
        const piece = this.pieces[at] as BinaryKey[]
        for (; index < piece.length && this.changes === changes; index++) {
          const key = piece[index] as BinaryKey
          if (to !== undefined && key >= to) return
          if (key === last) continue
          last = key
          yield key
        }
      }
      if (this.changes === changes) return
    }
  }

  private *backward(from: BinaryKey | undefined, to: BinaryKey | undefined): Generator<BinaryKey> {
    let end = to
    for (;;) {
      const changes = this.changes
      let at = end === undefined ? this.pieces.length - 1 : Math.min(this.pieceOf(end), this.pieces.length - 1)
      for (let before = end; at >= 0 && this.changes === changes; at--, before = undefined) {
        const piece = this.pieces[at] as BinaryKey[]
        let index = (before === undefined ? piece.length : firstNotBefore(piece, before)) - 1
        for (; index >= 0 && this.changes === changes; index--) {
          const key = piece[index] as BinaryKey
          if (from !== undefined && key < from) return
          end = key
          yield key
        }
      }
      if (this.changes === changes) return
    }
  }

  /** The first piece whose last key is not before this one; the number of pieces if there is none. */
  private pieceOf(key: BinaryKey): number {
    let low = 0
    let high = this.pieces.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (((this.pieces[middle] as BinaryKey[]).at(-1) as BinaryKey) < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

function firstNotBefore(sorted: readonly BinaryKey[], key: BinaryKey): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as BinaryKey) < key) low = middle + 1
    else high = middle
  }
  return low
}

function byBytes(left: BinaryKey, right: BinaryKey): number {
  return left < right ? -1 : left > right ? 1 : 0
}
