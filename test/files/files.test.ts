import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { asOffset, asTimestamp, type Logger, noHeaders, type Sink, type Source, type SourceRecord } from '../../framework/index.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { type CsvRow, files, fromFile, toFile } from '../../plugins/files/index.ts'
import { sinkContract } from '../contract/sink.ts'
import { sourceContract } from '../contract/source.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'

const context = { applicationId: 'test', taskId: '0_0', logger: silentLogger, clock: new VirtualClock(), position: 0 }

function temporaryFile(text?: string | Uint8Array, name = 'records.jsonl'): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, name)
  if (text !== undefined) writeFileSync(file, text)
  return file
}

const lines = [
  '{"key":"a","value":{"n":1},"timestamp":5}',
  '',
  '{"value":"no key"}',
  '{"key":null,"value":null}',
  '{"key":"é","value":[1,"\\n"]}',
]
const records = [
  { key: 'a', value: { n: 1 } },
  { key: null, value: 'no key' },
  { key: null, value: null },
  { key: 'é', value: [1, '\n'] },
]

sourceContract('json-lines', () => ({ source: fromFile<string | null, unknown>(temporaryFile(lines.join('\n'))), records }))

sourceContract('json-lines, with more lines than it gives at once', () => {
  const many = Array.from({ length: 2_500 }, (_, value) => ({ key: 'k', value }))
  // Opened behind each of so many positions it would be read for minutes.
  const last = many.slice(-3)
  const file = temporaryFile([...Array.from({ length: 2_497 }, () => ''), ...last.map((record) => JSON.stringify(record))].join('\r\n'))
  return { source: fromFile<string, number>(file), records: last }
})

sinkContract('json-lines', () => {
  const file = temporaryFile('')
  return {
    sink: toFile<string | null, unknown>(file),
    pairs: [
      ['a', { n: 1 }],
      [null, null],
      ['é', 'line\nbreak'],
    ] as const,
    written: async () => readFileSync(file, 'utf8').split('\n').slice(0, -1),
  }
})

test('all records of a long file come, in portions', async () => {
  const file = temporaryFile(Array.from({ length: 2_500 }, (_, value) => JSON.stringify({ key: 'k', value })).join('\n'))
  const reader = await fromFile<string, number>(file).open(context)
  const values: number[] = []
  for (let read = await reader.read(); read !== 'end'; read = await reader.read()) values.push(...read.map(({ value }) => value))
  expect(values).toEqual(Array.from({ length: 2_500 }, (_, value) => value))
  await reader.close()
})

test.for([
  ['{"key":"a"', 'line 2 of FILE: '],
  ['[1]', 'line 2 of FILE: it is no record: write {"key": …, "value": …}'],
  ['{"value":1,"timestamp":"now"}', 'line 2 of FILE: timestamp must be a whole number, not "now"'],
] as const)('a line that is no record says which line: %s', async ([line, message]) => {
  const file = temporaryFile(`{"value":1}\n${line}\n`)
  const reader = await fromFile(file).open(context)
  await expect(reader.read()).rejects.toThrow(message.replace('FILE', file))
  await reader.close()
})

test('a file that is not there cannot be opened', async () => {
  await expect(fromFile(`${temporaryFile()}.missing`).open(context)).rejects.toThrow('ENOENT')
})

test('lines of other forms are taken apart and put together by functions of one’s own', async () => {
  const file = temporaryFile('{"id":"x","at":7}\n')
  const source = fromFile<string, number>(file, {
    parse: (line) => {
      const { id, at } = line as { id: string; at: number }
      return { key: id, value: at, timestamp: at }
    },
  })
  const reader = await source.open(context)
  expect(await reader.read()).toEqual([{ key: 'x', value: 7, timestamp: 7, position: 1 }])
  await reader.close()
  const writer = await toFile<string, number>(file, { line: ({ key, value }) => [key, value] }).open(context)
  writer.write({ key: 'y', value: 8, timestamp: asTimestamp(1), headers: noHeaders, topic: undefined, partition: -1, offset: asOffset(-1) })
  await writer.flush()
  await writer.close()
  expect(readFileSync(file, 'utf8')).toBe('{"id":"x","at":7}\n["y",8]\n')
})

