// The Avro serde of a type: the schema is what the compiler has derived.

import type { Serde, SerdeReader, TypeDescription } from '../../framework/index.ts'
import { type AvroSchema, avro } from './avro.ts'
import { valueForm } from './derived-values.ts'
import { type AvroSchemaOptions, avroSchemaOf } from './schema-of-type.ts'

export interface AvroOfOptions<T> extends AvroSchemaOptions {
  /** What the compiler has derived of T: it writes it here. */
  readonly type?: TypeDescription<T>
}

/**
 * A serde that writes values of a TypeScript type as Avro, with no schema to write by hand: `millrace build` and the Vite plugin derive it. Dates are `timestamp-millis`, what may be missing or null
 * is a union with null, unions of literals are enums, bigints strings, Sets arrays, Maps maps; numbers are doubles, whole ones (`@multipleOf 1`) longs, or ints within their
 * bounds. JSDoc's other constraints are not checked. Throws an Error with all of the type that Avro has no form for; and where nobody has derived it, as in a script that is not compiled.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { avroOf } from 'millrace/plugins/serde-avro'
 *
 * interface Order { item: string; at: Date; state: 'open' | 'paid'; note?: string }
 *
 * export default topology('open-orders', (builder) => {
 *   const value = avroOf<Order>({ namespace: 'shop' })
 *   builder.stream<string, Order>('orders', { value }).filter((order) => order.state === 'open').to('open-orders', { value })
 * })
 * ```
 */
export function avroOf<T>(options: AvroOfOptions<T> = {}): Serde<T> {
  const { type } = options
  if (type === undefined)
    throw new Error(
      'avroOf() is given its type by the compiler: call it as avroOf<Order>() in a file that `millrace build` or the Vite plugin compiles',
    )
  const derived = avroSchemaOf(type, options)
  if (derived.problems.length > 0) throw new Error(derived.problems.map(({ message, remedy }) => `${message} ${remedy}`).join(' '))
  const { toAvro, fromAvro } = valueForm(type, derived)
  const { format, ...inner } = avro<unknown>(derived.schema as AvroSchema, { unions: 'wrapped' })
  const converted = ({ read }: SerdeReader<unknown>): SerdeReader<T> => ({
    read: (bytes, start, end) => fromAvro(read(bytes, start, end)) as T,
  })
  return {
    ...inner,
    read: converted(inner).read,
    write: (value, target) => inner.write(toAvro(value), target),
    ...(format === undefined ? {} : { format: { ...format, readerFor: (writer) => converted(format.readerFor(writer)) } }),
  }
}
