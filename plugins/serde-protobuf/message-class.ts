// Classes that protobufjs's static generator (pbjs -t static-module) has made, and others of that shape.

import protobufjs from 'protobufjs'
import type { MessageCodec } from './protobuf.ts'

/** What a generated class has as static members. */
export interface MessageClass<T> {
  decode(reader: protobufjs.Reader, length?: number): T
  encode(message: T, writer?: protobufjs.Writer): protobufjs.Writer
  /** Says what is wrong with a message, or gives null. */
  verify?(message: object): string | null
  /** Since protobufjs 7: `type.googleapis.com/shop.Order`. */
  getTypeUrl?(prefix?: string): string
}

export function messageClassCodec<T>(message: MessageClass<T>): MessageCodec {
  return {
    fullName: message.getTypeUrl?.('').replace(/^\//, ''),
    decode: (reader, sizeBytes) => message.decode(reader, sizeBytes),
    encode(value) {
      const problem = typeof value === 'object' && value !== null ? message.verify?.(value) : 'object expected'
      if (problem != null) throw new Error(`value: ${problem}`)
      return message.encode(value as T, protobufjs.Writer.create()).finish()
    },
  }
}
