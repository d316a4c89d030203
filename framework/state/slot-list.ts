// A linked list of small numbers: the slots of a record cache, by use or by last write. The links lie in arrays of integers, so that an entry is no object
// with links to others, which the garbage collector would have to copy and to follow.

const noSlot = -1
const notListed = -2

export class SlotList {
  private before = new Int32Array(0)
  private after = new Int32Array(0)
  private head = noSlot
  private tail = noSlot

  /** -1: the list is empty. */
  get first(): number {
    return this.head
  }

  /** -1: it is the last. */
  next(slot: number): number {
    return this.after[slot] as number
  }

  has(slot: number): boolean {
    return slot < this.before.length && this.before[slot] !== notListed
  }

  /** At the end; it is moved there if it is listed. */
  add(slot: number): void {
    if (slot === this.tail) return
    if (slot >= this.before.length) this.grow(slot + 1)
    if (this.before[slot] !== notListed) this.remove(slot)
    const { tail } = this
    this.before[slot] = tail
    this.after[slot] = noSlot
    if (tail === noSlot) this.head = slot
    else this.after[tail] = slot
    this.tail = slot
  }

  /** It must be listed. */
  remove(slot: number): void {
    const before = this.before[slot] as number
    const after = this.after[slot] as number
    if (before === noSlot) this.head = after
    else this.after[before] = after
    if (after === noSlot) this.tail = before
    else this.before[after] = before
    this.before[slot] = notListed
  }

  clear(): void {
    this.before.fill(notListed)
    this.head = this.tail = noSlot
  }

  private grow(slots: number): void {
    const size = Math.max(64, slots, this.before.length * 2)
    const before = new Int32Array(size).fill(notListed)
    before.set(this.before)
    const after = new Int32Array(size)
    after.set(this.after)
    this.before = before
    this.after = after
  }
}
