// The serdes that a topology file may name.

export { checked, checkedString, codedString, decoded, fromBase64, toDate, validation } from './checked.ts'
export * as jsonWriters from './json-writer.ts'
export { bytes, double, integer, type JsonOptions, json, long, string } from './serdes.ts'
export { sessionWindowed, timeWindowed } from './windowed.ts'
