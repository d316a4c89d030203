// Records of sink topics as people read them: decoded with the serdes that the manifest names, and short.

import { isUtf8 } from 'node:buffer'
import { isMillraceError } from '../../framework/errors.ts'
import type { Manifest } from '../../framework/graph/manifest.ts'
import { type Serde, serdeFromManifest } from '../../framework/index.ts'
import type { SerdeFormats } from '../../framework/serdes/from-manifest.ts'

const keyLengthMax = 60
const valueLengthMax = 160

/** Makes text of the bytes of keys or of values. */
export type Shown = (bytes: Buffer, start: number, end: number) => string

/** `countsRecords`: the windows of windowed keys begin and end at a number of records, not at a time. */
export function keysAs(serde: string, manifest: Manifest, formats: SerdeFormats, countsRecords = false): Shown {
  return shownAs(serdeOf(serde, manifest, formats), keyLengthMax, countsRecords ? String : instant)
}

/** Whether the windows that come to a topic are of so many records: their operator is the nearest one with a window before its sink. */
export function comesByCount(topic: string, { nodes }: Manifest): boolean {
  const seen = new Set<string>()
  const isByCount = (name: string): boolean =>
    nodes
      .filter(({ children }) => children?.includes(name) === true)
      .some(({ name: parent, operator }) => {
        if (seen.has(parent)) return false
        seen.add(parent)
        return operator?.window === undefined ? isByCount(parent) : ['count', 'global'].includes(operator.window.kind)
      })
  return nodes.some((node) => node.kind === 'sink' && node.topic?.name === topic && isByCount(node.name))
}

export function valuesAs(serde: string, manifest: Manifest, formats: SerdeFormats): Shown {
  return shownAs(serdeOf(serde, manifest, formats), valueLengthMax)
}

/** Where a window begins or ends. */
type Bound = (bound: number) => string

function shownAs(serde: Serde<unknown> | undefined, lengthMax: number, boundText: Bound = instant): Shown {
  return (source, start, end) => {
    if (start < 0) return 'null'
    try {
      if (serde !== undefined) return shortened(textOf(serde.read(source, start, end), boundText), lengthMax)
    } catch {
      // Bytes of an earlier version of the topology: they are shown as they are.
    }
    const raw = source.subarray(start, end)
    return shortened(isUtf8(raw) ? raw.toString('utf8') : `0x${raw.toString('hex')}`, lengthMax)
  }
}

/** undefined for a format that only the app knows. */
function serdeOf(name: string, manifest: Manifest, formats: SerdeFormats): Serde<unknown> | undefined {
  try {
    return serdeFromManifest(name, manifest, formats)
  } catch (error) {
    if (isMillraceError(error)) return undefined
    throw error
  }
}

function textOf(value: unknown, boundText: Bound): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
  if (isWindowed(value))
    return `[${textOf(value.key, boundText)}@${boundText(value.start)}/${Number.isFinite(value.end) ? boundText(value.end) : ''}]`
  return JSON.stringify(value)
}

function isWindowed(value: unknown): value is { readonly key: unknown; readonly start: number; readonly end: number } {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'key,start,end'
}

/** `2001-01-31T18:00:00Z`. */
function instant(timeMs: number): string {
  const date = new Date(timeMs)
  return Number.isNaN(date.getTime()) ? String(timeMs) : date.toISOString().replace('.000Z', 'Z')
}

/** On one line. */
function shortened(text: string, lengthMax: number): string {
  const line = text.replace(/[\r\n]+/g, '⏎')
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1)}…`
}
