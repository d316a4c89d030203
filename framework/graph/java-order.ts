// The orders in which Java's collections give their elements, where the text of describe() shows them.

/** The order of a java.util.HashSet of strings, filled one by one in the order given. */
export function hashSetOrder(strings: readonly string[]): readonly string[] {
  let capacity = 16
  while (strings.length > capacity * 0.75) capacity *= 2
  const buckets = new Map<number, string[]>()
  for (const text of strings) {
    const hash = stringHash(text)
    const bucket = (hash ^ (hash >>> 16)) & (capacity - 1)
    const entries = buckets.get(bucket)
    if (entries === undefined) buckets.set(bucket, [text])
    else entries.push(text)
  }
  return [...buckets].sort(([a], [b]) => a - b).flatMap(([, entries]) => entries)
}

/** java.lang.String.hashCode */
function stringHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0
  return hash
}
