import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { asOffset, asTimestamp, noHeaders } from '../../framework/index.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { files, jsonLinesSink, jsonLinesSource } from '../../plugins/files/index.ts'
import { millrace, node, projectOf } from '../cli/program.ts'
import { sinkContract } from '../contract/sink.ts'
import { sourceContract } from '../contract/source.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'

const context = { applicationId: 'test', taskId: '0_0', logger: silentLogger, clock: new VirtualClock(), position: 0 }

function temporaryFile(text?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-files-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'records.jsonl')
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

sourceContract('json-lines', () => ({ source: jsonLinesSource({ file: temporaryFile(lines.join('\n')) }), records }))

sourceContract('json-lines, with more lines than it gives at once', () => {
  const many = Array.from({ length: 2_500 }, (_, value) => ({ key: 'k', value }))
  // Opened behind each of so many positions it would be read for minutes.
  const last = many.slice(-3)
  const file = temporaryFile([...Array.from({ length: 2_497 }, () => ''), ...last.map((record) => JSON.stringify(record))].join('\r\n'))
  return { source: jsonLinesSource({ file }), records: last }
})

sinkContract('json-lines', () => {
  const file = temporaryFile('')
  return {
    sink: jsonLinesSink<string | null, unknown>({ file }),
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
  const reader = await jsonLinesSource<string, number>({ file }).open(context)
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
  const reader = await jsonLinesSource({ file }).open(context)
  await expect(reader.read()).rejects.toThrow(message.replace('FILE', file))
  await reader.close()
})

test('a file that is not there cannot be opened', async () => {
  await expect(jsonLinesSource({ file: `${temporaryFile()}.missing` }).open(context)).rejects.toThrow('ENOENT')
})

test('lines of other forms are taken apart and put together by functions of one’s own', async () => {
  const file = temporaryFile('{"id":"x","at":7}\n')
  const source = jsonLinesSource<string, number>({
    file,
    parse: (line) => {
      const { id, at } = line as { id: string; at: number }
      return { key: id, value: at, timestamp: at }
    },
  })
  const reader = await source.open(context)
  expect(await reader.read()).toEqual([{ key: 'x', value: 7, timestamp: 7, position: 1 }])
  await reader.close()
  const writer = await jsonLinesSink<string, number>({ file, format: ({ key, value }) => [key, value] }).open(context)
  writer.write({ key: 'y', value: 8, timestamp: asTimestamp(1), headers: noHeaders, topic: undefined, partition: -1, offset: asOffset(-1) })
  await writer.flush()
  await writer.close()
  expect(readFileSync(file, 'utf8')).toBe('{"id":"x","at":7}\n["y",8]\n')
})

test('a sink that holds as much as it may says so', async () => {
  const writer = await jsonLinesSink<string, string>({ file: temporaryFile(), bufferedMax: 50 }).open(context)
  const record = { key: 'k', value: 'v', timestamp: asTimestamp(1), headers: noHeaders, topic: 'in', partition: 0, offset: asOffset(0) }
  writer.write(record)
  expect(writer.full).toBe(false)
  writer.write(record)
  expect(writer.full).toBe(true)
  await writer.flush()
  expect(writer.full).toBe(false)
  await writer.close()
})

test('an app built of a source and a sink needs no broker, and ends', async () => {
  const folder = projectOf({
    'topologies/sums.ts': `
import { topology } from 'millrace'
import { jsonLinesSink, jsonLinesSource } from 'millrace/plugins/files'

export default topology('sums', (builder) => {
  const orders = builder.fromSource(jsonLinesSource<string, { cents: number }>({ file: 'orders.jsonl' }))
  const sums = orders.groupByKey().aggregate(() => ({ cents: 0 }), (sum, order) => ({ cents: sum.cents + order.cents }))
  sums.toStream().sinkTo(jsonLinesSink({ file: 'sums.jsonl', format: ({ key, value }) => ({ key, value }) }))
})
`,
    'orders.jsonl': '{"key":"ann","value":{"cents":5}}\n{"key":"bob","value":{"cents":1}}\n{"key":"ann","value":{"cents":7}}\n',
  })
  const built = await millrace(['build'], folder)
  expect(built).toMatchObject({ code: 0, stderr: '' })
  expect(await node(['dist/sums/app.mjs'], folder, { MILLRACE_LOG_LEVEL: 'warn' })).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(readFileSync(join(folder, 'sums.jsonl'), 'utf8').split('\n').sort()).toEqual([
    '',
    '{"key":"ann","value":{"cents":12}}',
    '{"key":"bob","value":{"cents":1}}',
  ])
})

test('the plugin has both by name', () => {
  expect(files()).toMatchObject({ name: 'files', sources: { jsonLines: jsonLinesSource }, sinks: { jsonLines: jsonLinesSink } })
})
