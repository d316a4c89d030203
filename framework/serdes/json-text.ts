// A value that a serde has read, as JSON text in one line.

/** JSON as it was written. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A Map whose keys are texts as an object, another one as pairs, a Set as a list, as derived serdes write them. A bigint as its digits, bytes as base64, NaN and the infinities, which JSON has not, as texts. */
export function jsonTextOf(value: unknown): string {
  // Line ends in JSON are between its parts, never in a string.
  if (value instanceof JsonText) return value.text.replace(/[\r\n]+/g, ' ')
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return `"${value}"`
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  if (Array.isArray(value)) return `[${value.map(jsonTextOf).join(',')}]`
  if (value instanceof Set) return jsonTextOf([...value])
  if (value instanceof Map)
    return jsonTextOf([...value.keys()].every((key) => typeof key === 'string') ? Object.fromEntries(value) : [...value])
  if (typeof value !== 'object' || value === null || value instanceof Date) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${jsonTextOf(member)}`).join(',')}}`
}
