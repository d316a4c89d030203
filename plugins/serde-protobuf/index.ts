// Protocol Buffers, on protobufjs, which has to be installed beside Millrace.

export type { MessageClass } from './message-class.ts'
export { protobufPlugin } from './plugin.ts'
export type { FieldNumbers, ProtoTypeOptions } from './proto-of-type.ts'
export type { ProtobufSource } from './proto-source.ts'
export { type ProtobufOptions, protobuf } from './protobuf.ts'
export { type ProtobufOfOptions, protobufOf } from './protobuf-of.ts'
export { type ProtobufSchemaOptions, protobufEmitter, protobufSchemas } from './schema-emitter.ts'
