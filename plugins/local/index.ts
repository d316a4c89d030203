export { type CollectingSink, collect, discard } from './collect.ts'
export { type GeneratedRecord, type GenerateOptions, generate } from './generate.ts'
export { local } from './plugin.ts'
