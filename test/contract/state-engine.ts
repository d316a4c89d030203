// The contract of the state engine port: every engine passes it, whatever it keeps state in.

import { afterEach, describe, expect, test } from 'vitest'
import { isMillraceError } from '../../framework/errors.ts'
import type { Plugin } from '../../framework/ports/plugin.ts'
import { asOffset, type Offset } from '../../framework/ports/record.ts'
import type { ByteStore, Mutation, RangeOptions, StateEngine, StateFolder } from '../../framework/ports/store.ts'

export interface StateEngineUnderTest {
  readonly name: string
  readonly engine: StateEngine
  /** A folder for one test: it does not exist yet, what it lies in does. */
  newFolder(): string
}

export function stateEngineContract({ name, engine, newFolder }: StateEngineUnderTest): void {
  const open: StateFolder[] = []

  async function openAt(path: string): Promise<StateFolder> {
    const folder = await engine.open(path)
    open.push(folder)
    return folder
  }

  async function close(folder: StateFolder): Promise<void> {
    open.splice(open.indexOf(folder), 1)
    await folder.close()
  }

  afterEach(async () => {
    for (const folder of open.splice(0)) await folder.close()
  })

  describe(`the state engine ${name}`, { timeout: 60_000 }, () => {
    test('a new folder is empty', async () => {
      const folder = await openAt(newFolder())
      expect(folder.store('s').get('k')).toBeUndefined()
      expect(entries(folder.store('s'))).toEqual([])
      expect(folder.positions().size).toBe(0)
    })

    test('gives what a batch wrote, also by a store opened before', async () => {
      const folder = await openAt(newFolder())
      const store = folder.store('s')
      await write(folder, put('s', 'k', 'v'), put('s', 'empty', ''))
      expect(store.get('k')?.toString()).toBe('v')
      expect(store.get('empty')?.length).toBe(0)
      expect(store.get('other')).toBeUndefined()
    })

    test('keeps entries of short and long keys apart, in whatever order they come', async () => {
      const folder = await openAt(newFolder())
      const sizes = [3, 300, 0, 255, 256, 5_000, 254, 4]
      const keys = sizes.map((size) => '\xff'.repeat(size))
      await write(folder, ...keys.flatMap((key) => [put('s', key, `s${key.length}`), put('longer', key, `longer${key.length}`)]))
      for (const key of keys) {
        expect(folder.store('s').get(key)?.toString()).toBe(`s${key.length}`)
        expect(folder.store('longer').get(key)?.toString()).toBe(`longer${key.length}`)
      }
      expect(folder.store('s').get('\xff'.repeat(257))).toBeUndefined()
    })

    test('lets the later mutation of a key win, and null delete', async () => {
      const folder = await openAt(newFolder())
      await write(
        folder,
        put('s', 'a', '1'),
        put('s', 'a', '2'),
        put('s', 'b', '1'),
        remove('s', 'b'),
        remove('s', 'c'),
        put('s', 'c', '3'),
      )
      expect(entries(folder.store('s'))).toEqual(['a=2', 'c=3'])
      await write(folder, remove('s', 'a'))
      expect(entries(folder.store('s'))).toEqual(['c=3'])
    })

    test('copies the value of a mutation before it asks for the next', async () => {
      const folder = await openAt(newFolder())
      const value = Buffer.alloc(1)
      function* reusing(): Generator<Mutation> {
        for (const key of ['a', 'b', 'c']) {
          value.write(key)
          yield { store: 's', key, value }
        }
      }
      await folder.write({ mutations: reusing(), positions: new Map() })
      expect(entries(folder.store('s'))).toEqual(['a=a', 'b=b', 'c=c'])
    })

    test('keeps stores apart, whatever their names and keys begin with', async () => {
      const folder = await openAt(newFolder())
      await write(folder, put('a', 'x', '1'), put('ab', 'x', '2'), put('a', 'b', '3'), put('a', '', '4'), put('a', '\xff\xff', '5'))
      expect(entries(folder.store('a'))).toEqual(['=4', 'b=3', 'x=1', '\xff\xff=5'])
      expect(entries(folder.store('ab'))).toEqual(['x=2'])
      await folder.clear('a')
      expect(entries(folder.store('a'))).toEqual([])
      expect(entries(folder.store('ab'))).toEqual(['x=2'])
    })

    test('orders keys as unsigned bytes', async () => {
      const folder = await openAt(newFolder())
      const keys = ['\xff', '\x80', '\x7f', 'a\0', 'a', '\0', '\0\0', 'aa', '\xc3\xa9']
      await write(folder, ...keys.map((key) => put('s', key, '')))
      const found = [...folder.store('s').range({})].map(({ key }) => key)
      expect(found).toEqual(['\0', '\0\0', 'a', 'a\0', 'aa', '\x7f', '\x80', '\xc3\xa9', '\xff'])
    })

    test('walks ranges with the lower bound in and the upper bound out, both ways', async () => {
      const folder = await openAt(newFolder())
      await write(folder, ...['a', 'b', 'c', 'd'].map((key) => put('s', key, key)))
      const keys = (options: RangeOptions) => [...folder.store('s').range(options)].map(({ key }) => key).join('')
      expect(keys({ from: 'b', to: 'd' })).toBe('bc')
      expect(keys({ from: 'bb' })).toBe('cd')
      expect(keys({ to: 'c' })).toBe('ab')
      expect(keys({ from: 'c', to: 'c' })).toBe('')
      expect(keys({ from: 'd', to: 'a' })).toBe('')
      expect(keys({ from: 'b', to: 'd', reverse: true })).toBe('cb')
      expect(keys({ reverse: true })).toBe('dcba')
    })

    test('walks ranges of many entries and of large ones', async () => {
      const folder = await openAt(newFolder())
      const names = Array.from({ length: 12_000 }, (_, index) => `k${String(index).padStart(6, '0')}`)
      await write(folder, ...names.map((key) => put('many', key, key)))
      expect([...folder.store('many').range({})].map(({ key }) => key)).toEqual(names)
      expect([...folder.store('many').range({ reverse: true, from: 'k000100' })].map(({ key }) => key)).toEqual(names.slice(100).reverse())
      const large = 'x'.repeat(700_000)
      await write(folder, ...['a', 'b', 'c', 'd', 'e'].map((key) => put('large', key, key + large)))
      expect([...folder.store('large').range({})].map(({ key, value }) => key + value.length)).toEqual(
        ['a', 'b', 'c', 'd', 'e'].map((key) => key + (large.length + 1)),
      )
    })

    test('lets a range be left, and another be walked within it', async () => {
      const folder = await openAt(newFolder())
      await write(folder, ...['a', 'b', 'c'].map((key) => put('s', key, key)))
      const pairs: string[] = []
      for (const outer of folder.store('s').range({})) {
        for (const inner of folder.store('s').range({ reverse: true })) {
          pairs.push(outer.key + inner.key)
          if (inner.key === 'b') break
        }
        if (outer.key === 'b') break
      }
      expect(pairs).toEqual(['ac', 'ab', 'bc', 'bb'])
    })

    test('clears a part of a store', async () => {
      const folder = await openAt(newFolder())
      await write(folder, ...['a', 'b', 'c', 'd'].map((key) => put('s', key, key)), put('t', 'b', 'b'))
      await folder.clear('s', { from: 'b', to: 'd' })
      expect(entries(folder.store('s'))).toEqual(['a=a', 'd=d'])
      await folder.clear('s', { to: 'b' })
      expect(entries(folder.store('s'))).toEqual(['d=d'])
      expect(entries(folder.store('t'))).toEqual(['b=b'])
    })

    test('keeps the position of each changelog until it is set anew', async () => {
      const folder = await openAt(newFolder())
      await folder.write({ mutations: [], positions: positions({ one: 5, two: 2 ** 40 }) })
      await folder.write({ mutations: [put('s', 'k', 'v')], positions: positions({ one: 6 }) })
      expect(new Map(folder.positions())).toEqual(positions({ one: 6, two: 2 ** 40 }))
      expect(entries(folder.store('s'))).toEqual(['k=v'])
    })

    test('writes nothing before the positions of a batch have come, and what it was given until then', async () => {
      const folder = await openAt(newFolder())
      let come!: (positions: ReadonlyMap<string, Offset>) => void
      const coming = new Promise<ReadonlyMap<string, Offset>>((resolve) => {
        come = resolve
      })
      const value = Buffer.from('v')
      const writing = folder.write({ mutations: [{ store: 's', key: 'k', value }], positions: coming })
      value.write('x')
      await write(folder, put('s', 'other', 'o'))
      expect(entries(folder.store('s'))).toEqual(['other=o'])
      expect(new Map(folder.positions())).toEqual(new Map())
      come(positions({ one: 1 }))
      await writing
      expect(entries(folder.store('s'))).toEqual(['k=v', 'other=o'])
      expect(new Map(folder.positions())).toEqual(positions({ one: 1 }))
    })

    test('writes nothing of a batch whose positions never come, and says why', async () => {
      const folder = await openAt(newFolder())
      const reason = new Error('fenced')
      await expect(folder.write({ mutations: [put('s', 'k', 'v')], positions: Promise.reject(reason) })).rejects.toBe(reason)
      expect(entries(folder.store('s'))).toEqual([])
      await write(folder, put('s', 'other', 'o'))
      expect(entries(folder.store('s'))).toEqual(['other=o'])
    })

    test(`is ${engine.supports.durable ? 'as it was' : 'empty (this engine is not durable)'} when a folder is opened again`, async () => {
      const path = newFolder()
      const first = await openAt(path)
      await first.write({ mutations: [put('s', 'k', 'v')], positions: positions({ log: 7 }) })
      expect(entries(first.store('s'))).toEqual(['k=v'])
      await close(first)
      const second = await openAt(path)
      expect(entries(second.store('s'))).toEqual(engine.supports.durable ? ['k=v'] : [])
      expect(new Map(second.positions())).toEqual(positions(engine.supports.durable ? { log: 7 } : {}))
    })

    test('refuses a folder that is open already', async ({ skip }) => {
      skip(!engine.supports.durable, 'an engine that is not durable has no folder')
      const path = newFolder()
      await openAt(path)
      const error = await engine.open(path).catch((refusal: unknown) => refusal)
      expect(isMillraceError(error, 'state-locked')).toBe(true)
    })

    test('agrees with a sorted map, whatever is written and read', async () => {
      // Loaded here, so that who has no state engine needs it not.
      const { default: fc } = await import('fast-check')
      await fc.assert(
        fc.asyncProperty(fc.array(stepOf(fc), { maxLength: 30 }), async (steps) => {
          let path = newFolder()
          let folder = await openAt(path)
          const oracle = new Map<string, string>()
          for (const { mutations, range, reopens } of steps) {
            await write(folder, ...mutations.map(([key, value]) => (value === null ? remove('s', key) : put('s', key, value))))
            for (const [key, value] of mutations) value === null ? oracle.delete(key) : oracle.set(key, value)
            if (reopens) {
              await close(folder)
              if (!engine.supports.durable) {
                oracle.clear()
                path = newFolder()
              }
              folder = await openAt(path)
            }
            expect(entries(folder.store('s'), range)).toEqual(inRange(oracle, range))
          }
          await close(folder)
        }),
        { numRuns: engine.supports.durable ? 10 : 100 },
      )
    })
  })
}

