// Kafka Streams' generated names: a prefix and a counter that goes up with every name asked for, also with one that a name of the author's then
// replaces. So the order of calls is part of the format.

export class NameCounter {
  private next = 0

  processor(prefix: string): string {
    const index = String(this.next++).padStart(10, '0')
    return `${prefix}${index}`
  }

  store(prefix: string): string {
    return this.processor(`${prefix}STATE-STORE-`)
  }

  /** The given name; a generated one is used up all the same. */
  orGenerated(given: string | undefined, prefix: string): string {
    const generated = this.processor(prefix)
    return given ?? generated
  }

  /** The given name with a suffix; a generated one (without it) is used up all the same. */
  suffixedOrGenerated(given: string | undefined, suffix: string, prefix: string): string {
    const generated = this.processor(prefix)
    return given === undefined ? generated : `${given}${suffix}`
  }
}

/** Whether a number of the counter is in a name. */
export function hasGeneratedPart(name: string): boolean {
  return /(KSTREAM|KTABLE|STATE-STORE)-.*[0-9]{10}|STATE-STORE-[0-9]{10}/.test(name)
}

/** Whether a name is one that Kafka Streams generates for a stream's node: a repartition topic named after it has generated names around it too. */
export function isGenerated(name: string): boolean {
  return /^KSTREAM.*-[0-9]{10}$/.test(name)
}
