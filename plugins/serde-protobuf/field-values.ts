// Values of single fields: times, digits, literals, and what protobufjs calls a field.

type Plain = Readonly<Record<string, unknown>>

/** Between a value of the program and one as protobufjs has it. Both throw an Error that says what does not fit. */
export interface MessageForm {
  to(value: unknown): unknown
  from(message: unknown): unknown
}

/** What protobufjs calls a field. */
export function camelCase(name: string): string {
  return name.charAt(0) + name.slice(1).replace(/_([a-z])(?=[a-z]|$)/g, (_, letter: string) => letter.toUpperCase())
}

export function oneOfLiterals(values: readonly unknown[]): MessageForm {
  const checked = (value: unknown): unknown => {
    if (values.some((one) => one === value)) return value
    throw new Error(`expected ${values.map(shown).join(' or ')}, not ${shown(value)}`)
  }
  return { to: checked, from: checked }
}

export function timestampOf(value: unknown): unknown {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw new Error(`expected a Date, not ${shown(value)}`)
  const seconds = Math.floor(value.getTime() / 1000)
  return { seconds, nanos: (value.getTime() - seconds * 1000) * 1_000_000 }
}

export function dateOf(message: unknown): Date {
  const { seconds, nanos } = message as { readonly seconds: number; readonly nanos: number }
  return new Date(seconds * 1000 + Math.floor(nanos / 1_000_000))
}

export function bigintOf(text: unknown): bigint {
  if (typeof text === 'string' && /^(?:0|-?[1-9]\d*)$/.test(text)) return BigInt(text)
  throw new Error(`expected the digits of a bigint, not ${shown(text)}`)
}

/** `constructor` and its like seem to be there always. */
export function ownOf(message: unknown, name: string): unknown {
  return isObject(message) && Object.hasOwn(message, name) ? message[name] : undefined
}

export function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function shown(value: unknown): string {
  return (typeof value === 'bigint' ? undefined : JSON.stringify(value)) ?? String(value)
}
