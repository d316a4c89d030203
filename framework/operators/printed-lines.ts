// What print() writes of a record: a pair, a line of JSON, or a row of a table whose columns are the members of the values. What JSON has no word for is written as
// derived serdes write it, or as the word that it is: Infinity is not null.

import { jsonLineOf } from '../serdes/json-text.ts'
import type { Flow } from './operator.ts'

export type LinesOf = (record: Flow) => readonly string[]

/** `(key,value)`: text as it is, all else as JSON, the plain key of a windowed one. */
export function pairText(value: unknown, key: unknown): string {
  const { plain } = windowedParts(key)
  return `(${textOf(plain)},${jsonLineOf(value)})`
}

/** One line of JSON: key, value, timestamp; of a windowed key also start and end. */
export function jsonLine({ key, value, timestamp }: Flow): readonly string[] {
  const { plain, bounds } = windowedParts(key)
  return [jsonLineOf({ key: plain, ...bounds, value, timestamp })]
}

/**
 * Rows of a table. The first has the names of the columns above it; so has one whose columns are others. A column is as wide as what stood in it so far, so it
 * may move once or twice: who prints a stream cannot know what comes.
 */
export function tableRows(): LinesOf {
  let head = ''
  let widths = new Map<string, number>()
  return ({ key, value }) => {
    const { plain, bounds } = windowedParts(key)
    const members = isObject(value) ? Object.entries(value) : [['value', value] as const]
    const cells = [['key', plain] as const, ...Object.entries(bounds), ...members]
    const names = cells.map(([name]) => name)
    const isNew = names.join('\0') !== head
    if (isNew) widths = new Map(names.map((name) => [name, name.length]))
    head = names.join('\0')
    const texts = cells.map(([name, cell], column) => {
      const text = textOf(cell)
      const width = Math.max(widths.get(name) ?? 0, text.length)
      widths.set(name, width)
      if (isNumber(cell)) return text.padStart(width)
      return column === cells.length - 1 ? text : text.padEnd(width)
    })
    const row = texts.join('  ')
    if (!isNew) return [row]
    const titles = cells.map(([name, cell]) => (isNumber(cell) ? name.padStart(widths.get(name)!) : name.padEnd(widths.get(name)!)))
    return [titles.join('  ').trimEnd(), names.map((name) => '─'.repeat(widths.get(name)!)).join('  '), row]
  }
}

function windowedParts(key: unknown): { readonly plain: unknown; readonly bounds: Readonly<Record<string, number>> } {
  if (!isWindowed(key)) return { plain: key, bounds: {} }
  return { plain: key.key, bounds: { start: key.start, end: key.end } }
}

/** A cell: what is a text in JSON, as a time or bytes, stands without quotation marks. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined) return ''
  const text = jsonLineOf(value)
  return text.startsWith('"') ? (JSON.parse(text) as string) : text
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** Whether its members are the columns: not so of a value that is one thing in JSON, as a Date, or has its parts elsewhere, as a Map. */
function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'toJSON' in value) return false
  return !(value instanceof Map || value instanceof Set || ArrayBuffer.isView(value))
}

function isWindowed(key: unknown): key is { readonly key: unknown; readonly start: number; readonly end: number } {
  return typeof key === 'object' && key !== null && 'key' in key && 'start' in key && 'end' in key
}
