// The serdes that a topology file may name.

export { checked, toDate } from './checked.ts'
export { bytes, double, integer, type JsonOptions, json, long, string } from './serdes.ts'
export { timeWindowed } from './windowed.ts'
