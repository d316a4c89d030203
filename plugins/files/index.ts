export { type JsonLinesSinkOptions, jsonLinesSink } from './json-lines-sink.ts'
export { type JsonLinesSourceOptions, jsonLinesSource } from './json-lines-source.ts'
export { files } from './plugin.ts'
