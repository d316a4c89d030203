// The functions that vectors name (the vocabulary of their README.md), with the types of what they return. Kafka's order of arguments, key first, as the README
// defines them; build-topology.ts turns them round.

import type { Windowed } from '../../framework/index.ts'
import type { VectorType } from './vector.ts'
import type { NamedFunction } from './vector-node.ts'

export type KeyValueFunction<R = unknown> = (key: unknown, value: unknown) => R

export interface Typed<F> {
  readonly call: F
  readonly type: VectorType
}

/** Thrown on purpose by `throwOn`. */
export class UserFunctionError extends Error {
  override readonly name = 'UserFunctionError'
}

/** A key or value as text: null is "null", a windowed key is key@start-end. */
export function text(value: unknown): string {
  return isWindowed(value) ? `${text(value.key)}@${value.start}-${value.end}` : String(value ?? null)
}

function isWindowed(value: unknown): value is Windowed<unknown> {
  return typeof value === 'object' && value !== null && 'start' in value && 'end' in value
}

const absent = (value: unknown): value is null | undefined => value === null || value === undefined
const orZero = (value: unknown): number => (absent(value) ? 0 : Number(value))
const orEmpty = (value: unknown): string => (absent(value) ? '' : String(value))
const argText = ({ arg }: NamedFunction): string => (absent(arg) ? '' : String(arg))
const argNumber = ({ arg }: NamedFunction): number => Number(arg)

function lookUp<T>(table: Readonly<Record<string, T>>, role: string, { fn }: NamedFunction): T {
  const found = table[fn]
  if (found === undefined) throw new Error(`the vocabulary has no ${role} ${fn}`)
  return found
}

export function predicate(f: NamedFunction): KeyValueFunction<boolean> {
  const arg = argText(f)
  const ofValue =
    (test: (value: unknown) => boolean): KeyValueFunction<boolean> =>
    (_key, value) =>
      !absent(value) && test(value)
  const predicates: Readonly<Record<string, KeyValueFunction<boolean>>> = {
    always: () => true,
    never: () => false,
    valueIsNull: (_key, value) => absent(value),
    valueNotNull: (_key, value) => !absent(value),
    keyNotNull: (key) => !absent(key),
    keyEquals: (key) => !absent(key) && text(key) === arg,
    valueEquals: ofValue((value) => text(value) === arg),
    valueContains: ofValue((value) => String(value).includes(arg)),
    valueLengthEven: ofValue((value) => String(value).length % 2 === 0),
    valueGreaterThan: ofValue((value) => Number(value) > argNumber(f)),
    valueEven: ofValue((value) => Number(value) % 2 === 0),
  }
  return lookUp(predicates, 'predicate', f)
}

function onValue(map: (value: unknown) => unknown): KeyValueFunction {
  return (_key, value) => (absent(value) ? null : map(value))
}

export function valueMapper(f: NamedFunction, value: VectorType): Typed<KeyValueFunction> {
  const arg = argText(f)
  const mappers: Readonly<Record<string, Typed<KeyValueFunction>>> = {
    identity: { type: value, call: (_key, v) => v },
    upper: { type: 'string', call: onValue((v) => String(v).toUpperCase()) },
    append: { type: 'string', call: onValue((v) => text(v) + arg) },
    prependKey: { type: 'string', call: (key, v) => (absent(v) ? null : `${text(key)}:${text(v)}`) },
    firstChar: { type: 'string', call: onValue((v) => String(v).slice(0, 1)) },
    reverse: { type: 'string', call: onValue((v) => [...String(v)].reverse().join('')) },
    nullIf: { type: value, call: onValue((v) => (text(v) === arg ? null : v)) },
    throwOn: {
      type: value,
      call: onValue((v) => {
        if (text(v) === arg) throw new UserFunctionError(`thrown on ${arg}`)
        return v
      }),
    },
    length: { type: 'long', call: onValue((v) => String(v).length) },
    toText: { type: 'string', call: onValue(text) },
    render: { type: 'string', call: (_key, v) => text(v) },
    constant: { type: 'string', call: () => arg },
    plus: { type: 'long', call: onValue((v) => Number(v) + argNumber(f)) },
    times: { type: 'long', call: onValue((v) => Number(v) * argNumber(f)) },
  }
  return lookUp(mappers, 'value mapper', f)
}

