// Avro, on avsc, which has to be installed beside Millrace.

export { type AvroOptions, type AvroSchema, avro } from './avro.ts'
export { type AvroOfOptions, avroOf } from './avro-of.ts'
export { type AvroLogicalType, type AvroLogicalTypes, avroDates, avroDecimals } from './logical-types.ts'
export { avroPlugin } from './plugin.ts'
export { avroEmitter, avroSchemas } from './schema-emitter.ts'
export type { AvroSchemaOptions } from './schema-of-type.ts'
