export { type CsvFileOptions, type CsvRow, fromFile, type JsonLinesFileOptions, type RowRecord } from './from-file.ts'
export { files } from './plugin.ts'
export { type ToCsvOptions, type ToJsonLinesOptions, toFile } from './to-file.ts'
