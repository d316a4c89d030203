// Where a message stands in its .proto file: the first of the file is [0], the first within the second [1, 0]. Confluent's format writes these indexes before
// the value (io.confluent.kafka.schemaregistry.protobuf.MessageIndexes): their number and each of them as zigzag varints, and [0] as a single 0.

import protobufjs from 'protobufjs'
import { parse } from './proto-source.ts'

/** Throws an Error if the file does not define the message. */
export function prefixOf(proto: string, fullName: string): Uint8Array {
  const { scope, packageName } = fileScope(proto)
  const path = packageName === '' ? fullName : fullName.slice(packageName.length + 1)
  const indexes: number[] = []
  let messages = messagesOf(scope)
  for (const name of path.split('.')) {
    const index = messages.findIndex((message) => message.name === name)
    if (index < 0) throw new Error(`its schema does not define the message ${fullName}`)
    indexes.push(index)
    messages = messagesOf(messages[index]!)
  }
  if (indexes.length === 1 && indexes[0] === 0) return Uint8Array.of(0)
  return protobufjs.Writer.create().sint32(indexes.length).raw(zigzags(indexes)).finish()
}

/** The full name of the message that stands at the indexes before a value, for an error message. */
export function messageAt(proto: string, bytes: Buffer, start: number, end: number): string {
  try {
    const reader = protobufjs.Reader.create(bytes.subarray(start, end))
    const count = reader.sint32()
    const indexes = count === 0 ? [0] : Array.from({ length: Math.min(count, indexesMax) }, () => reader.sint32())
    let scope: protobufjs.NamespaceBase | undefined = fileScope(proto).scope
    for (const index of indexes) scope = scope === undefined ? undefined : messagesOf(scope)[index]
    return scope === undefined ? `message [${indexes.join(', ')}], which its schema does not have` : scope.fullName.slice(1)
  } catch {
    return 'something without message indexes'
  }
}

/** Deeper no sane file nests. */
const indexesMax = 100

function fileScope(proto: string): { readonly scope: protobufjs.NamespaceBase; readonly packageName: string } {
  const parsed = parse('the .proto text', proto)
  const packageName = parsed.package ?? ''
  return { scope: packageName === '' ? parsed.root : parsed.root.define(packageName), packageName }
}

/** In the order of the file. */
function messagesOf(scope: protobufjs.NamespaceBase): readonly protobufjs.Type[] {
  return scope.nestedArray.filter((nested): nested is protobufjs.Type => nested instanceof protobufjs.Type)
}

function zigzags(indexes: readonly number[]): Uint8Array {
  const writer = protobufjs.Writer.create()
  for (const index of indexes) writer.sint32(index)
  return writer.finish()
}
