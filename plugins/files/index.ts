export { type JsonLinesSinkOptions, jsonLinesSink } from './json-lines-sink.ts'
export { type JsonLinesSourceOptions, jsonLinesSource } from './json-lines-source.ts'