function stepOf(fc: typeof import('fast-check').default) {
  const key = fc.string({ unit: fc.constantFrom('\0', 'a', 'b', '\xff'), maxLength: 3 })
  const bound = fc.option(key, { nil: undefined })
  return fc.record({
    mutations: fc.array(fc.tuple(key, fc.option(fc.string({ unit: 'grapheme-ascii', maxLength: 4 }))), { maxLength: 8 }),
    range: fc.record({ from: bound, to: bound, reverse: fc.boolean() }),
    reopens: fc.boolean(),
  })
}

function inRange(oracle: ReadonlyMap<string, string>, { from, to, reverse }: RangeOptions): string[] {
  const found = [...oracle]
    .filter(([key]) => (from === undefined || key >= from) && (to === undefined || key < to))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
  return reverse ? found.reverse() : found
}

function entries(store: ByteStore, options: RangeOptions = {}): string[] {
  return [...store.range(options)].map(({ key, value }) => `${key}=${value.toString()}`)
}

async function write(folder: StateFolder, ...mutations: Mutation[]): Promise<void> {
  await folder.write({ mutations, positions: new Map() })
}

function put(store: string, key: string, value: string): Mutation {
  return { store, key, value: Buffer.from(value) }
}

function remove(store: string, key: string): Mutation {
  return { store, key, value: null }
}

function positions(of: Readonly<Record<string, number>>): Map<string, Offset> {
  return new Map(Object.entries(of).map(([topic, position]) => [topic, asOffset(position)]))
}

/** The engine of a plugin, by name. */
export function engineOf(plugin: Plugin, name: string): StateEngine {
  const engine = plugin.stores?.[name]
  if (engine === undefined) throw new Error(`The plugin ${plugin.name} has no state engine ${name}.`)
  return engine
}