test('what JSON has no word for is written as derived serdes write it, or as the word that it is, and never as null', async () => {
  const values = [
    Number.POSITIVE_INFINITY,
    7n,
    new Date(0),
    new Date(Number.NaN),
    Uint8Array.of(1),
    new Map([['a', Number.NaN]]),
    new Set([1]),
  ]
  const written = async (sink: Sink<string, unknown>, file: string): Promise<string[]> => {
    const writer = await sink.open(context)
    for (const value of values) {
      writer.write({
        key: 'k',
        value,
        timestamp: asTimestamp(1),
        headers: noHeaders,
        topic: undefined,
        partition: -1,
        offset: asOffset(-1),
      })
    }
    await writer.flush()
    await writer.close()
    return readFileSync(file, 'utf8').trimEnd().split('\n')
  }
  const lines = temporaryFile('')
  expect(await written(toFile(lines, { line: ({ value }) => value }), lines)).toEqual([
    '"Infinity"',
    '"7"',
    '"1970-01-01T00:00:00.000Z"',
    '"Invalid Date"',
    '"AQ=="',
    '{"a":"NaN"}',
    '[1]',
  ])
  const cells = temporaryFile('', 'cells.csv')
  expect(await written(toFile(cells, { format: 'csv', columns: ['key', 'value'] }), cells)).toEqual([
    'k,Infinity',
    'k,7',
    'k,1970-01-01T00:00:00.000Z',
    'k,Invalid Date',
    'k,AQ==',
    'k,"{""a"":""NaN""}"',
    'k,[1]',
  ])
})

test('a sink that holds as much as it may says so', async () => {
  const writer = await toFile<string, string>(temporaryFile(), { bufferedMax: 50 }).open(context)
  const record = { key: 'k', value: 'v', timestamp: asTimestamp(1), headers: noHeaders, topic: 'in', partition: 0, offset: asOffset(0) }
  writer.write(record)
  expect(writer.full).toBe(false)
  writer.write(record)
  expect(writer.full).toBe(true)
  await writer.flush()
  expect(writer.full).toBe(false)
  await writer.close()
})

async function readAll<K, V>(source: Source<K, V>, position = 0, changed = {}): Promise<readonly SourceRecord<K, V>[]> {
  const reader = await source.open({ ...context, ...changed, position })
  const all: SourceRecord<K, V>[] = []
  try {
    for (let read = await reader.read(); read !== 'end'; read = await reader.read()) all.push(...read)
  } finally {
    await reader.close()
  }
  return all
}

const csv = '\uFEFFsymbol,date,price\r\nMSFT,2000-01-01,39.81\r\n\r\n"A, ""B""\nC",2000-02-01,28\r\nMSFT,2000-03-01,43.22\r\n'
const prices = { format: 'csv', parse: ({ symbol, price }: CsvRow) => ({ key: symbol, value: Number(price) }) } as const
const priced = [
  { key: 'MSFT', value: 39.81 },
  { key: 'A, "B"\nC', value: 28 },
  { key: 'MSFT', value: 43.22 },
]

sourceContract('csv', () => ({ source: fromFile(temporaryFile(csv, 'stocks.csv'), prices), records: priced }))

sourceContract('csv, compressed in two pieces', () => {
  const [one, two] = [csv.slice(0, 40), csv.slice(40)].map((text) => gzipSync(text))
  return { source: fromFile(temporaryFile(Buffer.concat([one!, two!]), 'stocks.csv.gz'), prices), records: priced }
})

sourceContract('json-lines, compressed', () => ({
  source: fromFile<string | null, unknown>(temporaryFile(gzipSync(lines.join('\n')), 'records.jsonl.gz')),
  records,
}))

test('a row of CSV is the value, by the names of the first line, unless a function makes a record of it', async () => {
  const file = temporaryFile('a\tb\n1\t2,3\n', 'rows.tsv')
  expect(await readAll(fromFile(file, { format: 'csv' }))).toEqual([{ key: null, value: { a: '1', b: '2,3' }, position: 1 }])
})

test('a row of CSV with other cells than the first line says which row, and what is wrong', async () => {
  const file = temporaryFile('a,b\n1,2\n1,2,3\n', 'rows.csv')
  await expect(readAll(fromFile(file, { format: 'csv' }))).rejects.toThrow(`behind row 1 of ${file}: Invalid Record Length`)
})

