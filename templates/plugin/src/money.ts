// A serde: an amount of money in 11 bytes, the currency in three letters and the minor units (cents) as a long.

import { long, type Serde, type SerdeFormat } from 'millrace'

export interface Money {
  /** As in ISO 4217: EUR. */
  readonly currency: string
  /** In the smallest unit of the currency. */
  readonly minor: number
}

export function money(): Serde<Money> {
  const minor = long()
  return {
    name: 'money',
    // An object can be changed by a callback, so stores keep its bytes.
    immutable: false,
    read(bytes, start, end) {
      if (end - start !== sizeBytes) throw new Error(`an amount has ${sizeBytes} bytes, not ${end - start}`)
      const currency = bytes.toString('latin1', start, start + 3)
      if (!isCurrency(currency)) throw new Error(`${JSON.stringify(currency)} is no currency`)
      return { currency, minor: minor.read(bytes, start + 3, end) }
    },
    write(value, target) {
      if (!isCurrency(value.currency)) throw new Error(`${JSON.stringify(value.currency)} is no currency`)
      target.reserve(3)
      target.end += target.bytes.write(value.currency, target.end, 'latin1')
      minor.write(value.minor, target)
    },
  }
}

/** For tools that have a manifest and no topology: they find the format by the name of the serde. */
export const moneyFormat: SerdeFormat = { serde: () => money() as Serde<unknown> }

const sizeBytes = 11

function isCurrency(text: unknown): boolean {
  return typeof text === 'string' && /^[A-Z]{3}$/.test(text)
}
