// The brand of bigints that travel as strings. It is for the compiler alone: no value has it.

/**
 * A bigint that travels as a string of digits, because JSON has no form for it. Any bigint can be assigned to it. The tag `@asString` of a member or an alias says the
 * same.
 *
 * @example
 * ```ts
 * import { type BigIntAsString, topology } from 'millrace'
 *
 * interface Transfer {
 *   amount: BigIntAsString
 *   fee: BigIntAsString | null
 * }
 *
 * export default topology('transfers', (builder) => {
 *   builder.stream<string, Transfer>('transfers').mapValues(({ amount, fee }): BigIntAsString => amount + (fee ?? 0n)).to('totals')
 * })
 * ```
 */
export type BigIntAsString = bigint & { readonly __travelsAs?: 'string' }
