// Protocol Buffers, on protobufjs, which has to be installed beside Millrace.

export type { MessageClass } from './message-class.ts'
export { protobufPlugin } from './plugin.ts'
export type { ProtobufSource } from './proto-source.ts'
export { type ProtobufOptions, protobuf } from './protobuf.ts'
