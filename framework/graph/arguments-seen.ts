// Which arguments of a callback need to be there at all: decoding a key costs more than many a callback.

/**
 * How many of its leading arguments a function can see; Infinity if that cannot be told. Told from its text, and only from plain cases: `length` counts
 * the parameters before the first one with a default, so a parameter list with `=` or `...` or anything that makes its end hard to find (strings,
 * comments, regular expressions) is not judged; nor is a body that says `arguments` or `eval`, nor native and bound functions, which have no text.
 */
export function argumentsSeen(callback: (...args: never[]) => unknown): number {
  const text = Function.prototype.toString.call(callback)
  if (/\barguments\b|\beval\b|\[native code\]/.test(text)) return Infinity
  const parameters = parameterList(text)
  if (parameters === undefined || /=|\.\.\.|['"`/]/.test(parameters)) return Infinity
  return callback.length
}

/** The text between a function's parentheses, without them; of `x => …` the `x`. */
function parameterList(text: string): string | undefined {
  const single = /^(?:async\s+)?([\w$]+)\s*=>/.exec(text)
  if (single !== null) return single[1]
  const head = /^[\w$\s*]*\(/.exec(text)
  if (head === null) return undefined
  let depth = 1
  for (let index = head[0].length; index < text.length; index++) {
    const character = text[index] as string
    if ('([{'.includes(character)) depth++
    if (')]}'.includes(character)) depth--
    if (depth === 0) return text.slice(head[0].length, index)
  }
  return undefined
}
