// The Protobuf serde of a type: the .proto text is what the compiler has derived.

import type { Serde, SerdeReader, TypeDescription } from '../../framework/index.ts'
import { type ProtoTypeOptions, protoOf } from './proto-of-type.ts'
import { protobuf } from './protobuf.ts'

export interface ProtobufOfOptions<T> extends ProtoTypeOptions {
  /** What the compiler has derived of T: it writes it here. */
  readonly type?: TypeDescription<T>
}

/**
 * A serde that writes values of a TypeScript type as Protobuf messages, with no .proto to write by hand: `millrace build` and the Vite plugin derive it. Fields have the numbers in `numbers`, as
 * `protobufSchemas()` keeps them in millrace-proto.json, and behind those in the order of the members; without `numbers`, members may only ever be added at the end. Throws an Error with all of the type
 * that Protobuf has no form for; and where nobody has derived it, as in a script that is not compiled.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { protobufOf } from 'millrace/plugins/serde-protobuf'
 *
 * interface Order { item: string; at: Date; note?: string }
 *
 * export default topology('noted-orders', (builder) => {
 *   const value = protobufOf<Order>({ package: 'shop' })
 *   builder.stream<string, Order>('orders', { value }).filter((order) => order.note !== undefined).to('noted-orders', { value })
 * })
 * ```
 */
export function protobufOf<T>(options: ProtobufOfOptions<T> = {}): Serde<T> {
  const { type } = options
  if (type === undefined)
    throw new Error(
      'protobufOf() is given its type by the compiler: call it as protobufOf<Order>() in a file that `millrace build` or the Vite plugin compiles',
    )
  const { proto, message, problems, to, from } = protoOf(type, options)
  if (problems.length > 0) throw new Error(problems.map((problem) => `${problem.message} ${problem.remedy}`).join(' '))
  const { format, ...inner } = protobuf<unknown>({ proto, type: message })
  const converted = ({ read }: SerdeReader<unknown>): SerdeReader<T> => ({
    read: (bytes, start, end) => from(read(bytes, start, end)) as T,
  })
  return {
    ...inner,
    read: converted(inner).read,
    write: (value, target) => inner.write(to(value), target),
    ...(format === undefined ? {} : { format: { ...format, readerFor: (writer) => converted(format.readerFor(writer)) } }),
  }
}
