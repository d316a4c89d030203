// Logical types: what a value of an Avro type stands for. Two sets that are often wanted, and the door for others.

import avsc from 'avsc'

export interface AvroLogicalType {
  /** From the value beneath. `attributes` are those of the schema, such as `scale`. Throws an Error that says why it cannot be. */
  readonly read: (value: unknown, attributes: Readonly<Record<string, unknown>>) => unknown
  /** To the value beneath; throws an Error that says why it cannot be. */
  readonly write: (value: unknown, attributes: Readonly<Record<string, unknown>>) => unknown
}

/** By the name that the schema gives as `logicalType`. */
export type AvroLogicalTypes = Readonly<Record<string, AvroLogicalType>>

const dayMs = 86_400_000

/** `timestamp-millis` and `date` (midnight, UTC) as Date. Not `timestamp-micros`, which a Date cannot hold. */
export const avroDates: AvroLogicalTypes = {
  'timestamp-millis': {
    read: (value) => new Date(Number(value)),
    write: (value) => timeOf(value),
  },
  date: {
    read: (value) => new Date(Number(value) * dayMs),
    write: (value) => {
      const days = timeOf(value) / dayMs
      if (!Number.isInteger(days)) throw new Error('a date is midnight in UTC')
      return days
    },
  },
}

/** `decimal` as text with all its digits, such as `'-12.50'` for a scale of 2: a number would round it. */
export const avroDecimals: AvroLogicalTypes = {
  decimal: {
    read: (value, attributes) => decimalText(value as Buffer, scaleOf(attributes)),
    write: (value, attributes) => decimalBytes(value, attributes),
  },
}

type Schema = ConstructorParameters<typeof avsc.types.LogicalType>[0]

interface LogicalTypeClass {
  new (schema: Schema, options?: unknown): avsc.types.LogicalType
}

/** `longs`: what avsc gives and takes for a `long` beneath. */
export function logicalTypeClass(name: string, logical: AvroLogicalType, longs: 'number' | 'bigint'): LogicalTypeClass {
  class Logical extends avsc.types.LogicalType {
    readonly logicalName = name
    private readonly attributes: Readonly<Record<string, unknown>>

    constructor(schema: Schema, options?: unknown) {
      super(schema, options)
      this.attributes = schema as unknown as Readonly<Record<string, unknown>>
    }

    protected override _fromValue(value: unknown): unknown {
      return logical.read(value, this.attributes)
    }

    protected override _toValue(value: unknown): unknown {
      const beneath = logical.write(value, this.attributes)
      const wantsBigint = longs === 'bigint' && typeof beneath === 'number' && this.underlyingType.typeName.endsWith('long')
      return wantsBigint ? BigInt(beneath) : beneath
    }

    /** Asked when the writer's schema is another one: the same logical type, or the plain type beneath, can be read. */
    protected override _resolve(writer: avsc.Type): ((value: unknown) => unknown) | undefined {
      if ('logicalName' in writer) return writer.logicalName === name ? (value) => value : undefined
      return writer.equals(this.underlyingType) ? (value) => this._fromValue(value) : undefined
    }

    protected override _export(schema: Schema): void {
      for (const key of ['precision', 'scale']) if (key in this.attributes) Object.assign(schema, { [key]: this.attributes[key] })
    }
  }
  return Logical
}

function timeOf(value: unknown): number {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw new Error('expected a valid Date')
  return value.getTime()
}

function scaleOf({ scale = 0 }: Readonly<Record<string, unknown>>): number {
  if (!Number.isInteger(scale) || (scale as number) < 0) throw new Error(`a decimal has a scale of 0 or more, not ${String(scale)}`)
  return scale as number
}

/** Big-endian, two's complement. */
function decimalText(bytes: Buffer, scale: number): string {
  const unsigned = BigInt(bytes.length === 0 ? 0 : `0x${bytes.toString('hex')}`)
  const unscaled = BigInt.asIntN(bytes.length * 8, unsigned)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return unscaled < 0n ? `-${text}` : text
}

function decimalBytes(value: unknown, attributes: Readonly<Record<string, unknown>>): Buffer {
  const scale = scaleOf(attributes)
  const parts = typeof value === 'string' ? /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) : null
  if (parts === null) throw new Error(`expected a decimal as text, such as '12.50'`)
  const [, sign = '', whole = '', fraction = ''] = parts
  if (fraction.length > scale) throw new Error(`${String(value)} has more than ${scale} digits behind the point`)
  const digits = (whole + fraction.padEnd(scale, '0')).replace(/^0+(?=\d)/, '')
  const precision = Number(attributes.precision ?? Infinity)
  if (digits.length > precision) throw new Error(`${String(value)} has more than ${precision} digits`)
  const unscaled = BigInt(`${sign}${digits}`)
  const size = attributes.type === 'fixed' ? Number(attributes.size) : bytesFor(unscaled)
  if (BigInt.asIntN(size * 8, unscaled) !== unscaled) throw new Error(`${String(value)} does not fit into ${size} bytes`)
  return Buffer.from(
    BigInt.asUintN(size * 8, unscaled)
      .toString(16)
      .padStart(size * 2, '0'),
    'hex',
  )
}

/** The least number of bytes, as Java's BigInteger.toByteArray. */
function bytesFor(value: bigint): number {
  let size = 1
  while (BigInt.asIntN(size * 8, value) !== value) size++
  return size
}
