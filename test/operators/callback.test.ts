import { runInThisContext } from 'node:vm'
import { expect, test } from 'vitest'
import { argumentsSeen } from '../../framework/graph/arguments-seen.ts'
import { onRecord } from '../../framework/operators/callback.ts'
import { Cell, FlowRecord, noOrigin } from '../../framework/operators/flow-record.ts'
import { noHeaders } from '../../framework/ports/record.ts'
import type { Serde } from '../../framework/ports/serde.ts'

const unreadable: Serde<unknown> = {
  name: 'unreadable',
  immutable: true,
  read() {
    throw new Error('was read')
  },
  write() {},
}

function recordWithUnreadableKey(value: unknown): FlowRecord<unknown, unknown> {
  return new FlowRecord(Cell.ofBytes(Buffer.from('k'), 0, 1, unreadable), Cell.of(value), 0, noHeaders, noOrigin)
}

test('a callback of the value alone does not read the key', () => {
  expect(onRecord((value) => `${value}!`)(recordWithUnreadableKey('a'))).toBe('a!')
})

test('a callback without parameters reads nothing', () => {
  const record = new FlowRecord(Cell.of(1), Cell.ofBytes(Buffer.from('v'), 0, 1, unreadable), 0, noHeaders, noOrigin)
  expect(onRecord(() => true)(record)).toBe(true)
})

test('a callback that takes the key reads it', () => {
  expect(() => onRecord((_value, key) => key)(recordWithUnreadableKey('a'))).toThrow('was read')
})

type AnyFunction = (...args: never[]) => unknown

/** From text, because the test runner rewrites what stands in the file. */
function parsed(text: string): AnyFunction {
  return runInThisContext(`(${text})`) as AnyFunction
}

test.each<[string, AnyFunction, number]>([
  ['an arrow function without parentheses', parsed('x => x'), 1],
  ['an async arrow function', parsed('async x => x'), 1],
  ['an arrow function', parsed('(value, key) => key'), 2],
  ['destructured parameters', parsed('({ a, b: [c] }, key) => a'), 2],
  ['a function expression', parsed('(function named(value) { return value })'), 1],
  ['a method', parsed('({ call(value) { return value } }).call'), 1],
  ['a default', parsed('(value, key = 1) => key'), Number.POSITIVE_INFINITY],
  ['rest parameters', parsed('(value, ...rest) => rest'), Number.POSITIVE_INFINITY],
  ['arguments', parsed('(function (value) { return arguments[1] })'), Number.POSITIVE_INFINITY],
  ['eval', parsed('(value) => eval(value)'), Number.POSITIVE_INFINITY],
  ['a comment among the parameters', parsed('(value /* ) */) => value'), Number.POSITIVE_INFINITY],
  ['a computed name', parsed('({ ["a("](value) { return value } })["a("]'), Number.POSITIVE_INFINITY],
  ['a bound function', ((value: unknown) => value).bind(null), Number.POSITIVE_INFINITY],
  ['a native function', Math.max, Number.POSITIVE_INFINITY],
])('%s', (_what, callback, seen) => {
  expect(argumentsSeen(callback)).toBe(seen)
})
