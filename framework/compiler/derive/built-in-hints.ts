// What to write in the place of what the platform has and JSON has no form for.

import type { ts } from 'ts-morph'

export const hintsByBuiltIn: Readonly<Record<string, string>> = {
  URL: 'Use its href, a string; or give the class a codec: `export const urls = codec(URL, { encode: (url) => url.href, decode: (text) => new URL(text) })`.',
  Promise: 'Operators are synchronous: a record holds the result, not the promise.',
  Buffer: 'Use Uint8Array, which travels in base64.',
  ArrayBuffer: 'Use Uint8Array, which travels in base64.',
  RegExp: 'Use a string that holds its source.',
  Error: 'Use its message and what else is to be known of it.',
}

export function hintOfNode(name: string): string {
  return hintsByBuiltIn[name] ?? `Use plain data, or give it a codec: \`export const ofData = codec(${name}, { encode, decode })\`.`
}

/** Of Node's types what is a class there, though none to TypeScript: an interface with methods, such as URL and Buffer. */
export function isClassOfNode(symbol: ts.Symbol, type: ts.Type, checker: ts.TypeChecker): boolean {
  const declarations = symbol.declarations ?? []
  if (symbol.name === '__type' || !declarations.some((one) => one.getSourceFile().fileName.includes('/node_modules/@types/node/')))
    return false
  return type.getProperties().some((property) => checker.getTypeOfSymbol(property).getCallSignatures().length > 0)
}
