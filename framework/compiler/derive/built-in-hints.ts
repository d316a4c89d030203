// What to write in the place of what the platform has and JSON has no form for.

export const hintsByBuiltIn: Readonly<Record<string, string>> = {
  URL: 'Use its href, a string; or give the class a codec: `export const urls = codec(URL, { encode: (url) => url.href, decode: (text) => new URL(text) })`.',
  Promise: 'Operators are synchronous: a record holds the result, not the promise.',
  Buffer: 'Use Uint8Array, which travels in base64.',
  ArrayBuffer: 'Use Uint8Array, which travels in base64.',
  RegExp: 'Use a string that holds its source.',
  Error: 'Use its message and what else is to be known of it.',
}
