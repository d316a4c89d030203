import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { structuredJson } from '../../framework/serdes/structured-json.ts'

const serde = structuredJson()

function written(value: unknown): string {
  return Buffer.from(toBytes(serde, value)).toString()
}

function back(value: unknown): unknown {
  const bytes = Buffer.from(toBytes(serde, value))
  return serde.read(bytes, 0, bytes.length)
}

test.each([[[3, [10, 4]]], [{ a: 'b', c: [null, true, -1.5] }], ['text'], [null], [{ gone: undefined }]])('%j is plain JSON', (value) => {
  expect(written(value)).toBe(JSON.stringify(value))
})

test.each([
  [[new Date(5), { at: new Date(6) }]],
  [[123n, [new Map([['a', { b: new Set([1, 2]) }]])]]],
  [[new Uint8Array([1, 2, 255])]],
  [[Number.NaN, Number.POSITIVE_INFINITY, -0, undefined]],
  [{ $devalue: [1, 2] }],
  [[{ $devalue: new Date(7) }]],
])('a value comes back as it was (%#)', (value) => {
  expect(back(value)).toEqual(value)
})

test('whatever is there comes back', () => {
  // devalue refuses the key, and says so.
  const key = fc.string().filter((name) => name !== '__proto__')
  const anything = fc.anything({ key, withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })
  // Members that are undefined are as good as absent.
  fc.assert(
    fc.property(anything, (value) => {
      expect(back([value])).toEqual([value])
    }),
  )
})

test('what has no such form is refused', () => {
  expect(() => written([() => 1])).toThrow('function')
})