export function keySelector(f: NamedFunction, key: VectorType): Typed<KeyValueFunction> {
  const arg = argText(f)
  const modulus = argNumber(f)
  const selectors: Readonly<Record<string, KeyValueFunction>> = {
    identityKey: (k) => k,
    valueAsKey: onValue(text),
    valueFirstChar: onValue((v) => String(v).slice(0, 1)),
    valueLength: onValue((v) => String(v).length),
    valueMod: onValue((v) => `m${((Number(v) % modulus) + modulus) % modulus}`),
    keyAppend: (k) => (absent(k) ? null : text(k) + arg),
    keyAndValue: (k, v) => `${text(k)}/${text(v)}`,
    constantKey: () => arg,
    nullKey: () => null,
    renderKey: (k) => text(k),
    windowKey: (k) => (absent(k) ? null : (k as Windowed<unknown>).key),
  }
  const type = f.fn === 'identityKey' ? key : f.fn === 'valueLength' ? 'long' : f.fn === 'windowKey' ? innerType(key) : 'string'
  return { type, call: lookUp(selectors, 'key selector', f) }
}

type Pair = readonly [unknown, unknown]

export function flatMapper(f: NamedFunction, key: VectorType): Typed<KeyValueFunction<readonly Pair[]>> {
  const mappers: Readonly<Record<string, Typed<KeyValueFunction<readonly Pair[]>>>> = {
    explode: { type: 'string', call: (_key, value) => parts(value, f).map((part) => [part, value]) },
    duplicate: { type: key, call: (k, v) => Array.from({ length: argNumber(f) }, () => [k, v]) },
  }
  return lookUp(mappers, 'flat mapper', f)
}

export function flatValueMapper(f: NamedFunction, value: VectorType): Typed<(value: unknown) => readonly unknown[]> {
  const mappers: Readonly<Record<string, Typed<(value: unknown) => readonly unknown[]>>> = {
    split: { type: 'string', call: (v) => parts(v, f) },
    chars: { type: 'string', call: (v) => [...orEmpty(v)] },
    repeat: { type: value, call: (v) => Array.from({ length: argNumber(f) }, () => v) },
  }
  return lookUp(mappers, 'flat value mapper', f)
}

function parts(value: unknown, f: NamedFunction): readonly string[] {
  return absent(value) ? [] : String(value).split(f.arg === undefined ? ',' : argText(f))
}

export function initializer(f: NamedFunction): Typed<unknown> {
  const values: Readonly<Record<string, Typed<unknown>>> = {
    emptyString: { type: 'string', call: '' },
    constantString: { type: 'string', call: argText(f) },
    zero: { type: 'long', call: 0 },
    nullString: { type: 'string', call: null },
  }
  return lookUp(values, 'initializer', f)
}

export type AggregatorFunction = (key: unknown, value: unknown, aggregate: unknown) => unknown

export function aggregator(f: NamedFunction): AggregatorFunction {
  const arg = argText(f)
  const aggregators: Readonly<Record<string, AggregatorFunction>> = {
    concat: (_key, value, aggregate) => orEmpty(aggregate) + text(value) + arg,
    concatMinus: (_key, value, aggregate) => `${orEmpty(aggregate)}-${text(value)}${arg}`,
    concatKeyValue: (key, value, aggregate) => `${orEmpty(aggregate)}${text(key)}=${text(value)};`,
    concatUnless: (_key, value, aggregate) => (text(value) === arg ? null : orEmpty(aggregate) + text(value)),
    lastValue: (_key, value) => value,
    sum: (_key, value, aggregate) => orZero(aggregate) + orZero(value),
    minus: (_key, value, aggregate) => orZero(aggregate) - orZero(value),
    max: (_key, value, aggregate) => Math.max(orZero(aggregate), orZero(value)),
    sumLength: (_key, value, aggregate) => orZero(aggregate) + text(value).length,
    minusLength: (_key, value, aggregate) => orZero(aggregate) - text(value).length,
  }
  return lookUp(aggregators, 'aggregator', f)
}

