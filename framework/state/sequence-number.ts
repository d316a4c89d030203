// The number that tells rows of a key and time apart, in window stores that keep duplicates.

const javaIntMax = 0x7fff_ffff

/** Counts the records that a store keeps of a key and time, over restarts too, so that none overwrites another. */
export class SequenceNumber {
  value: number
  /** Behind it comes 0: of Java's int, without the sign, unless it is to last longer. */
  readonly max: number

  constructor(value: number, max: number = javaIntMax) {
    this.value = value
    this.max = max
  }

  /** Whether an int holds it. */
  get fitsInt(): boolean {
    return this.max === javaIntMax
  }

  next(): number {
    this.value = this.value === this.max ? 0 : this.value + 1
    return this.value
  }
}
