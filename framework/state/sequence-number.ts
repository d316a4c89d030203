// The number that tells rows of a key and time apart, in window stores that keep duplicates.

/** Counts the records that a store keeps of a key and time, over restarts too, so that none overwrites another. */
export class SequenceNumber {
  value: number

  constructor(value: number) {
    this.value = value
  }

  /** Java's int, without the sign. */
  next(): number {
    this.value = (this.value + 1) & 0x7fff_ffff
    return this.value
  }
}
