// The serdes that a topology file may name.

export { bytes, double, integer, type JsonOptions, json, long, string } from './serdes.ts'
export { timeWindowed } from './windowed.ts'
