// The contract of serdes: what the engine relies on, and what is easily forgotten in one.

import { describe, expect, test } from 'vitest'
import { manifestOf } from '../../framework/graph/manifest.ts'
import { type ByteTarget, type Serde, type SerdeFormat, serdeFormats, serdeFromManifest, string, topology } from '../../framework/index.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { TopologyTestDriver } from '../kit/index.ts'

export interface SerdeUnderTest<T> {
  readonly name: string
  readonly serde: Serde<T>
  /** Of every kind that it can write, at least two that differ. */
  readonly values: readonly T[]
  /** Bytes that are none of its own: reading them throws. */
  readonly badBytes?: readonly Uint8Array[]
  /** What it must refuse to write, because it could not be read again. */
  readonly badValues?: readonly unknown[]
  /** The plugin's part that makes the serde from a manifest. */
  readonly format?: SerdeFormat
}

/**
 * Runs the contract of serdes, in a test file of vitest.
 *
 * @example
 * ```ts
 * import { long } from 'millrace'
 * import { serdeContract } from 'millrace/testkit/contract'
 *
 * serdeContract({ name: 'long', serde: long(), values: [0, -1, 2 ** 40], badBytes: [new Uint8Array(7)], badValues: ['1', 0.5] })
 * ```
 */
export function serdeContract<T>({ name, serde, values, badBytes = [], badValues = [], format }: SerdeUnderTest<T>): void {
  describe(`the serde contract of ${name}`, () => {
    bytesContract(serde, values)
    refusalContract(serde, badBytes, badValues)
    stateContract(serde, values)
    if (format !== undefined) formatContract(serde, values, format)
  })
}

function bytesContract<T>(serde: Serde<T>, values: readonly T[]): void {
  test('there are two values to try it with', () => {
    expect(values.length).toBeGreaterThanOrEqual(2)
  })

  test('what is written is read again, equal', () => {
    for (const value of values) {
      const bytes = toBytes(serde, value)
      expect(serde.read(bytes, 0, bytes.length)).toEqual(value)
    }
  })

  test('equal values have equal bytes, since keys are compared by their bytes; different values have different ones', () => {
    const written = values.map((value) => toBytes(serde, value).toString('hex'))
    expect(values.map((value) => toBytes(serde, value).toString('hex'))).toEqual(written)
    expect(new Set(written).size).toBe(values.length)
  })

  test('it reads between its two positions, and changes nothing there', () => {
    for (const value of values) {
      const own = toBytes(serde, value)
      for (const around of [0x00, 0x7b, 0xff]) {
        const bytes = Buffer.concat([Buffer.alloc(5, around), own, Buffer.alloc(3, around)])
        const before = Buffer.from(bytes)
        expect(serde.read(bytes, 5, 5 + own.length)).toEqual(value)
        expect(bytes.equals(before)).toBe(true)
      }
    }
  })

  test('it writes behind what is there, whatever room there is at first', () => {
    for (const value of values) {
      const own = toBytes(serde, value)
      for (const room of [0, 1, 4_096]) {
        const target = new Target('before', room)
        serde.write(value, target)
        expect(target.bytes.subarray(0, target.end).equals(Buffer.concat([Buffer.from('before'), own]))).toBe(true)
      }
    }
  })

  test('a value outlives the bytes that it was read from: those are used again for the next fetch', () => {
    for (const value of values) {
      const bytes = toBytes(serde, value)
      const read = serde.read(bytes, 0, bytes.length)
      bytes.fill(0xaa)
      expect(read).toEqual(value)
    }
  })

  test('values are immutable if it says so', () => {
    if (!serde.immutable) return
    for (const value of values) {
      const bytes = toBytes(serde, value)
      const read: unknown = serde.read(bytes, 0, bytes.length)
      expect(typeof read !== 'object' || read === null || Object.isFrozen(read)).toBe(true)
    }
  })
}

function refusalContract<T>(serde: Serde<T>, badBytes: readonly Uint8Array[], badValues: readonly unknown[]): void {
  test.each(badBytes.map((bytes) => [Buffer.from(bytes)]))('%o is refused with an Error that says what is wrong', (bytes) => {
    expect(messageOf(() => serde.read(bytes, 0, bytes.length))).not.toBe('')
  })

  test.each(badValues.map((value) => [value]))('%o is not written, with an Error that says what is wrong', (value) => {
    expect(messageOf(() => toBytes(serde, value as T))).not.toBe('')
  })
}

function stateContract<T>(serde: Serde<T>, values: readonly T[]): void {
  test('values live in tables and changelogs, outlive a restart, and give way to null', async () => {
    const definition = topology('serde-contract', (builder) => {
      const rows = builder.table<string, T>('rows', { name: 'rows', store: 'rows', key: string(), value: serde })
      rows.toStream({ name: 'changes' }).to('changes', { name: 'out', key: string(), value: serde as Serde<NonNullable<T>> })
    })
    const driver = await TopologyTestDriver.open(definition)
    for (const [index, value] of values.entries()) driver.pipe('rows', `k${index}`, value)
    await driver.restart()
    const stored = values.map((_, index) => driver.rows<string, T>('rows').get(`k${index}`)?.value)
    expect(stored).toEqual(values)
    driver.pipe('rows', 'k0', null)
    expect(driver.rows<string, T>('rows').get('k0') ?? null).toBeNull()
    expect(driver.output('changes').map(({ value }) => value)).toEqual([...values, null])
    await driver.close()
  })
}

function formatContract<T>(serde: Serde<T>, values: readonly T[], format: SerdeFormat): void {
  test('a manifest tells enough to make it again', () => {
    const definition = topology('serde-contract', (builder) => {
      builder.stream<T, T>('in', { name: 'in', key: serde, value: serde }).print({ name: 'out' })
    })
    const manifest = JSON.parse(JSON.stringify(manifestOf(definition.build())))
    const again = serdeFromManifest(serde.name, manifest, { ...serdeFormats().serdes, [serde.name.replace(/[(].*/s, '')]: format })
    expect(again.name).toBe(serde.name)
    for (const value of values) {
      const bytes = toBytes(serde, value)
      expect(toBytes(again as Serde<T>, again.read(bytes, 0, bytes.length) as T).equals(bytes)).toBe(true)
    }
  })
}

function messageOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    return (error as Error).message
  }
  throw new Error('it was taken')
}

/** Room is given as it is asked for, and no more, in other bytes each time. */
class Target implements ByteTarget {
  bytes: Buffer
  end: number

  constructor(text: string, room: number) {
    this.bytes = Buffer.alloc(text.length + room)
    this.end = this.bytes.write(text, 'latin1')
  }

  reserve(sizeBytes: number): void {
    if (this.bytes.length - this.end >= sizeBytes) return
    const larger = Buffer.alloc(this.end + sizeBytes)
    this.bytes.copy(larger, 0, 0, this.end)
    this.bytes = larger
  }
}
