import { expect, test } from 'vitest'
import { jsonTextOf } from '../../framework/serdes/json-text.ts'

test('maps and sets are written as derived serdes write them, at any depth', () => {
  expect(jsonTextOf({ seen: new Set(['a', 'b']), counts: new Map([['a', 1n]]) })).toBe('{"seen":["a","b"],"counts":{"a":1}}')
  expect(jsonTextOf(new Map([[1, new Set([Number.NaN])]]))).toBe('[[1,["NaN"]]]')
  expect(jsonTextOf(new Map())).toBe('{}')
})
