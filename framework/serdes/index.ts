// The serdes that a topology file may name.

export { checked, checkedString, toDate } from './checked.ts'
export { bytes, double, integer, type JsonOptions, json, long, string } from './serdes.ts'
export { sessionWindowed, timeWindowed } from './windowed.ts'