test('a function that cannot make a record of a row says which row', async () => {
  const file = temporaryFile('a\n1\nx\n', 'rows.csv')
  const parse = ({ a }: CsvRow) => ({ key: null, value: BigInt(a!) })
  await expect(readAll(fromFile(file, { format: 'csv', parse }))).rejects.toThrow(`row 2 of ${file}: Cannot convert x to a BigInt`)
})

test.for(['jsonl', 'csv'] as const)('a compressed file of %s that breaks off is no end', async (kind) => {
  const text = kind === 'csv' ? csv.repeat(50) : '{"value":"some text"}\n'.repeat(500)
  const whole = gzipSync(text)
  const file = temporaryFile(whole.subarray(0, whole.length - 12), `rows.${kind}.gz`)
  const source = kind === 'csv' ? fromFile(file, { format: 'csv' }) : fromFile(file)
  await expect(readAll<unknown, unknown>(source)).rejects.toThrow(/of .*unexpected end of file/)
})

test('a file that is called .gz and is not compressed says so', async () => {
  await expect(readAll(fromFile(temporaryFile('{"value":1}\n', 'rows.jsonl.gz')))).rejects.toThrow(/incorrect header check/)
  expect(await readAll(fromFile(temporaryFile('{"value":1}\n', 'rows.jsonl.gz'), { compression: 'none' }))).toHaveLength(1)
})

test('CSV is not taken for lines of JSON', () => {
  expect(() => fromFile('rows.csv.gz')).toThrow("rows.csv.gz is no file of JSON lines by its name: say format: 'csv'")
})

test('the log is told how far a long file is read', async () => {
  const told: unknown[] = []
  const clock = new VirtualClock()
  const logger: Logger = { log: (level, message, fields) => told.push([level, message, fields?.rows]) }
  const parse = (line: unknown) => {
    clock.spend(2)
    return { key: null, value: line }
  }
  const file = temporaryFile('1\n'.repeat(12_000))
  await readAll(fromFile(file, { parse }), 0, { clock, logger })
  expect(told).toEqual([
    ['info', `100 % of ${file} is read`, 6_000],
    ['info', `100 % of ${file} is read`, 11_000],
  ])
  told.length = 0
  await readAll(fromFile(file, { parse, progressEvery: 'none' }), 0, { clock, logger })
  expect(told).toEqual([])
})

const cells = [
  ['a', { n: 1, text: 'x, "y"', at: new Date(0), on: true, list: [1] }],
  [null, { n: 2, text: 'two\nlines', at: null, on: false, list: undefined }],
] as const
const columns = ['key', 'n', 'text', 'at', 'on', 'list']

sinkContract('csv', () => {
  const file = temporaryFile(undefined, 'rows.csv')
  return {
    sink: toFile<string | null, unknown>(file, { format: 'csv', columns: ['key', 'n'] }),
    pairs: cells,
    written: async () => readFileSync(file, 'utf8').split('\n').slice(1, -1),
  }
})

sinkContract('json-lines, compressed', () => {
  const file = temporaryFile(gzipSync(''), 'rows.jsonl.gz')
  return {
    sink: toFile<string | null, unknown>(file),
    pairs: cells,
    written: async () => gunzipSync(readFileSync(file)).toString().split('\n').slice(0, -1),
  }
})

test('what is written as CSV is read again as it was, from one file of several tasks, and one that was there', async () => {
  const file = temporaryFile(undefined, 'rows.csv.gz')
  const sink = toFile<string | null, unknown>(file, { format: 'csv', columns })
  const record = { timestamp: asTimestamp(1), headers: noHeaders, topic: 'in', partition: 0, offset: asOffset(0) }
  for (const tasks of [2, 1]) {
    const writers = await Promise.all(Array.from({ length: tasks }, () => sink.open(context)))
    for (const [index, writer] of writers.entries()) {
      const [key, value] = cells[index]!
      writer.write({ key, value, ...record })
    }
    for (const writer of writers) await writer.flush()
    for (const writer of writers) await writer.close()
  }
  const a = { key: 'a', n: '1', text: 'x, "y"', at: '1970-01-01T00:00:00.000Z', on: 'true', list: '[1]' }
  const b = { key: '', n: '2', text: 'two\nlines', at: '', on: 'false', list: '' }
  expect((await readAll(fromFile(file, { format: 'csv' }))).map(({ value }) => value)).toEqual([a, b, a])
})

test('the plugin has both by name', () => {
  expect(files()).toMatchObject({ name: 'files', sources: { file: fromFile }, sinks: { file: toFile } })
})
