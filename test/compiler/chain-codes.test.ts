import { expect, test } from 'vitest'
import { chainCodesSource } from '../../framework/compiler/output/chain-codes.ts'

test('a chain is a function for its steps, and another one for those behind a step that gives several records', () => {
  const source = chainCodesSource([
    [
      { node: 'large', kind: 'filterNot', seen: 1 },
      { node: 'names', kind: 'mapValues', seen: 2 },
      { node: 'looked', kind: 'peek', seen: 3 },
      { node: 'words', kind: 'flatMap', seen: 0 },
      { node: 'by "word"', kind: 'selectKey', seen: 2 },
      { node: 'merged', kind: 'pass', seen: 0 },
      { node: 'pairs', kind: 'map', seen: 1 },
    ],
    [
      { node: 'some', kind: 'filter', seen: 0 },
      { node: 'each', kind: 'flatMapValues', seen: 1 },
    ],
  ])
  expect(source).toBe(`export const chains = {
  // large > names > looked > words > by "word" > merged > pairs
  "large": {
    shape: 'filterNot/1 mapValues/2 peek/3 flatMap/0 selectKey/2 pass/0 map/1',
    make([call0, call1, call2, call3, call4, call5, call6], { outlet, enter, fail }) {
      function step0(record, key, value) {
        let at = 0
        try {
          if (call0(record.value)) return
          at = enter(1)
          value = call1(record.value, record.key) ?? null
          record = record.withValue(value)
          at = enter(2)
          call2(record.value, record.key, record)
          at = enter(3)
          const pairs = call3()
          for (const [newKey, newValue] of pairs) {
            step4(record, newKey ?? null, newValue ?? null)
            enter(3)
          }
        } catch (error) {
          fail(error, at, record)
        }
      }
      function step4(record, key, value) {
        let at = enter(4)
        try {
          key = call4(value, key) ?? null
          at = enter(5)
          at = enter(6)
          {
            const pair = call6(value)
            const [newKey, newValue] = pair
            key = newKey ?? null
            value = newValue ?? null
          }
          outlet.forward(record.withPair(key, value))
        } catch (error) {
          fail(error, at, record)
        }
      }
      return step0
    },
  },
  // some > each
  "some": {
    shape: 'filter/0 flatMapValues/1',
    make([call0, call1], { outlet, enter, fail }) {
      function step0(record, key, value) {
        let at = 0
        try {
          if (!call0()) return
          at = enter(1)
          const values = call1(record.value)
          for (const newValue of values) {
            outlet.forward(record.withValue(newValue ?? null))
          }
        } catch (error) {
          fail(error, at, record)
        }
      }
      return step0
    },
  },
}
`)
})

test('a topology without chains has none', () => {
  expect(chainCodesSource([])).toBe('export const chains = {\n}\n')
})
