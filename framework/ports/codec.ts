// How instances of a class travel: as what their codec makes of them, which the compiler knows by its type.

/** `T` is the class's own type, `E` what stands for an instance in JSON: any type that can travel. */
export interface Codec<T, E> {
  /** The class. */
  readonly type: { readonly prototype: T }
  /** Gives what stands for an instance. The same for equal instances, since keys are compared by their bytes. */
  readonly encode: (instance: T) => E
  /** Makes an instance again. It may change what it is given. Throws an Error that says why that cannot be. */
  readonly decode: (encoded: E) => T
}

/**
 * Lets instances of a class travel: in values and keys, in stores, alone or deep within other types. The schema, the validator and the serde are those of `E`, so what a consumer sees, and what counts when a
 * new version is compared with the old one, is the encoded form. The compiler finds it as the static member `codec` of an exported class; or, for a class that is not yours, as an exported constant in a file that the
 * topology imports, or imported by one from a package.
 *
 * @example
 * ```ts
 * import { codec, topology } from 'millrace'
 *
 * export class Money {
 *   static readonly codec = codec(Money, {
 *     encode: (money: Money) => `${money.cents} ${money.currency}`,
 *     decode: (text: string) => new Money(Number(text.split(' ')[0]), text.split(' ')[1] ?? 'EUR'),
 *   })
 *
 *   readonly cents: number
 *   readonly currency: string
 *
 *   constructor(cents: number, currency: string) {
 *     this.cents = cents
 *     this.currency = currency
 *   }
 * }
 *
 * export const urls = codec(URL, { encode: (url: URL) => url.href, decode: (text: string) => new URL(text) })
 *
 * export default topology('prices', (builder) => {
 *   const prices = builder.stream<string, { page: URL; price: Money }>('prices')
 *   prices.filter(({ price }) => price.cents > 100).to('high-prices')
 * })
 * ```
 */
export function codec<T, E>(type: { readonly prototype: T }, ways: Pick<Codec<T, E>, 'encode' | 'decode'>): Codec<T, E> {
  return { type, ...ways }
}
