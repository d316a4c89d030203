// The names of serdes in a manifest: a format and what it is of, `json(Flight)`, `windowed(string, 10000)`, `entry(string, json(Item))`.

export interface SerdeParts {
  readonly format: string
  /** What stands in the parentheses; undefined if there are none. */
  readonly type: string | undefined
  /** The same, as two where there is a comma between serdes. */
  readonly types: readonly string[]
}

export function serdeParts(name: string): SerdeParts {
  const open = name.indexOf('(')
  if (open === -1 || !name.endsWith(')')) return { format: name, type: undefined, types: [] }
  const type = name.slice(open + 1, -1)
  const comma = topLevelComma(type)
  return { format: name.slice(0, open), type, types: comma === -1 ? [type] : [type.slice(0, comma), type.slice(comma + 2)] }
}

/** The comma between two serdes: outside of all parentheses and quotes, for `string('a, b')` is the name of one, too. */
function topLevelComma(text: string): number {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]
    if (letter === "'") quoted = !quoted
    else if (quoted) continue
    else if (letter === '(') depth++
    else if (letter === ')') depth--
    else if (letter === ',' && depth === 0 && text[at + 1] === ' ') return at
  }
  return -1
}
