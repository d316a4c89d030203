// The text of the members of a JSON object, as it is written.

/**
 * What stands in the text for each member of an object, which is known to be JSON. JSON.parse would round 64-bit numbers, and does not tell the text of
 * what it reads before Node 22.
 */
export function memberSources(text: string): ReadonlyMap<string, string> {
  const sources = new Map<string, string>()
  let depth = 0
  let name = ''
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      if (depth === 1 && name === '') name = JSON.parse(text.slice(at, end))
      at = end - 1
    } else if (character === '{' || character === '[') depth++
    else if (character === ':' && depth === 1) start = at + 1
    else if (character === '}' || character === ']' || (character === ',' && depth === 1)) {
      if (depth === 1) {
        sources.set(name, text.slice(start, at).trim())
        name = ''
      }
      if (character !== ',') depth--
    }
  }
  return sources
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}