export function reducer(f: NamedFunction): (aggregate: unknown, value: unknown) => unknown {
  const arg = argText(f)
  const reducers: Readonly<Record<string, (aggregate: unknown, value: unknown) => unknown>> = {
    join: (aggregate, value) => `${text(aggregate)},${text(value)}`,
    joinMinus: (aggregate, value) => `${text(aggregate)}-${text(value)}`,
    joinUnless: (aggregate, value) => (text(value) === arg ? null : `${text(aggregate)},${text(value)}`),
    latest: (_aggregate, value) => value,
    earliest: (aggregate) => aggregate,
    sum: (aggregate, value) => orZero(aggregate) + orZero(value),
    minus: (aggregate, value) => orZero(aggregate) - orZero(value),
    max: (aggregate, value) => Math.max(orZero(aggregate), orZero(value)),
    min: (aggregate, value) => Math.min(orZero(aggregate), orZero(value)),
  }
  return lookUp(reducers, 'reducer', f)
}

export type JoinerFunction = (key: unknown, left: unknown, right: unknown) => unknown

export function merger(f: NamedFunction): JoinerFunction {
  const mergers: Readonly<Record<string, JoinerFunction>> = {
    concat: (_key, left, right) => `${orEmpty(left)}|${orEmpty(right)}`,
    sum: (_key, left, right) => orZero(left) + orZero(right),
    max: (_key, left, right) => Math.max(orZero(left), orZero(right)),
  }
  return lookUp(mergers, 'session merger', f)
}

export function joiner(f: NamedFunction, left: VectorType, right: VectorType): Typed<JoinerFunction> {
  const arg = argText(f)
  const pair: JoinerFunction = (_key, l, r) => `${text(l)}+${text(r)}`
  const joiners: Readonly<Record<string, Typed<JoinerFunction>>> = {
    pair: { type: 'string', call: pair },
    pairWithKey: { type: 'string', call: (key, l, r) => `${text(key)}:${pair(key, l, r)}` },
    nullIfRight: { type: 'string', call: (key, l, r) => (!absent(r) && text(r) === arg ? null : pair(key, l, r)) },
    left: { type: left, call: (_key, l) => l },
    right: { type: right, call: (_key, _l, r) => r },
    sum: { type: 'long', call: (_key, l, r) => orZero(l) + orZero(r) },
  }
  return lookUp(joiners, 'joiner', f)
}

export function foreignKey(f: NamedFunction): KeyValueFunction {
  const extractors: Readonly<Record<string, KeyValueFunction>> = {
    valueAsKey: (_key, value) => text(value),
    valueFirstChar: (_key, value) => orEmpty(value).slice(0, 1) || null,
    beforeColon: (_key, value) => (orEmpty(value).includes(':') ? orEmpty(value).split(':', 1)[0] : null),
    constantKey: () => argText(f),
    keyFirstChar: (key) => String(key).slice(0, 1) || null,
  }
  return lookUp(extractors, 'foreign key', f)
}

export function topicExtractor(f: NamedFunction): KeyValueFunction<string> {
  const extractors: Readonly<Record<string, KeyValueFunction<string>>> = {
    byKey: (key) => argText(f) + text(key),
    byValueNull: (_key, value) => argText(f) + (absent(value) ? 'null' : 'present'),
  }
  return lookUp(extractors, 'topic extractor', f)
}

/** The type of the key inside a windowed key. */
export function innerType(type: VectorType): VectorType {
  if (typeof type === 'string') throw new Error(`${type} is no type of windowed keys`)
  return 'timeWindowed' in type ? type.timeWindowed : type.sessionWindowed
}
