import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Api, formatOf } from '../../plugins/kafka/wire/api.ts'
import { apis } from '../../plugins/kafka/wire/apis.ts'
import type { WireType } from '../../plugins/kafka/wire/schema.ts'
import { WireReader } from '../../plugins/kafka/wire/wire-reader.ts'
import { WireWriter } from '../../plugins/kafka/wire/wire-writer.ts'

// The bytes were written by Kafka's own classes: test/kafka/golden/Golden.java.

const bytesByMessage = readGolden<Record<string, string>>('messages.json')
const samples = readGolden<Record<string, { body: unknown }>>('samples.json')

describe.each(Object.values(apis))('$name', (api) => {
  for (const direction of ['request', 'response'] as const) {
    const name = `${api.name}${direction === 'request' ? 'Request' : 'Response'}`
    const type: WireType<unknown, unknown> = api[direction] as never
    const versions = versionsOf(name)

    it(`has golden bytes of a ${direction} for each of its versions that Kafka 4.3 still has`, () => {
      expect(versions.length).toBeGreaterThan(0)
      expect(Math.max(...versions)).toBe(api.versionMax)
    })

    it.each(versions)(`writes a ${direction} of version %i as Kafka does`, (version) => {
      expect(written(api, type, version, withBytes(samples[name]?.body))).toBe(bytesByMessage[`${name} ${version}`])
    })

    it.each(versions)(`reads a ${direction} of version %i back to its end`, (version) => {
      const golden = bytesByMessage[`${name} ${version}`] ?? ''
      const reader = new WireReader(Buffer.from(golden, 'hex'))
      const body = type.read(reader, formatOf(api, version))
      expect(reader.remaining).toBe(0)
      expect(written(api, type, version, body)).toBe(golden)
    })
  }
})

function written(api: Api, type: WireType<unknown, unknown>, version: number, body: unknown): string {
  const writer = new WireWriter()
  type.write(writer, body, formatOf(api, version))
  return writer.written().toString('hex')
}

function versionsOf(name: string): number[] {
  return Object.keys(bytesByMessage)
    .filter((key) => key.startsWith(`${name} `))
    .map((key) => Number(key.split(' ')[1]))
    .sort((left, right) => left - right)
}

/** Kafka's JSON has bytes in base64, and some fields under longer names. */
function withBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBytes)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      if (name === 'generationIdOrMemberEpoch') return ['generationId', item]
      if (name === 'resultsByTopicV3AndBelow') return ['results', withBytes(item)]
      if (name.startsWith('v3AndBelow')) return [name[10]!.toLowerCase() + name.slice(11), withBytes(item)]
      const isBytes = ['metadata', 'assignment', 'memberMetadata', 'memberAssignment', 'records'].includes(name) && typeof item === 'string'
      return [name, isBytes && item !== '' && item !== 'meta' ? Buffer.from(item, 'base64') : withBytes(item)]
    }),
  )
}

function readGolden<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`golden/${file}`, import.meta.url), 'utf8'))
}
